#include "experiment/run.hpp"

#include <algorithm>
#include <utility>

#include "base/expects.hpp"
#include "experiment/comparison.hpp"

namespace lbsim {
namespace {

// The variants' scenarios, cut also where assertions look on their own account ("30s..90s").
std::vector<Scenario> with_own_windows(const Experiment& experiment,
                                       const Expectations& expectations) {
    std::vector<Scenario> out;
    for (const auto& variant : experiment.variants) out.push_back(variant.scenario);
    for (const auto& expectation : expectations.list)
        for (const auto* side : {&expectation.left, &expectation.right})
            if (side->own_window) out[side->variant].windows.push_back(*side->window);
    for (std::size_t v = 0; v != out.size(); ++v)
        for (const auto& expectation : expectations.list)
            if (expectation.needs_picks(v)) out[v].picks = kPicksKept;
    return out;
}

ExpectOutcome judge(const Expectation& expectation, std::size_t number,
                    std::span<const std::vector<Observation>> observations, std::size_t suite) {
    std::vector<Seen> seen;
    for (const auto& replications : observations)
        for (const auto& r : replications) seen.push_back(r.seen[number]);
    return evaluate(expectation, seen, suite);
}

// How many picks a baseline stores of a variant.
constexpr std::size_t kPicksStored = 512;

Kept kept(const RunResult& run, std::span<const Observation> seen) {
    Kept out{run.variant, run.digest, seen.front().picks, {}};
    if (out.picks.size() > kPicksStored) out.picks.resize(kPicksStored);
    const auto add = [&](const std::string& metric, const auto& reading_of) {
        std::vector<double> values;
        for (const auto& replication : seen) {
            const Reading& reading = reading_of(replication);
            if (reading.is(Reading::Kind::Absent)) return;
            values.push_back(reading.value);
        }
        out.values.push_back({metric, std::move(values)});
    };
    for (const auto* name : {"good", "error_rate", "p50", "p99", "mean", "throughput",
                             "amplification", "wasted_work", "hit_ratio", "max_over_mean"})
        add(column(*find_metric(name)),
            [&](const Observation& o) -> const Reading& { return o.spans.front().of(name); });
    // Of larger fleets max_over_mean says enough.
    constexpr std::size_t kMostShares = 32;
    const auto& names = seen.front().backends;
    for (std::size_t b = 0; names.size() <= kMostShares && b != names.size(); ++b)
        add("share(" + names[b] + ")", [&](const Observation& o) -> const Reading& {
            return o.spans.front().backends[b].share;
        });
    return out;
}

}  // namespace

void in_order(std::size_t tasks, const std::function<void(std::size_t)>& task) {
    for (std::size_t i = 0; i != tasks; ++i) task(i);
}

Result run(const Experiment& experiment, const ForEach& for_each, const Simulate& simulate,
           const RunOptions& options) {
    const auto expectations = read_expectations(experiment);
    lb::expects(expectations.problems.empty());
    auto scenarios = with_own_windows(experiment, expectations);

    struct Task {
        std::size_t variant, replication;
    };
    std::vector<Task> tasks;
    std::vector<std::vector<Observation>> observations;
    for (std::size_t v = 0; v != scenarios.size(); ++v) {
        const auto replications = static_cast<std::size_t>(scenarios[v].replications);
        observations.emplace_back(replications);
        for (std::size_t r = 0; r != replications; ++r) tasks.push_back({v, r});
    }
    if (options.keep)
        for (auto& scenario : scenarios) scenario.picks = std::max(scenario.picks, kPicksStored);
    for_each(tasks.size(), [&](std::size_t i) {
        const auto [v, r] = tasks[i];
        observations[v][r] =
            observe(experiment.variants[v], simulate(scenarios[v], r), expectations.list, v);
    });
    return summarise(experiment, expectations, observations, options);
}

Result run(const Experiment& experiment, const ForEach& for_each, const RunOptions& options,
           Control* control) {
    return run(
        experiment, for_each,
        [control](const Scenario& scenario, std::uint64_t replication) {
            return simulate(scenario, replication, control);
        },
        options);
}

Result summarise(const Experiment& experiment, const Expectations& expectations,
                 std::span<const std::vector<Observation>> observations,
                 const RunOptions& options) {
    const auto& first = experiment.variants.front().scenario;
    Result out;
    out.lbsim = options.version;
    out.scenario = experiment.name;
    out.question = first.question;
    out.lesson = first.lesson;
    out.seed = first.seed;
    out.replications = observations.front().size();
    out.compared = experiment.compared;
    for (std::size_t v = 0; v != experiment.variants.size(); ++v)
        out.runs.push_back(summarise(experiment.variants[v], observations[v]));
    out.comparison = compare(experiment.variants, observations);
    out.ranking = rank(out.runs, out.comparison);
    for (std::size_t v = 0; options.keep && v != out.runs.size(); ++v)
        out.kept.push_back(kept(out.runs[v], observations[v]));
    const auto suite = std::max(options.suite, expectations.derived());
    for (std::size_t i = 0; i != expectations.list.size(); ++i)
        out.expect.push_back(judge(expectations.list[i], i, observations, suite));
    return out;
}

}  // namespace lbsim
