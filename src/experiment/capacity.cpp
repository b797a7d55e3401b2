#include "experiment/capacity.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "experiment/observation.hpp"
#include "experiment/warm_up.hpp"
#include "scenario/offered.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

using Op = Expectation::Op;

/// What a load does to the levels.
struct Verdict {
    bool shown_met = false, shown_missed = false;  // Neither: not enough is known.
    bool met = false;                              // By the mean.
    std::string broken;                            // The first that is missed by the mean.
};

bool below(Op op) { return op == Op::Less || op == Op::AtMost; }

// One level, over the replications.
Verdict judged(const Expectation& level, std::span<const Reading> readings, double confidence) {
    Verdict out;
    std::vector<double> numbers;
    bool beyond = false, absent = false;
    for (const auto& r : readings) {
        beyond = beyond || r.is(Reading::Kind::Beyond);
        absent = absent || r.is(Reading::Kind::Absent);
        if (r.is(Reading::Kind::Number)) numbers.push_back(r.value);
    }
    const double bound = level.right.value;
    if (absent || beyond) {
        out.met = out.shown_met = !absent && !below(level.op);
        out.shown_missed = !out.met;
        return out;
    }
    // One-sided: what lies beyond each end of a two-sided interval is half of the rest.
    const auto e = estimate(numbers, 2 * confidence - 1);
    const double sign = below(level.op) ? 1 : -1;
    const double off = sign * (e.value - bound), width = *e.half_width;
    const bool strict = level.op == Op::Less || level.op == Op::More;
    out.met = strict ? off < 0 : off <= 0;
    out.shown_met = strict ? off + width < 0 : off + width <= 0;
    out.shown_missed = off - width > 0;
    return out;
}

/// The loads of one variant that were tried.
class Search {
public:
    Search(const Variant& variant, const Expectations& levels, const CapacityOptions& options,
           const ForEach& for_each, const Simulate& simulate)
        : variant_{variant},
          levels_{levels},
          options_{options},
          for_each_{for_each},
          simulate_{simulate} {}

    const Verdict& at(double factor) {
        auto& point = points_[factor];
        if (!point.seen.empty()) return point.verdict;
        auto replications = static_cast<std::size_t>(variant_.scenario.replications);
        const auto most =
            std::max(replications, static_cast<std::size_t>(options_.most_replications));
        for (;;) {
            observe_up_to(point, factor, replications);
            point.verdict = verdict(point);
            const bool known = point.verdict.shown_met || point.verdict.shown_missed;
            if (known || replications == most) return point.verdict;
            replications = std::min(2 * replications, most);
        }
    }

    LoadPoint point(double factor) {
        at(factor);
        const auto& seen = points_[factor].seen;
        return {factor, seen.size(), {"", figures_of(seen, 0)}};
    }

    CapacityRow row() {
        constexpr double kFarthest = 1 << 20;
        CapacityRow out;
        out.variant = variant_.label;
        double met = 1, missed = 1;
        if (at(1).shown_met) {
            for (missed = 2; missed <= kFarthest && !at(missed).shown_missed; missed *= 2)
                if (at(missed).shown_met) met = missed;
        } else {
            for (met = 0.5; met >= 1 / kFarthest && !at(met).shown_met; met /= 2)
                if (at(met).shown_missed) missed = met;
            if (met >= 1 / kFarthest)  // Of the other end at least as much is known.
                for (; missed <= kFarthest && !at(missed).shown_missed; missed *= 2) {}
        }
        if (met < 1 / kFarthest) return finished(std::move(out), kFarthest);
        if (missed > kFarthest) {
            out.value = out.low = met;
            out.at = point(met);
            return out;
        }
        out.low = boundary(met, missed, [](const Verdict& v) { return v.shown_met; }).first;
        out.high = boundary(met, missed, [](const Verdict& v) { return !v.shown_missed; }).second;
        out.value = boundary(*out.low, *out.high, [](const Verdict& v) { return v.met; }).first;
        const auto beyond =
            boundary(*out.low, *out.high, [](const Verdict& v) { return v.met; }).second;
        out.broken = at(beyond).broken.empty() ? at(*out.high).broken : at(beyond).broken;
        out.at = point(*out.value);
        return out;
    }

private:
    struct Point {
        std::vector<Observation> seen;
        Verdict verdict;
    };

