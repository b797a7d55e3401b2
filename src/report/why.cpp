#include "report/why.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "report/text.hpp"

namespace lbsim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double as_double(std::uint64_t n) { return static_cast<double>(n); }
double value(const Figure& f, double if_absent) { return f.absent ? if_absent : f.value; }

/// A share of requests in words and figures.
std::string of_requests(double share) { return percent(share) + " %"; }

const BackendResult* find(const Measures& m, std::string_view name) {
    const auto found = std::find_if(m.backends.begin(), m.backends.end(),
                                    [&](const auto& b) { return b.name == name; });
    return found == m.backends.end() ? nullptr : &*found;
}

/// What a backend got, per second, and how much that was.
struct Flow {
    double per_s = 0;
    std::string text() const { return short_number(per_s) + "/s"; }
};

/// One side of the story: a run as it was in the scene.
struct Party {
    const RunResult& run;
    const Measures& m;
    double seconds;  ///< Of all replications.

    std::string name() const { return clean(run.variant); }
    Flow to(const BackendResult& b) const {
        return {seconds > 0 ? as_double(b.attempts) / seconds : 0};
    }
    double lost() const {
        const auto& r = m.requests;
        return r.offered == 0 ? 0 : 1 - as_double(r.succeeded) / as_double(r.offered);
    }
};

Party party(const RunResult& run, const Scene& scene) {
    const bool whole = scene.window.empty() || &measures_in(run, scene) == &run.measures;
    const auto span = whole ? run.duration : scene.to - scene.from;
    return {run, measures_in(run, scene), lb::seconds(span) * as_double(run.replications)};
}

std::string when(const Scene& scene) {
    return scene.window.empty() ? "" : concat(" ", clean(scene.window));
}

/// "every 10th request", "2 of 3 requests".
std::string how_many(double share) {
    if (share > 0.99) return "nearly every request";
    if (share >= 0.4) return of_requests(share) + " of the requests";
    const auto nth = static_cast<std::uint64_t>(std::lround(1 / share));
    if (nth > 1000) return concat("one in ", grouped(nth), " requests");
    const auto tens = nth % 100 / 10, ones = nth % 10;
    const std::string_view ending = tens == 1   ? "th"
                                    : ones == 1 ? "st"
                                    : ones == 2 ? "nd"
                                    : ones == 3 ? "rd"
                                                : "th";
    return nth == 2 ? "every second request"
                    : concat("every ", std::to_string(nth), ending, " request");
}

bool surely_above(const Figure& f, double x) {
    return !f.absent && !f.beyond && f.low.value_or(f.value) > x;
}

/// A backend that was asked for more than it can do, or all of them.
std::string told_by_demand(const Party& worst, const Party* best, const Scene& scene) {
    const BackendResult* most = nullptr;
    std::size_t over = 0, there = 0;
    double sent = 0, able = 0;
    for (const auto& b : worst.m.backends) {
        there += b.attempts != 0 || value(b.utilization, 0) > 0;
        if (!surely_above(b.demand, 1)) continue;
        ++over;
        sent += worst.to(b).per_s;
        able += worst.to(b).per_s / b.demand.value;
        if (most == nullptr || b.demand.value > most->demand.value) most = &b;
    }
    if (most == nullptr) return {};
    const auto able_text = [](double per_s) { return short_number(per_s) + "/s"; };
    if (over == there && there > 1)
        return worst.name() + " sends the backends " + able_text(sent) + when(scene) +
               ", of which they can serve " + able_text(able) +
               ": all of their queues grow, so no way to share the load would be enough.";
    const auto flow = worst.to(*most);
    std::string out = worst.name() + " sends " + clean(most->name) + ' ' + flow.text() +
                      when(scene) + ", of which it can serve " +
                      able_text(flow.per_s / most->demand.value) + ": its queue grows";
    if (!most->share.absent && most->share.value > 0)
        out += ", and " + how_many(most->share.value) + " waits in it";
    if (over > 1) out += concat(" (as with ", std::to_string(over - 1), " more)");
    if (best != nullptr)
        if (const auto* there_too = find(best->m, most->name); there_too != nullptr)
            out += "; " + best->name() + " sends it " + best->to(*there_too).text();
    return out + '.';
}

