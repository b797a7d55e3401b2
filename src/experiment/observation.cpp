#include "experiment/observation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/expects.hpp"

namespace lbsim {
namespace {

std::size_t index_of(std::string_view name) {
    const auto all = metrics();
    for (std::size_t i = 0; i != all.size(); ++i)
        if (all[i].name == name) return i;
    lb::expects(false);
    return 0;
}

Reading read(std::string_view metric, const Sample& sample) {
    return metrics()[index_of(metric)].compute(sample);
}

Observation::Backend observe_backend(const Tally& tally, const Scenario& scenario, std::size_t b) {
    const std::size_t one[] = {b};
    const Sample sample{tally, scenario, one};
    const auto& backend = tally.backends[b];
    return {.attempts = backend.attempts,
            .failed = backend.failed,
            .queue_max = backend.queue_max,
            .tier = backend.tier,
            .share = {},
            .expected_share = {},
            .utilization = read("utilization", sample),
            .demand = read("demand", sample),
            .in_flight_mean = read("in_flight_mean", sample),
            .mean = read("mean", sample),
            .p50 = read("p50_success", sample),
            .p90 = read("p90_success", sample),
            .p95 = read("p95_success", sample),
            .p99 = read("p99_success", sample),
            .p999 = read("p999_success", sample),
            .max = read("max", sample),
            .hit_ratio = read("hit_ratio", sample),
            .sessions_lost = read("sessions_lost", sample),
            .verdicts = backend.verdicts,
            .excluded = read("excluded", sample),
            .open = read("open", sample),
            .time_to_exclude = read("time_to_exclude", sample),
            .time_to_readmit = read("time_to_readmit", sample),
            .spared = read("spared", sample)};
}

// Not by the metrics, which add up all backends each time.
void set_shares(Observation::Span& span, const Tally& tally) {
    std::array<double, 256> attempts{};  // By tier.
    for (const auto& b : tally.backends) attempts[b.tier] += static_cast<double>(b.attempts);
    for (std::size_t b = 0; b != tally.backends.size(); ++b)
        span.backends[b].share = share_of(static_cast<double>(tally.backends[b].attempts),
                                          attempts[tally.backends[b].tier]);
}
void set_expected_shares(Observation::Span& span, const Tally& tally, const Scenario& scenario) {
    const auto expected = expected_attempts(scenario.balancers.equalises);
    if (expected == nullptr) return;
    // What the policy of the first tier gives is of its backends.
    double total = 0;
    for (const auto& backend : tally.backends)
        if (backend.tier == 0) total += backend.*expected;
    if (total == 0) return;
    for (std::size_t b = 0; b != tally.backends.size(); ++b)
        if (tally.backends[b].tier == 0)
            span.backends[b].expected_share = Reading::number(tally.backends[b].*expected / total);
}

Observation::Span observe_span(const Tally& tally, const Scenario& scenario, const Series& series,
                               Duration from, Duration to) {
    Observation::Span out{
        .from = from, .to = to, .outcomes = tally.outcomes, .readings = {}, .backends = {}};
    for (const auto& metric : metrics())
        out.readings.push_back(metric.of_run() ? metric.compute({tally, scenario, {}, &series})
                                               : Reading::absent("it is not about the run"));
    out.backends.reserve(tally.backends.size());
    for (std::size_t b = 0; b != tally.backends.size(); ++b)
        out.backends.push_back(observe_backend(tally, scenario, b));
    set_shares(out, tally);
    set_expected_shares(out, tally, scenario);
    return out;
}

}  // namespace

const Reading& Observation::Span::of(std::string_view metric) const {
    return readings[index_of(metric)];
}

Observation observe(const Variant& variant, Replication replication,
                    std::span<const Expectation> expectations, std::size_t number) {
    const auto& scenario = variant.scenario;
    Observation out;
    out.digest = replication.digest;
    out.events = replication.events;
    out.traces = replication.traces;
    out.duration = replication.duration;
    out.spans.push_back(observe_span(replication.all(), scenario, replication.series,
                                     Duration::zero(), replication.duration));
    for (const auto& window : scenario.windows) {
        const auto to = std::min(window.to, replication.duration);
        out.spans.push_back(observe_span(replication.over(window.from, window.to), scenario,
                                         replication.series, std::min(window.from, to), to));
    }
    for (const auto& expectation : expectations)
        out.seen.push_back(look(expectation, variant, number, replication));
    for (const auto pick : replication.picks) out.picks.push_back(replication.backends[pick]);
    out.backends = std::move(replication.backends);
    out.series = std::move(replication.series);
    out.log = std::move(replication.log);
    return out;
}

}  // namespace lbsim
