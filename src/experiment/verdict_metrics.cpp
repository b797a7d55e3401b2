#include <algorithm>

#include "experiment/metric_parts.hpp"

namespace lbsim::metric {
namespace {

/// Of the time and the balancers.
Reading part(const Sample& s, double Verdicts::*integral) {
    const auto n = static_cast<double>(s.backends->size());
    return ratio(sum(s, [&](const auto& b) { return b.verdicts.*integral; }),
                 n * static_cast<double>(s.tally.span.count()), kNoTime);
}

}  // namespace

bool guarded(const Sample& s) {
    const auto& guard = s.scenario.balancers.guard;
    return guard.health_check || guard.passive_health || guard.outlier_ejection ||
           guard.circuit_breaker;
}

Reading trials(const Sample& s) {
    if (!s.scenario.balancers.guard.circuit_breaker)
        return Reading::absent("no balancer has circuit breakers");
    return verdicts<&Verdicts::trials>(s);
}

Reading excluded(const Sample& s) {
    return guarded(s) ? part(s, &Verdicts::excluded_ns) : Reading::absent(kNoGuard);
}

Reading open(const Sample& s) {
    if (!s.scenario.balancers.guard.circuit_breaker)
        return Reading::absent("no balancer has circuit breakers");
    if (s.backends) return part(s, &Verdicts::open_ns);
    return ratio(s.tally.outcomes.open_ns, static_cast<double>(s.tally.span.count()), kNoTime);
}

Reading panic(const Sample& s) {
    const auto& pool = s.scenario.balancers.around.pool;
    if (!s.scenario.balancers.guard.any() || !(pool.fail_open || pool.priorities))
        return Reading::absent("no balancer has fail_open or priorities, and verdicts to override");
    return ratio(s.tally.outcomes.panic_ns, static_cast<double>(s.tally.span.count()), kNoTime);
}

Reading time_to_exclude(const Sample& s) {
    if (!guarded(s)) return Reading::absent(kNoGuard);
    auto first = Duration::max();
    for (const std::size_t b : *s.backends)
        first = std::min(first, s.tally.backends[b].verdicts.first_excluded);
    if (first == Duration::max()) return Reading::beyond();
    return Reading::number(in_seconds((first - s.tally.begins).count()));
}

Reading time_to_readmit(const Sample& s) {
    if (!guarded(s)) return Reading::absent(kNoGuard);
    auto last = Duration::min();
    bool out = false;
    for (const std::size_t b : *s.backends) {
        const auto& v = s.tally.backends[b].verdicts;
        last = std::max(last, v.last_readmitted);
        out = out || v.left_out > 1e-9;  // The parts of many balancers add up to about nothing.
    }
    if (out) return Reading::beyond();
    if (last == Duration::min()) return Reading::absent("no balancer let it back in");
    return Reading::number(in_seconds((last - s.tally.begins).count()));
}

Reading spared(const Sample& s) {
    if (!guarded(s)) return Reading::absent(kNoGuard);
    if (s.tally.span == Duration::zero()) return Reading::absent(kNoTime);
    return Reading::number(
        sum(s, [](const auto& b) { return b.verdicts.spared_ns * b.expected_by_weight; }) /
        static_cast<double>(s.tally.span.count()));
}

/// When all was well again.  Steps with few requests tell nothing.
Reading time_to_recover(const Sample& s) {
    constexpr double kUsual = 0.9;
    constexpr std::uint64_t kEnough = 20;
    const auto& timeline = s.scenario.timeline;
    if (timeline.empty() || s.series == nullptr)
        return Reading::absent("nothing happens to recover from");
    auto trouble = Duration::max();
    for (const auto& entry : timeline) trouble = std::min(trouble, entry.at);
    const auto step = s.series->step;
    const auto& steps = s.series->steps;
    double offered = 0, good = 0, unfinished = 0;
    for (std::size_t i = 0; i != steps.size(); ++i) {
        if (static_cast<Duration::rep>(i + 1) * step > trouble) break;
        offered += as_double(steps[i].offered);
        good += as_double(steps[i].good);
        unfinished += as_double(steps[i].unfinished);
    }
    if (offered - unfinished < kUsual * offered)
        return Reading::absent("requests outlive the run, also those before anything happened");
    if (good == 0) return Reading::absent("nothing was good before anything happened");
    const Duration from = s.tally.begins, to = from + s.tally.span;
    Duration last = from;
    bool any = false, bad = false;
    for (std::size_t i = 0; i != steps.size(); ++i) {
        const auto begin = static_cast<Duration::rep>(i) * step;
        if (begin < from || begin + step > to || steps[i].offered < kEnough) continue;
        any = true;
        bad = as_double(steps[i].good) * offered < kUsual * good * as_double(steps[i].offered);
        if (bad) last = begin + step;
    }
    if (!any) return Reading::absent("too few requests in that time");
    return bad ? Reading::beyond() : Reading::number(in_seconds((last - from).count()));
}

Reading probes(const Sample& s) {
    if (!s.scenario.balancers.guard.health_check)
        return Reading::absent("no balancer has health checks");
    return outcome<&Outcomes::probes>(s);
}

}  // namespace lbsim::metric