/// A backend that holds most of the requests in flight though it is one of many.
std::string told_by_holding(const Party& worst, const Party* best, const Scene& scene) {
    double all = 0;
    const BackendResult* most = nullptr;
    for (const auto& b : worst.m.backends) {
        const double held = value(b.in_flight_mean, 0);
        all += held;
        if (most == nullptr || held > value(most->in_flight_mean, 0)) most = &b;
    }
    if (most == nullptr || worst.m.backends.size() < 3 || all <= 0) return {};
    const double held = value(most->in_flight_mean, 0), share = value(most->share, 0);
    if (held < 0.5 * all || held / all < 2 * share) return {};
    const auto* there_too = best == nullptr ? nullptr : find(best->m, most->name);
    if (best != nullptr &&
        (there_too == nullptr || value(there_too->in_flight_mean, 0) > 0.7 * held))
        return {};
    const bool mute = most->latency.p50.absent && most->attempts != 0;
    std::string out = concat("under ", worst.name()) + ' ' + clean(most->name) + " holds " +
                      short_number(held) + " of the " + short_number(all) + " requests in flight" +
                      when(scene);
    out += mute ? " and answers none" : ", though it gets " + of_requests(share) + " of them";
    if (there_too != nullptr)
        out += "; under " + best->name() + " it holds " +
               short_number(value(there_too->in_flight_mean, 0));
    return out + '.';
}

/// The reason that most of the rejected had.
std::string_view why_rejected(const Outcomes& o) {
    const auto most = std::max_element(o.rejections.begin(), o.rejections.end());
    switch (static_cast<lb::Rejection>(most - o.rejections.begin())) {
        case lb::Rejection::NoRoute: return "they match no route";
        case lb::Rejection::NoBackends: return "there were no backends for them";
        case lb::Rejection::AllExcluded: return "all backends were excluded";
        case lb::Rejection::AllFull: return "all backends held as many requests as they may";
        case lb::Rejection::Declined: return "the policy would not pick a backend";
        case lb::Rejection::Limited: return "there were as many as the limits allow";
        case lb::Rejection::Shed: return "a part is turned away while too many fail";
        case lb::Rejection::Open: break;
    }
    return "the circuit was open";
}

/// Where the requests that did not succeed were lost.
std::string told_by_loss(const Party& worst, const Party* best, const Scene& scene) {
    const double lost = worst.lost(), spared = best == nullptr ? 0 : best->lost();
    if (lost < 0.0005 || lost < 1.2 * spared) return {};
    const auto& r = worst.m.requests;
    std::string out =
        worst.name() + " loses " + of_requests(lost) + " of all requests" + when(scene);
    const auto not_answered = r.timed_out + r.unfinished;
    std::uint64_t failed = 0;
    const BackendResult* most = nullptr;
    for (const auto& b : worst.m.backends) {
        failed += b.failed;
        if (most == nullptr || b.failed > most->failed) most = &b;
    }
    if (r.rejected > r.failed && r.rejected > not_answered) {
        out += concat(", most of them because ", why_rejected(r));
    } else if (not_answered > r.failed) {
        out += ", most of them because their clients waited too long";
    } else if (most != nullptr && failed != 0) {
        const double part = as_double(most->failed) / as_double(failed);
        if (part > 0.5 || worst.m.backends.size() == 1) {
            out += (part == 1 ? std::string{": all"} : ": " + of_requests(part) + " of the") +
                   " failures come from " + clean(most->name) + ", to which it sends " +
                   of_requests(value(most->share, 0));
            if (best != nullptr)
                if (const auto* b = find(best->m, most->name); b != nullptr)
                    return out + "; " + best->name() + " sends it " +
                           of_requests(value(b->share, 0)) + " and loses " + of_requests(spared) +
                           '.';
        } else {
            const auto n = as_double(worst.m.backends.size());
            out += part < 1.5 / n ? ", failed or refused by all backends alike"
                                  : concat(", failed or refused by several backends (",
                                           clean(most->name), " most, ", of_requests(part), ")");
        }
    }
    if (best != nullptr) out += "; " + best->name() + " loses " + of_requests(spared);
    return out + '.';
}

/// Who sends fewer requests to a backend that is slower than the others.
std::string told_by_shares(const Party& worst, const Party* best, const Scene& scene) {
    if (best == nullptr) return {};
    const BackendResult *here = nullptr, *there = nullptr;
    double widest = 0;
    for (const auto& b : worst.m.backends) {
        const auto* other = find(best->m, b.name);
        if (other == nullptr || b.share.absent || other->share.absent) continue;
        const double apart = std::fabs(b.share.value - other->share.value);
        const double noise = half_width(b.share).value_or(0) + half_width(other->share).value_or(0);
        if (apart <= noise || apart <= widest) continue;
        widest = apart;
        here = &b;
        there = other;
    }
    const auto n = as_double(worst.m.backends.size());
    if (here == nullptr || widest < 0.1 / n) return {};
    const bool away = there->share.value < here->share.value;
    std::string out = worst.name() + " sends " + clean(here->name) + ' ' +
                      of_requests(here->share.value) + " of the requests" + when(scene);
    if (!here->latency.p99.absent && !here->latency.p99.beyond)
        out += ", where p99 is " + time_text(here->latency.p99.value);
    out += "; " + best->name() + (away ? " shifts away from it, to " : " sends it more, ") +
           of_requests(there->share.value);
    if (!there->latency.p99.absent && !there->latency.p99.beyond)
        out += ", and p99 there is " + time_text(there->latency.p99.value);
    return out + '.';
}

