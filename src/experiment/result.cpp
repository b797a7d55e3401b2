#include "experiment/result.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "base/expects.hpp"
#include "base/rng.hpp"
#include "experiment/observation.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

using Observations = std::span<const Observation>;
using Spans = std::vector<const Observation::Span*>;  // One of each replication, for the same time.

template <class Of>
Figure figure_of(const Spans& spans, Of of) {
    std::vector<Reading> readings;
    for (const auto* span : spans) readings.push_back(of(*span));
    return figure(readings);
}

Figure figure_of(const Spans& spans, std::string_view metric) {
    return figure_of(spans, [&](const auto& span) { return span.of(metric); });
}

template <class Of>
std::optional<double> largest(const Spans& spans, Of of) {
    std::optional<double> most;
    for (const auto* span : spans) {
        const Reading reading = of(*span);
        if (reading.is(Reading::Kind::Number))
            most = std::max(most.value_or(reading.value), reading.value);
    }
    return most;
}

using Groups = std::map<std::string_view, std::string_view>;  // Of backends, by name.

Groups groups(const Scenario& scenario) {
    Groups out;
    for (const auto& group : scenario.backends)
        for (const auto& name : group.members) out[name] = group.name;
    for (const auto& entry : scenario.timeline)
        if (const auto* add = std::get_if<AddBackends>(&entry.change))
            for (const auto& name : add->members) out[name] = scenario.backends[add->group].name;
    return out;
}

BackendResult backend_result(const Spans& spans, std::size_t b) {
    BackendResult out;
    const auto reading = [&](Reading Observation::Backend::*which) {
        return figure_of(spans, [&](const auto& span) { return span.backends[b].*which; });
    };
    for (const auto* span : spans) {
        out.attempts += span->backends[b].attempts;
        out.failed += span->backends[b].failed;
        out.queue_max = std::max(out.queue_max, span->backends[b].queue_max);
        out.tier = span->backends[b].tier;
    }
    using B = Observation::Backend;
    out.share = reading(&B::share);
    if (const auto due = reading(&B::expected_share); !due.absent) out.expected_share = due.value;
    out.utilization = reading(&B::utilization);
    out.demand = reading(&B::demand);
    out.in_flight_mean = reading(&B::in_flight_mean);
    out.latency = {.mean = reading(&B::mean),
                   .p50 = reading(&B::p50),
                   .p90 = reading(&B::p90),
                   .p95 = reading(&B::p95),
                   .p99 = reading(&B::p99),
                   .p999 = reading(&B::p999),
                   .max = largest(spans, [&](const auto& s) { return s.backends[b].max; })};
    out.hit_ratio = reading(&B::hit_ratio);
    out.sessions_lost = reading(&B::sessions_lost);
    if (const auto excluded = reading(&B::excluded); !excluded.absent) {
        auto& v = out.verdicts.emplace();
        for (const auto* span : spans) {
            const auto& seen = span->backends[b].verdicts;
            v.exclusions += seen.exclusions;
            v.false_exclusions += seen.unfounded;
            v.flaps += seen.repeated;
            v.readmissions += seen.readmissions;
            v.trials += seen.trials;
            v.failed_before_exclusion += seen.failed_before;
        }
        v.excluded = excluded;
        v.open = reading(&B::open);
        v.time_to_exclude = reading(&B::time_to_exclude);
        v.time_to_readmit = reading(&B::time_to_readmit);
        v.spared = reading(&B::spared);
    }
    return out;
}

Measures measures(const Spans& spans, const std::vector<std::string>& names, const Groups& group) {
    Measures out;
    for (const auto* span : spans) out.requests.add(span->outcomes);
    const auto of = [&](std::string_view metric) { return figure_of(spans, metric); };
    out.good = of("good");
    out.latency = {.mean = of("mean"),
                   .p50 = of("p50_success"),
                   .p90 = of("p90_success"),
                   .p95 = of("p95_success"),
                   .p99 = of("p99_success"),
                   .p999 = of("p999_success"),
                   .max = largest(spans, [](const auto& span) { return span.of("max"); })};
    out.latency_of_all = {
        .p50 = of("p50"), .p90 = of("p90"), .p95 = of("p95"), .p99 = of("p99"), .p999 = of("p999")};
    out.error_rate = of("error_rate");
    out.throughput = of("throughput");
    out.goodput = of("goodput");
    out.amplification = of("amplification");
    out.wasted_work = of("wasted_work");
    out.time_to_recover = of("time_to_recover");
    out.open = of("open");
    out.hit_ratio = of("hit_ratio");
    out.sessions_lost = of("sessions_lost");
    for (std::size_t b = 0; b != names.size(); ++b) {
        auto& backend = out.backends.emplace_back(backend_result(spans, b));
        backend.name = names[b];
        if (const auto found = group.find(names[b]); found != group.end())
            backend.group = found->second;
    }
    out.balance = {.max_over_mean = of("max_over_mean"), .cv = of("cv"), .jain = of("jain")};
    return out;
}

// Adds one replication's step; quantiles wait until all are in.
void add_step(SeriesResult::Step& into, Histogram& latency, std::vector<double>& attempts,
              const Series::Step& step) {
    into.offered += static_cast<double>(step.offered);
    into.good += static_cast<double>(step.good);
    into.in_flight += static_cast<double>(step.in_flight);
    latency.merge(step.latency);
    attempts.resize(std::max(attempts.size(), step.attempts.size()));
    for (std::size_t b = 0; b != step.attempts.size(); ++b) attempts[b] += step.attempts[b];
    into.conditions.resize(std::max(into.conditions.size(), step.conditions.size()));
    for (std::size_t b = 0; b != step.conditions.size(); ++b)
        into.conditions[b] = std::max(into.conditions[b], step.conditions[b]);
}

