#include "experiment/warm_up.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "stats/warm_up.hpp"

namespace lbsim {
namespace {

constexpr std::size_t kPilots = 8;  // Whose mean over time is smooth enough.

Scenario pilot_of(const Scenario& scenario) {
    constexpr Duration::rep kSteps = 1000;
    auto pilot = scenario;
    pilot.warmup = {};
    pilot.timeline.clear();
    pilot.windows.clear();
    pilot.series_step =
        std::max<Duration>(std::chrono::milliseconds{1}, scenario.duration / kSteps);
    return pilot;
}

// The mean latency of those who came in each step; where nobody came, as before.
std::vector<double> means_of(const Series& series) {
    std::vector<double> means;
    for (const auto& step : series.steps)
        means.push_back(step.latency.count() != 0 ? step.latency.mean()
                        : means.empty()           ? 0
                                                  : means.back());
    return means;
}

}  // namespace

Experiment with_warm_up(Experiment experiment, const ForEach& for_each, const Simulate& simulate) {
    auto& variants = experiment.variants;
    if (std::none_of(variants.begin(), variants.end(),
                     [](const Variant& v) { return v.scenario.detect_warmup; }))
        return experiment;
    struct Pilot {
        Duration step{};
        std::vector<double> means;
    };
    std::vector<Pilot> pilots(variants.size() * kPilots);
    for_each(pilots.size(), [&](std::size_t i) {
        const auto replication = simulate(pilot_of(variants[i / kPilots].scenario), i % kPilots);
        pilots[i] = {replication.series.step, means_of(replication.series)};
    });
    Duration longest{};
    for (std::size_t v = 0; v != variants.size(); ++v) {
        const auto of = std::span{pilots}.subspan(v * kPilots, kPilots);
        auto steps = of.front().means.size();
        for (const auto& pilot : of) steps = std::min(steps, pilot.means.size());
        std::vector<double> means(steps);
        for (const auto& pilot : of)
            for (std::size_t i = 0; i != steps; ++i) means[i] += pilot.means[i] / kPilots;
        const auto cut = mser5(means).value_or(steps / 2);
        longest = std::max(longest, static_cast<Duration::rep>(cut) * of.front().step);
    }
    for (auto& variant : variants) variant.scenario.warmup = longest;
    return experiment;
}

}  // namespace lbsim
