#include "experiment/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "balancer/policies.hpp"
#include "base/math.hpp"
#include "experiment/metric_parts.hpp"

namespace lbsim {
namespace {

using Unit = Metric::Unit;
using About = Metric::About;
using namespace metric;

constexpr std::string_view kNothingOffered = "no request was offered";
constexpr std::string_view kNothingSent = "no request was sent to a backend";
constexpr std::string_view kNoSuccess = "no request succeeded";
constexpr std::string_view kNoSlo = "the scenario has no slo";

template <lb::Rejection Why>
Reading rejected_for(const Sample& s) {
    return Reading::number(as_double(s.tally.outcomes.rejections[static_cast<std::size_t>(Why)]));
}

// Without patience to lose, "nobody lost it" would say nothing.
Reading timed_out(const Sample& s) {
    const auto& clients = s.scenario.clients;
    const bool patient = std::none_of(clients.begin(), clients.end(),
                                      [](const Clients& c) { return c.timeout.has_value(); });
    return patient ? Reading::absent("no client has a timeout") : outcome<&Outcomes::timed_out>(s);
}

Reading attempts(const Sample& s) {
    if (!s.backends) return outcome<&Outcomes::attempts>(s);
    return Reading::number(sum(s, [](const auto& b) { return as_double(b.attempts); }));
}

Reading failed(const Sample& s) {
    if (!s.backends) return outcome<&Outcomes::failed>(s);
    return Reading::number(sum(s, [](const auto& b) { return as_double(b.failed); }));
}

Reading good(const Sample& s) {
    if (!s.scenario.slo) return Reading::absent(kNoSlo);
    const auto& o = s.tally.outcomes;
    return ratio(as_double(o.good), as_double(o.offered), kNothingOffered);
}

Reading error_rate(const Sample& s) {
    const auto& o = s.tally.outcomes;
    return ratio(as_double(o.failed + o.timed_out + o.rejected), as_double(o.offered),
                 kNothingOffered);
}

Reading per_second(const Sample& s, std::uint64_t count) {
    if (s.tally.outcomes.offered == 0) return Reading::absent(kNothingOffered);
    return ratio(as_double(count), in_seconds(s.tally.span.count()), kNoTime);
}

Reading throughput(const Sample& s) { return per_second(s, s.tally.outcomes.succeeded); }

Reading goodput(const Sample& s) {
    if (!s.scenario.slo) return throughput(s);
    return per_second(s, s.tally.outcomes.good);
}

Reading amplification(const Sample& s) {
    const auto& o = s.tally.outcomes;
    return ratio(as_double(o.attempts), as_double(o.offered), kNothingOffered);
}

Reading wasted_work(const Sample& s) {
    const auto& o = s.tally.outcomes;
    return ratio(o.wasted_ns, o.service_ns, "no backend did any work");
}

/// A quantile of `count` samples, told in thousandths, is thin if fewer than 100 lie beyond it.
bool thin(std::uint64_t count, int thousandths) {
    return count * static_cast<std::uint64_t>(1000 - thousandths) < 100 * 1000;
}

template <int Thousandths>
Reading quantile_of_all(const Sample& s) {
    const auto& o = s.tally.outcomes;
    if (o.offered == 0) return Reading::absent(kNothingOffered);
    const auto ns = s.tally.latency.at_quantile(Thousandths / 1000.0, o.offered - o.succeeded);
    const bool few = thin(o.offered, Thousandths);
    return ns ? Reading::number(in_seconds(*ns), few) : Reading::beyond(few);
}

/// Hands the latencies of successes to `of`: of one backend, of several, or of all.
template <class Of>
Reading of_successes(const Sample& s, Of of) {
    const auto read = [&](const Histogram& h) {
        return h.count() == 0 ? Reading::absent(kNoSuccess) : of(h);
    };
    if (!s.backends) return read(s.tally.latency);
    if (s.backends->size() == 1) return read(s.tally.backends[s.backends->front()].latency);
    Histogram joined{BackendTally::kDigits};
    for (const std::size_t b : *s.backends) joined.merge(s.tally.backends[b].latency);
    return read(joined);
}

template <int Thousandths>
Reading quantile_of_successes(const Sample& s) {
    return of_successes(s, [](const Histogram& h) {
        return Reading::number(in_seconds(h.at_quantile(Thousandths / 1000.0)),
                               thin(h.count(), Thousandths));
    });
}

Reading mean(const Sample& s) {
    return of_successes(s, [](const Histogram& h) { return Reading::number(h.mean() / 1e9); });
}

Reading largest(const Sample& s) {
    return of_successes(s, [](const Histogram& h) { return Reading::number(in_seconds(h.max())); });
}

/// Of those that the same tier sends to.
Reading share(const Sample& s) {
    std::array<bool, 256> tiers{};
    for (const std::size_t b : *s.backends) tiers[s.tally.backends[b].tier] = true;
    double all = 0;
    for (const auto& b : s.tally.backends)
        if (tiers[b.tier]) all += as_double(b.attempts);
    return share_of(sum(s, [](const auto& b) { return as_double(b.attempts); }), all);
}

/// Calls `take` with the part of each step of the series that lies in that time, of the attempts of
/// its tier.  Steps with few of them tell nothing.
template <class Take>
Reading each_share(const Sample& s, Take take) {
    constexpr std::uint64_t kEnough = 20;
    if (s.series == nullptr || s.tally.backends.size() > Series::kMostBackends)
        return Reading::absent("shares of so many backends are not kept over time");
    const auto tier = s.tally.backends[s.backends->front()].tier;
    const auto step = s.series->step;
    const Duration from = s.tally.begins, to = from + s.tally.span;
    Reading out = Reading::absent("no step of the series in that time has 20 attempts");
    for (std::size_t i = 0; i != s.series->steps.size(); ++i) {
        const auto begin = static_cast<Duration::rep>(i) * step;
        if (begin < from || begin + step > to) continue;
        const auto& attempts = s.series->steps[i].attempts;
        std::uint64_t all = 0, own = 0;
        for (std::size_t b = 0; b != attempts.size(); ++b)
            if (s.tally.backends[b].tier == tier) all += attempts[b];
        for (const std::size_t b : *s.backends) own += b < attempts.size() ? attempts[b] : 0;
        if (all < kEnough) continue;
        const double share = as_double(own) / as_double(all);
        out = Reading::number(out.is(Reading::Kind::Number) ? take(out.value, share) : share);
    }
    return out;
}

Reading share_max(const Sample& s) {
    return each_share(s, [](double a, double b) { return std::max(a, b); });
}
Reading share_min(const Sample& s) {
    return each_share(s, [](double a, double b) { return std::min(a, b); });
}

Reading cross_zone(const Sample& s) {
    if (s.scenario.balancers.zones.empty()) return Reading::absent("no balancer is in a zone");
    const auto& o = s.tally.outcomes;
    return ratio(as_double(o.left_zone), as_double(o.attempts), kNothingSent);
}

// ---- Of keys

template <std::uint64_t RemapRow::*Count>
Reading keys(const Sample& s) {
    return Reading::number(as_double(s.keys->rows.front().*Count) / as_double(s.keys->keys));
}

Reading agreement(const Sample& s) {
    const auto& row = s.keys->rows.front();
    const auto differ = s.backends ? row.unrestored : row.reordered;
    return Reading::number(as_double(s.keys->keys - differ) / as_double(s.keys->keys));
}

constexpr std::string_view kNoPicks = "none of the first picks was kept";

bool among(const Sample& s, std::uint32_t backend) {
    return !s.backends ||
           std::find(s.backends->begin(), s.backends->end(), backend) != s.backends->end();
}

Reading first_pick(const Sample& s) {
    if (s.picks.empty()) return Reading::absent(kNoPicks);
    for (std::size_t i = 0; i != s.picks.size(); ++i)
        if (among(s, s.picks[i])) return Reading::number(static_cast<double>(i + 1));
    return Reading::absent("it is not among the first picks");
}

// How far any backend is from its part at any time, in picks.  Only where membership stays.
Reading discrepancy(const Sample& s) {
    if (s.picks.empty()) return Reading::absent(kNoPicks);
    std::vector<double> weights;
    for (const auto& group : s.scenario.backends)
        if (group.tier == 0) weights.insert(weights.end(), group.members.size(), group.weight);
    const auto most = *std::max_element(s.picks.begin(), s.picks.end());
    if (most >= weights.size()) return Reading::absent("backends were added meanwhile");
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> ahead(weights.size(), 0);
    double farthest = 0;
    for (const auto picked : s.picks) {
        ahead[picked] += 1;
        for (std::size_t b = 0; b != weights.size(); ++b) {
            ahead[b] -= weights[b] / all;
            farthest = std::max(farthest, std::abs(ahead[b]));
        }
    }
    // Sums of rounded parts: a millionth of a pick is none.
    return Reading::number(std::round(farthest * 1e6) / 1e6);
}

Reading max_run(const Sample& s) {
    if (s.picks.empty()) return Reading::absent(kNoPicks);
    std::uint64_t run = 0, longest = 0;
    for (std::size_t i = 0; i != s.picks.size(); ++i) {
        run = i != 0 && s.picks[i] == s.picks[i - 1] ? run + 1 : 1;
        if (among(s, s.picks[i])) longest = std::max(longest, run);
    }
    return Reading::number(as_double(longest));
}

Reading hit_ratio(const Sample& s) {
    const double hits = sum(s, [](const auto& b) { return as_double(b.hits); });
    const double misses = sum(s, [](const auto& b) { return as_double(b.misses); });
    return ratio(hits, hits + misses, "nothing was looked up in a cache");
}

Reading sessions_lost(const Sample& s) {
    const auto& groups = s.scenario.backends;
    if (std::none_of(groups.begin(), groups.end(), [](const auto& g) { return g.sessions; }))
        return Reading::absent("no backend has sessions");
    return Reading::number(sum(s, [](const auto& b) { return as_double(b.sessions_lost); }));
}

Reading expected_share(const Sample& s) {
    const auto expected = expected_attempts(s.scenario.balancers.equalises);
    if (expected == nullptr) return Reading::absent("the policy does not say what share is due");
    double total = 0;
    for (const auto& b : s.tally.backends) total += b.*expected;
    return ratio(sum(s, [&](const auto& b) { return b.*expected; }), total, kNothingSent);
}

/// Of a number of workers that is finite and not zero.
Reading of_workers(const Sample& s, double BackendTally::*part) {
    const double workers = sum(s, [](const auto& b) { return b.worker_ns; });
    if (std::isinf(workers)) return Reading::absent("its workers are unlimited");
    return ratio(sum(s, [&](const auto& b) { return b.*part; }), workers, "there was no backend");
}
Reading utilization(const Sample& s) { return of_workers(s, &BackendTally::busy_ns); }
Reading demand(const Sample& s) { return of_workers(s, &BackendTally::demand_ns); }

Reading in_flight_mean(const Sample& s) {
    return ratio(sum(s, [](const auto& b) { return b.in_flight_ns; }),
                 static_cast<double>(s.tally.span.count()), kNoTime);
}

/// Of the backend that has most.
template <std::uint64_t BackendTally::*Count>
Reading most(const Sample& s) {
    std::uint64_t out = 0;
    if (s.backends)
        for (const std::size_t b : *s.backends) out = std::max(out, s.tally.backends[b].*Count);
    else
        for (const auto& b : s.tally.backends) out = std::max(out, b.*Count);
    return Reading::number(as_double(out));
}

/// How the attempts are spread over the backends that were there.
struct Spread {
    double n = 0, total = 0, squares = 0, most = 0;
};

Spread spread(const Sample& s) {
    Spread out;
    for (const auto& b : s.tally.backends) {
        if (b.tier != 0) continue;
        if (b.attempts == 0 && b.worker_ns == 0) continue;  // Not added yet, or removed before.
        const double x = as_double(b.attempts);
        out.n += 1;
        out.total += x;
        out.squares += x * x;
        out.most = std::max(out.most, x);
    }
    return out;
}

Reading max_over_mean(const Sample& s) {
    const auto x = spread(s);
    return ratio(x.most * x.n, x.total, kNothingSent);
}

Reading cv(const Sample& s) {
    const auto x = spread(s);
    if (x.total == 0) return Reading::absent(kNothingSent);
    // n * squares and total² are whole numbers, exact below 2^53 and never far below zero.
    const double variance = std::max(0.0, x.n * x.squares - x.total * x.total);
    return Reading::number(lb::sqrt(variance) / x.total);
}

Reading jain(const Sample& s) {
    const auto x = spread(s);
    return ratio(x.total * x.total, x.n * x.squares, kNothingSent);
}

constexpr auto kMean = Metric::Summary::Mean;
constexpr auto kMost = Metric::Summary::Largest;
constexpr auto kLeast = Metric::Summary::Smallest;

constexpr Metric kMetrics[] = {
    {"offered", Unit::Count, About::Run, kMean, "Requests that arrived",
     outcome<&Outcomes::offered>},
    {"succeeded", Unit::Count, About::Run, kMean, "Requests that were answered in time and well",
     outcome<&Outcomes::succeeded>},
    {"failed", Unit::Count, About::Either, kMean,
     "Requests that ended in an error, a refusal or a cut connection; of a backend: attempts that "
     "did",
     failed},
    {"timed_out", Unit::Count, About::Run, kMean, "Requests whose client lost patience", timed_out},
    {"rejected", Unit::Count, About::Run, kMean, "Requests that the balancer sent nowhere",
     outcome<&Outcomes::rejected>},
    {"rejected_no_route", Unit::Count, About::Run, kMean,
     "Of those: that matched no route, where there is no default",
     rejected_for<lb::Rejection::NoRoute>},
    {"rejected_no_backends", Unit::Count, About::Run, kMean, "Of those: whose pool had no backends",
     rejected_for<lb::Rejection::NoBackends>},
    {"rejected_all_excluded", Unit::Count, About::Run, kMean,
     "Of those: whose pool had backends, but none that might be picked",
     rejected_for<lb::Rejection::AllExcluded>},
    {"rejected_all_full", Unit::Count, About::Run, kMean,
     "The same, but some only because they held as many requests as they may",
     rejected_for<lb::Rejection::AllFull>},
    {"rejected_declined", Unit::Count, About::Run, kMean,
     "Of those: for which the policy would not pick", rejected_for<lb::Rejection::Declined>},
    {"rejected_limited", Unit::Count, About::Run, kMean, "Of those: beyond what the limits allow",
     rejected_for<lb::Rejection::Limited>},
    {"rejected_shed", Unit::Count, About::Run, kMean, "Of those: turned away as too many failed",
     rejected_for<lb::Rejection::Shed>},
    {"rejected_circuit_open", Unit::Count, About::Run, kMean,
     "Of those: while the circuit of all backends was open", rejected_for<lb::Rejection::Open>},
    {"unfinished", Unit::Count, About::Run, kMean, "Requests still waiting when the run ended",
     outcome<&Outcomes::unfinished>},
    {"attempts", Unit::Count, About::Either, kMean, "Requests sent to backends", attempts},
    {"degraded", Unit::Count, About::Run, kMean,
     "Attempts that were answered without optional work", outcome<&Outcomes::degraded>},
    {"probes", Unit::Count, About::Run, kMean, "Health checks sent in that time", probes},
    {"exclusions", Unit::Count, About::Either, kMean,
     "How often health checks, ejection or circuit breakers took a backend out",
     verdicts<&Verdicts::exclusions>},
    {"false_exclusions", Unit::Count, About::Either, kMean,
     "Of those: while nothing on the timeline was wrong with the backend",
     verdicts<&Verdicts::unfounded>},
    {"flaps", Unit::Count, About::Either, kMean,
     "Of the exclusions: by a balancer that had let the backend back in before",
     verdicts<&Verdicts::repeated>},
    {"readmissions", Unit::Count, About::Either, kMean,
     "How often a balancer let a backend back in", verdicts<&Verdicts::readmissions>},
    {"failed_before_exclusion", Unit::Count, About::Either, kMean,
     "Attempts that failed at the backend before a balancer first took it out: the price of "
     "detection",
     verdicts<&Verdicts::failed_before>},
    {"excluded", Unit::Fraction, About::Backend, kMean,
     "The part of the time, and of the balancers, that exclude the backend", excluded},
    {"time_to_exclude", Unit::Seconds, About::Backend, kMean,
     "From the beginning of the window until a balancer first took the backend out",
     time_to_exclude},
    {"time_to_readmit", Unit::Seconds, About::Backend, kMean,
     "From the beginning of the window until the last balancer let the backend back in; infinite "
     "if one excludes it at the end",
     time_to_readmit},
    {"time_to_recover", Unit::Seconds, About::Run, kMean,
     "From the beginning of the window until the last step of the series in which less than 90 % "
     "of the requests were good that were before anything happened; infinite if that is the last "
     "step of the window",
     time_to_recover},
    {"open", Unit::Fraction, About::Either, kMean,
     "The part of the time, and of the balancers, in which the circuit to the backend was not "
     "closed; of a run: the circuit of all backends together",
     open},
    {"trials", Unit::Count, About::Either, kMean,
     "Attempts sent to see whether an open circuit may close", trials},
    {"spared", Unit::Count, About::Backend, kMean,
     "Attempts that were due to the backend by its weight while balancers left it out", spared},
    {"panic", Unit::Fraction, About::Run, kMean,
     "The part of the time, and of the balancers, in which too few backends were healthy, so that "
     "requests went to some that are excluded: fail_open, or the panic of priorities",
     panic},
    {"good", Unit::Fraction, About::Run, kMean,
     "Offered requests that succeeded within the latency of the slo", good},
    {"error_rate", Unit::Fraction, About::Run, kMean,
     "Offered requests that failed, timed out or were rejected", error_rate},
    {"p50", Unit::Seconds, About::Run, kMean,
     "Latency that half of all offered requests did not exceed; what did not succeed is infinite",
     quantile_of_all<500>},
    {"p90", Unit::Seconds, About::Run, kMean,
     "Latency that 90 % of all offered requests did not exceed; what did not succeed is infinite",
     quantile_of_all<900>},
    {"p95", Unit::Seconds, About::Run, kMean,
     "Latency that 95 % of all offered requests did not exceed; what did not succeed is infinite",
     quantile_of_all<950>},
    {"p99", Unit::Seconds, About::Run, kMean,
     "Latency that 99 % of all offered requests did not exceed; what did not succeed is infinite",
     quantile_of_all<990>},
    {"p999", Unit::Seconds, About::Run, kMean,
     "Latency that 99.9 % of all offered requests did not exceed; what did not succeed is infinite",
     quantile_of_all<999>},
    {"mean", Unit::Seconds, About::Either, kMean, "Mean latency of successes", mean},
    {"p50_success", Unit::Seconds, About::Either, kMean,
     "Latency that half of the successes did not exceed", quantile_of_successes<500>},
    {"p90_success", Unit::Seconds, About::Either, kMean,
     "Latency that 90 % of the successes did not exceed", quantile_of_successes<900>},
    {"p95_success", Unit::Seconds, About::Either, kMean,
     "Latency that 95 % of the successes did not exceed", quantile_of_successes<950>},
    {"p99_success", Unit::Seconds, About::Either, kMean,
     "Latency that 99 % of the successes did not exceed", quantile_of_successes<990>},
    {"p999_success", Unit::Seconds, About::Either, kMean,
     "Latency that 99.9 % of the successes did not exceed", quantile_of_successes<999>},
    {"max", Unit::Seconds, About::Either, kMost, "Largest latency of a success", largest},
    {"throughput", Unit::PerSecond, About::Run, kMean,
     "Successes, of the requests that arrived, per second", throughput},
    {"goodput", Unit::PerSecond, About::Run, kMean,
     "Successes within the latency of the slo, per second; all successes without one", goodput},
    {"amplification", Unit::Ratio, About::Run, kMean,
     "Attempts sent to backends per offered request", amplification},
    {"cross_zone", Unit::Fraction, About::Run, kMean,
     "Attempts that went to another zone than that of their balancer", cross_zone},
    {"wasted_work", Unit::Fraction, About::Run, kMean,
     "Work of the backends for clients that had left, or that was cut off", wasted_work},
    {"hit_ratio", Unit::Fraction, About::Either, kMean, "Look-ups in caches that found it",
     hit_ratio},
    {"sessions_lost", Unit::Count, About::Either, kMean,
     "Requests whose session lived on another backend, or was gone; of a backend: that came to it",
     sessions_lost},
    {"share", Unit::Fraction, About::Backend, kMean,
     "Of the attempts of its tier, those that went to the backend", share},
    {"share_max", Unit::Fraction, About::Backend, kMost,
     "The largest share in any step of the series within that time, of those with 20 attempts",
     share_max},
    {"share_min", Unit::Fraction, About::Backend, kLeast,
     "The smallest share in any step of the series within that time, of those with 20 attempts",
     share_min},
    {"first_pick", Unit::Count, About::Backend, kMean,
     "The how manieth of all picks was the first of the backend, from 1", first_pick},
    {"max_run", Unit::Count, About::Either, kMost,
     "Most picks of the same backend one after the other, among the first 4096", max_run},
    {"discrepancy", Unit::Ratio, About::Run, kMost,
     "By how many picks any backend was ahead of its weight's part or behind it at any time, at "
     "most, among the first 4096: below 1 if turns are smooth",
     discrepancy},
    {"expected_share", Unit::Fraction, About::Backend, kMean,
     "Attempts due to the backend by what its policy equalises: by weight if that is requests, by "
     "weight and speed if requests in flight",
     expected_share},
    {"utilization", Unit::Fraction, About::Either, kMean, "Time in which workers were at work",
     utilization},
    {"demand", Unit::Ratio, About::Either, kMean,
     "Worker time wanted by the requests that were sent, per worker time there was", demand},
    {"in_flight_mean", Unit::Ratio, About::Either, kMean,
     "Requests in flight to backends, on average over time", in_flight_mean},
    {"in_flight_max", Unit::Count, About::Backend, kMost,
     "Most requests that were in flight to the backend at once, from all balancers; of a group: to "
     "one of them",
     most<&BackendTally::in_flight_max>},
    {"queue_max", Unit::Count, About::Either, kMost, "Most requests that waited at one backend",
     most<&BackendTally::queue_max>},
    {"max_over_mean", Unit::Ratio, About::Run, kMean,
     "Attempts of the backend with the most of them, over their mean", max_over_mean},
    {"cv", Unit::Ratio, About::Run, kMean,
     "Standard deviation of the backends' attempts, over their mean", cv},
    {"jain", Unit::Ratio, About::Run, kMean,
     "Jain's index of the backends' attempts: 1 if all are equal, 1/n if one has them all", jain},
    {"remap.moved", Unit::Fraction, About::Backend, kMean,
     "Of a hash policy's keys: those that another backend has once the backend has left, or has "
     "joined if it is not there at first",
     keys<&RemapRow::moved>, true},
    {"remap.needless", Unit::Fraction, About::Backend, kMean,
     "Of the keys: those that move then, from one backend to another that were there all the time",
     keys<&RemapRow::needless>, true},
    {"agreement", Unit::Fraction, About::Either, kMean,
     "Of the keys: those for which balancers choose the same backend that heard of the backends in "
     "opposite orders; of a backend: of which one saw it leave and come back, or join and leave",
     agreement, true},
};

}  // namespace

Reading share_of(double own, double all) {
    auto out = ratio(own, all, kNothingSent);
    out.draws = all;
    return out;
}

std::span<const Metric> metrics() { return kMetrics; }

const Metric* find_metric(std::string_view name) {
    for (const auto& metric : kMetrics)
        if (metric.name == name || column(metric) == name) return &metric;
    return nullptr;
}

std::string column(const Metric& metric) {
    std::string out{metric.name};
    if (metric.unit == Unit::Seconds) out += "_s";
    if (metric.unit == Unit::PerSecond) out += "_per_s";
    return out;
}

std::string_view words(Metric::Unit unit) {
    switch (unit) {
        case Unit::Seconds: return "seconds";
        case Unit::Fraction: return "fraction";
        case Unit::PerSecond: return "per second";
        case Unit::Count: return "count";
        case Unit::Ratio: return "ratio";
    }
    return "";
}

double BackendTally::*expected_attempts(lb::Equalises equalises) {
    switch (equalises) {
        case lb::Equalises::Requests: return &BackendTally::expected_by_weight;
        case lb::Equalises::InFlight: return &BackendTally::expected_by_speed;
        default: return nullptr;
    }
}

}  // namespace lbsim