SeriesResult::Step joined(std::span<const Series> all, std::size_t i, std::size_t backends) {
    SeriesResult::Step out;
    Histogram latency{BackendTally::kDigits};
    std::vector<double> attempts;
    std::uint64_t hits = 0, misses = 0;
    for (const auto& series : all) {
        if (i >= series.steps.size()) continue;
        add_step(out, latency, attempts, series.steps[i]);
        hits += series.steps[i].hits;
        misses += series.steps[i].misses;
    }
    if (hits + misses != 0)
        out.hit_ratio = static_cast<double>(hits) / static_cast<double>(hits + misses);
    const auto n = static_cast<double>(all.size());
    out.offered /= n;
    out.good /= n;
    out.in_flight /= n;
    if (latency.count() != 0) {
        out.p50 = static_cast<double>(latency.at_quantile(0.5)) / 1e9;
        out.p99 = static_cast<double>(latency.at_quantile(0.99)) / 1e9;
    }
    if (backends > Series::kMostBackends) return out;
    attempts.resize(backends);
    double sent = 0;
    for (const double count : attempts) sent += count;
    for (const double count : attempts) out.shares.push_back(sent > 0 ? count / sent : 0);
    return out;
}

SeriesResult series(Observations replications) {
    std::vector<Series> all;
    Duration longest{}, step{};
    for (const auto& r : replications) {
        all.push_back(r.series);
        longest = std::max(longest, r.duration);
        step = std::max(step, r.series.step);
    }
    SeriesResult out{.step = step, .steps = {}};
    if (step == Duration::zero()) return out;
    std::size_t steps = 0;
    for (auto& s : all) {
        while (s.step != Duration::zero() && s.step < step) s.coarsen();
        steps = std::max(steps, s.steps.size());
    }
    // A step may have been opened at the very end, in which nothing can have arrived.
    const auto within = static_cast<std::size_t>((longest + step - Duration{1}) / step);
    for (std::size_t i = 0; i != std::min(steps, within); ++i)
        out.steps.push_back(joined(all, i, replications.front().backends.size()));
    return out;
}

Duration mean_duration(Observations replications) {
    Duration sum{};  // Of differences: the sum of the durations might not fit.
    const auto first = replications.front().duration;
    for (const auto& r : replications) sum += r.duration - first;
    return first + sum / static_cast<Duration::rep>(replications.size());
}

}  // namespace

Figure figure(std::span<const Reading> replications) {
    Figure out;
    std::vector<double> numbers;
    for (const auto& reading : replications) {
        out.thin = out.thin || reading.thin;
        out.beyond = out.beyond || reading.is(Reading::Kind::Beyond);
        if (reading.is(Reading::Kind::Number)) numbers.push_back(reading.value);
    }
    if (out.beyond) {
        out.value = std::numeric_limits<double>::infinity();
        return out;
    }
    out.absent = numbers.empty();
    if (out.absent) return out;
    const auto estimated = estimate(numbers);
    out.value = estimated.value;
    out.low = estimated.low();
    out.high = estimated.high();
    return out;
}

std::string_view words(ExpectOutcome::Kind kind) {
    switch (kind) {
        case ExpectOutcome::Kind::Exact: return "exact";
        case ExpectOutcome::Kind::Derived: return "derived";
        case ExpectOutcome::Kind::Baseline: return "baseline";
    }
    return "";
}

bool Result::holds() const {
    return std::all_of(expect.begin(), expect.end(), [](const auto& e) { return e.passed; });
}

std::string digest_of(std::span<const std::uint64_t> replications) {
    std::uint64_t state = 0;
    for (const auto digest : replications) {
        state ^= digest;
        state = lb::splitmix(state);
    }
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[state >> shift & 15];
    return out;
}

RunResult summarise(const Variant& variant, Observations replications) {
    lb::expects(!replications.empty());
    const auto& scenario = variant.scenario;
    const auto& names = replications.front().backends;
    for (const auto& r : replications) lb::expects(r.backends == names);
    const auto group = groups(scenario);

    RunResult out;
    out.variant = variant.label;
    out.policy = scenario.balancers.policy;
    out.equalises = scenario.balancers.equalises;
    std::vector<std::uint64_t> digests;
    for (const auto& r : replications) digests.push_back(r.digest);
    out.digest = digest_of(digests);
    out.seed = scenario.seed;
    out.replications = replications.size();
    out.duration = mean_duration(replications);
    for (std::uint64_t r = 0; r != replications.size(); ++r) {
        out.events += replications[r].events;
        if (r == 0) out.traces = replications[r].traces;
        for (const auto& entry : replications[r].log) out.log.push_back({r, entry});
    }
    for (std::size_t i = 0; i != scenario.windows.size() + 1; ++i) {
        Spans spans;
        for (const auto& r : replications) spans.push_back(&r.spans[i]);
        if (i == 0) {
            out.measures = measures(spans, names, group);
            continue;
        }
        WindowResult window{.name = scenario.windows[i - 1].name,
                            .from = spans.front()->from,
                            .to = spans.front()->to,
                            .measures = measures(spans, names, group)};
        for (const auto* span : spans) window.to = std::max(window.to, span->to);
        out.windows.push_back(std::move(window));
    }
    out.series = series(replications);
    if (scenario.slo)
        out.slo = {
            .slo = *scenario.slo,
            .met = !out.measures.good.absent && out.measures.good.value >= scenario.slo->good};
    return out;
}

RunResult summarise(const Variant& variant, std::span<const Replication> replications) {
    std::vector<Observation> observations;
    for (const auto& replication : replications)
        observations.push_back(observe(variant, replication));
    return summarise(variant, observations);
}

}  // namespace lbsim
