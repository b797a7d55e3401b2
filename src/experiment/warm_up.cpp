#include "experiment/warm_up.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "stats/warm_up.hpp"

namespace lbsim {
namespace {

Duration needed(const Scenario& scenario, const Simulate& simulate) {
    constexpr Duration::rep kSteps = 1000;
    auto pilot = scenario;
    pilot.warmup = {};
    pilot.timeline.clear();
    pilot.windows.clear();
    pilot.series_step =
        std::max<Duration>(std::chrono::milliseconds{1}, scenario.duration / kSteps);
    const auto replication = simulate(pilot, 0);
    std::vector<double> means;
    double last = 0;
    for (const auto& step : replication.series.steps) {
        if (step.latency.count() != 0) last = step.latency.mean();
        means.push_back(last);  // Where nobody came, nothing changed.
    }
    const auto cut = mser5(means).value_or(means.size() / 2);
    return static_cast<Duration::rep>(cut) * replication.series.step;
}

}  // namespace

Experiment with_warm_up(Experiment experiment, const ForEach& for_each, const Simulate& simulate) {
    auto& variants = experiment.variants;
    if (std::none_of(variants.begin(), variants.end(),
                     [](const Variant& v) { return v.scenario.detect_warmup; }))
        return experiment;
    std::vector<Duration> found(variants.size());
    for_each(variants.size(),
             [&](std::size_t v) { found[v] = needed(variants[v].scenario, simulate); });
    const auto longest = *std::max_element(found.begin(), found.end());
    for (auto& variant : variants) variant.scenario.warmup = longest;
    return experiment;
}

}  // namespace lbsim