std::string nobody_stands_out(const Result& result) {
    if (result.replications < 2)
        return "one replication tells no noise from a difference; take more of them to see which "
               "is better.";
    if (result.ranking.size() > 1) return {};  // The whole run tells them apart.
    return concat("no variant stands out: their differences are within what chance does to ",
                  std::to_string(result.replications), " replications.");
}

/// By what the scene is chosen: how bad a run was in it.
std::pair<double, double> demerit(const Measures& m) {
    const double bad = m.good.absent ? value(m.error_rate, 0) : 1 - m.good.value;
    return {bad, value(m.latency_of_all.p99, 0)};
}

/// How far the runs lie apart in a window: by loss, then by the p99 as a factor.
std::pair<double, double> spread(const Result& result, std::string_view window) {
    std::pair<double, double> low{kInfinity, kInfinity}, high{0, 0};
    for (const auto& run : result.runs) {
        Scene scene;
        scene.window = window;
        const auto [bad, tail] = demerit(measures_in(run, scene));
        low = {std::min(low.first, bad), std::min(low.second, tail)};
        high = {std::max(high.first, bad), std::max(high.second, tail)};
    }
    const double factor =
        low.second > 0 && std::isfinite(low.second) ? high.second / low.second : 0;
    return {high.first - low.first, factor};
}

std::vector<std::string> targets(const Result& result, std::string_view cause) {
    std::vector<std::string> out;
    for (const auto& run : result.runs)
        for (const auto& [replication, entry] : run.log) {
            if (entry.cause != cause || replication != 0) continue;
            if (!entry.backend.empty() &&
                std::find(out.begin(), out.end(), entry.backend) == out.end())
                out.push_back(entry.backend);
        }
    return out;
}

std::string tell(const Party& worst, const Party* best, const Scene& scene) {
    for (auto* story : {told_by_demand, told_by_holding, told_by_loss, told_by_shares})
        if (auto out = story(worst, best, scene); !out.empty()) return out;
    return {};
}

}  // namespace

const Measures& measures_in(const RunResult& run, const Scene& scene) {
    if (!scene.window.empty())
        for (const auto& window : run.windows)
            if (window.name == scene.window) return window.measures;
    return run.measures;
}

Scene telling_scene(const Result& result) {
    constexpr std::string_view kDuring = "during:";
    Scene out;
    std::pair<double, double> widest{-1, -1};
    for (const auto& run : result.runs)
        for (const auto& window : run.windows) {
            if (!std::string_view{window.name}.starts_with(kDuring)) continue;
            const auto apart = spread(result, window.name);
            if (apart <= widest) continue;
            widest = apart;
            out.window = window.name;
            out.from = window.from;
            out.to = window.to;
        }
    if (!out.window.empty())
        out.targets = targets(result, std::string_view{out.window}.substr(kDuring.size()));
    return out;
}

std::string why(const Result& result) {
    if (result.runs.empty()) return {};
    const auto scene = telling_scene(result);
    if (result.runs.size() == 1) return tell(party(result.runs.front(), scene), nullptr, scene);
    const bool told_apart = result.ranking.size() > 1;
    if (!told_apart && result.replications > 1) return nobody_stands_out(result);

    const RunResult *best = nullptr, *worst = nullptr;
    for (const auto& place : result.ranking)
        for (const auto i : place) {
            const auto& run = result.runs[i];
            const auto d = demerit(measures_in(run, scene));
            if (best == nullptr || d < demerit(measures_in(*best, scene))) best = &run;
            if (worst == nullptr || d > demerit(measures_in(*worst, scene))) worst = &run;
        }
    if (best == nullptr || best == worst) return nobody_stands_out(result);
    const auto good = party(*best, scene);
    auto out = tell(party(*worst, scene), &good, scene);
    return out.empty() || !told_apart
               ? out + (out.empty() ? "" : " But ") + nobody_stands_out(result)
               : out;
}

}  // namespace lbsim
