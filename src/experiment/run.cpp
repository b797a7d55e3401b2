#include "experiment/run.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/expects.hpp"
#include "experiment/comparison.hpp"
#include "experiment/until.hpp"
#include "experiment/warm_up.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

// The variants' scenarios, with what assertions look at.
std::vector<Scenario> to_run(const Experiment& experiment, const Expectations& expectations) {
    std::vector<Scenario> out;
    for (std::size_t v = 0; v != experiment.variants.size(); ++v)
        out.push_back(expectations.shown_by(experiment.variants[v].scenario, v));
    return out;
}

ExpectOutcome judge(const Expectation& expectation, std::size_t number,
                    std::span<const Variant> variants,
                    std::span<const std::vector<Observation>> observations, std::size_t suite) {
    std::vector<Seen> seen;
    for (const auto& replications : observations)
        for (const auto& r : replications) seen.push_back(r.seen[number]);
    seen.push_back(look_at_keys(expectation, variants));
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

/// The replications of an experiment that were made so far.
class Runs {
public:
    Runs(const Experiment& experiment, const ForEach& for_each, const Simulate& simulate,
         const RunOptions& options)
        : experiment_{with_warm_up(experiment, for_each, simulate)},
          for_each_{for_each},
          simulate_{simulate},
          options_{options},
          expectations_{read_expectations(experiment_)},
          scenarios_{to_run(experiment_, expectations_)},
          observations_(scenarios_.size()) {
        lb::expects(expectations_.problems.empty());
        if (options.keep)
            for (auto& scenario : scenarios_)
                scenario.picks = std::max(scenario.picks, kPicksStored);
    }

    std::size_t variants() const { return scenarios_.size(); }
    const std::string& label(std::size_t variant) const {
        return experiment_.variants[variant].label;
    }
    std::span<const Observation> of(std::size_t variant) const { return observations_[variant]; }

    /// So many replications of a variant.
    void want(std::size_t variant, std::size_t replications) {
        for (auto r = observations_[variant].size(); r < replications; ++r)
            tasks_.push_back({variant, r});
        observations_[variant].resize(std::max(observations_[variant].size(), replications));
    }
    void catch_up() {
        for_each_(tasks_.size(), [&](std::size_t i) {
            const auto [v, r] = tasks_[i];
            observations_[v][r] = observe(experiment_.variants[v], simulate_(scenarios_[v], r),
                                          expectations_.list, v);
        });
        tasks_.clear();
    }
    Result result() const { return summarise(experiment_, expectations_, observations_, options_); }

private:
    struct Task {
        std::size_t variant, replication;
    };
    Experiment experiment_;
    const ForEach& for_each_;
    const Simulate& simulate_;
    const RunOptions& options_;
    Expectations expectations_;
    std::vector<Scenario> scenarios_;
    std::vector<std::vector<Observation>> observations_;
    std::vector<Task> tasks_;
};

// The variant that is known least precisely, for its width.
UntilResult widest(const Runs& runs, const Until& until, std::size_t replications) {
    UntilResult out;
    out.metric = column(*until.metric);
    out.width = until.width;
    out.relative = until.relative;
    out.replications = replications;
    double worst = -1;
    for (std::size_t v = 0; v != runs.variants(); ++v) {
        std::vector<Reading> readings;
        for (const auto& seen : runs.of(v))
            readings.push_back(seen.spans.front().of(until.metric->name));
        const auto f = figure(readings);
        if (f.absent || f.beyond || !f.low) {  // No number of replications makes it narrow.
            out.variant = runs.label(v);
            out.needed.reset();
            out.half_width.reset();
            return out;
        }
        const double half = (*f.high - *f.low) / 2;
        const double wanted = until.relative ? until.width * std::abs(f.value) : until.width;
        const double ratio = half == 0 ? 0 : half / wanted;
        if (ratio <= worst) continue;
        worst = ratio;
        out.variant = runs.label(v);
        out.half_width = until.relative ? half / std::abs(f.value) : half;
    }
    out.reached = worst <= 1;
    // The width falls as the root of their number; a tenth more, as it is an estimate.
    out.needed = std::ceil(1.1 * worst * worst * static_cast<double>(replications));
    return out;
}

}  // namespace

void in_order(std::size_t tasks, const std::function<void(std::size_t)>& task) {
    for (std::size_t i = 0; i != tasks; ++i) task(i);
}

Result run(const Experiment& experiment, const ForEach& for_each, const Simulate& simulate,
           const RunOptions& options) {
    Runs runs{experiment, for_each, simulate, options};
    for (std::size_t v = 0; v != runs.variants(); ++v)
        runs.want(v, static_cast<std::size_t>(experiment.variants[v].scenario.replications));
    runs.catch_up();
    return runs.result();
}

Result run_until(const Experiment& experiment, const Until& until, const ForEach& for_each,
                 const Simulate& simulate, const RunOptions& options) {
    Runs runs{experiment, for_each, simulate, options};
    const auto most = static_cast<std::size_t>(until.most);
    auto n = static_cast<std::size_t>(experiment.variants.front().scenario.replications);
    n = std::max<std::size_t>(2, std::min(n, most));
    UntilResult out;
    for (;;) {
        for (std::size_t v = 0; v != runs.variants(); ++v) runs.want(v, n);
        runs.catch_up();
        out = widest(runs, until, n);
        if (out.reached || n == most || !out.needed) break;
        // As many as the spread suggests, but no leap: it is not well known yet.
        n = std::min({most, 4 * n, std::max(n + 1, static_cast<std::size_t>(*out.needed))});
    }
    auto result = runs.result();
    result.until = std::move(out);
    return result;
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
    out.warmup = first.warmup;
    out.warmup_detected = first.detect_warmup;
    for (std::size_t v = 0; v != experiment.variants.size(); ++v)
        out.runs.push_back(summarise(experiment.variants[v], observations[v]));
    out.comparison = compare(experiment.variants, observations);
    out.ranking = rank(out.runs, out.comparison);
    for (std::size_t v = 0; options.keep && v != out.runs.size(); ++v)
        out.kept.push_back(kept(out.runs[v], observations[v]));
    const auto suite = std::max(options.suite, expectations.derived());
    for (std::size_t i = 0; i != expectations.list.size(); ++i)
        out.expect.push_back(
            judge(expectations.list[i], i, experiment.variants, observations, suite));
    return out;
}

}  // namespace lbsim