    void observe_up_to(Point& point, double factor, std::size_t replications) {
        const auto scenario = with_load(variant_.scenario, factor);
        const Variant loaded{variant_.label, scenario};
        const auto shown = levels_.shown_by(scenario, 0);
        const auto from = point.seen.size();
        point.seen.resize(replications);
        for_each_(replications - from, [&](std::size_t i) {
            auto& seen = point.seen[from + i];
            seen = observe(loaded, simulate_(shown, from + i), levels_.list, 0);
            seen.series = {};  // Which would be most of what is kept, and is not asked for.
            seen.log = {};
        });
    }

    Verdict verdict(const Point& point) const {
        Verdict all{true, false, true, {}};
        for (std::size_t i = 0; i != levels_.list.size(); ++i) {
            std::vector<Reading> readings;
            for (const auto& o : point.seen) readings.push_back(*o.seen[i].left);
            const auto one = judged(levels_.list[i], readings, options_.confidence);
            all.shown_met = all.shown_met && one.shown_met;
            all.shown_missed = all.shown_missed || one.shown_missed;
            if (all.met && !one.met) all.broken = levels_.list[i].text;
            all.met = all.met && one.met;
        }
        return all;
    }

    /// The last load for which it holds and the first for which it does not, closer than the
    /// precision.  Requires that it holds for `yes` and not for `no`.
    template <class Holds>
    std::pair<double, double> boundary(double yes, double no, Holds holds) {
        while (no - yes > options_.precision * yes) {
            const double middle = (yes + no) / 2;
            (holds(at(middle)) ? yes : no) = middle;
        }
        return {yes, no};
    }

    CapacityRow finished(CapacityRow row, double farthest) {
        row.broken = at(1 / farthest).broken;
        row.at = point(1 / farthest);
        return row;
    }

    const Variant& variant_;
    const Expectations& levels_;
    const CapacityOptions& options_;
    const ForEach& for_each_;
    const Simulate& simulate_;
    std::map<double, Point> points_;
};

// The levels, read as if there were this variant only.
Expectations levels_of(const Experiment& experiment, std::size_t variant) {
    Experiment one{experiment.document, experiment.name, {experiment.variants[variant]}, false};
    auto levels = read_expectations(one);
    lb::expects(levels.problems.empty());
    return levels;
}

}  // namespace

bool CapacityResult::holds() const {
    return std::all_of(rows.begin(), rows.end(),
                       [](const CapacityRow& row) { return row.value && *row.value >= 1; });
}

CapacityResult find_capacity(const Experiment& asked, const CapacityOptions& options,
                             const ForEach& for_each, const Simulate& simulate,
                             const std::string& version) {
    const auto experiment = with_warm_up(asked, for_each, simulate);  // By its own load.
    CapacityResult out;
    out.lbsim = version;
    out.scenario = experiment.name;
    out.confidence = options.confidence;
    out.offered_per_s = offered_per_s(experiment.variants.front().scenario);
    for (std::size_t v = 0; v != experiment.variants.size(); ++v) {
        const auto levels = levels_of(experiment, v);
        if (v == 0)
            for (const auto& level : levels.list) out.levels.push_back(level.text);
        Search search{experiment.variants[v], levels, options, for_each, simulate};
        auto row = search.row();
        if (options.curve) {
            // Up to the limit in steps of a tenth of it, and past it.
            const double limit = row.value.value_or(1);
            for (int tenth = 1; tenth <= 15; ++tenth)
                row.curve.push_back(search.point(limit * tenth / 10));
        }
        out.rows.push_back(std::move(row));
    }
    return out;
}

std::optional<std::size_t> fewest(std::size_t most,
                                  const std::function<Experiment(std::size_t)>& make,
                                  std::size_t variant, const CapacityOptions& options,
                                  const ForEach& for_each, const Simulate& simulate) {
    const auto meets = [&](std::size_t n) {
        const auto experiment = with_warm_up(make(n), for_each, simulate);
        const auto levels = levels_of(experiment, variant);
        Search search{experiment.variants[variant], levels, options, for_each, simulate};
        return search.at(1).shown_met;
    };
    std::size_t misses = 0, meeting = 1;
    for (; !meets(meeting); meeting = std::min(2 * meeting, most)) {
        if (meeting == most) return {};
        misses = meeting;
    }
    while (meeting - misses > 1) {
        const auto middle = misses + (meeting - misses) / 2;
        (meets(middle) ? meeting : misses) = middle;
    }
    return meeting;
}

}  // namespace lbsim
