#include "experiment/baseline.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/expects.hpp"
#include "experiment/expectation.hpp"
#include "stats/estimate.hpp"

namespace lbsim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool finite(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

double mean_of_all(std::span<const double> values) {
    return finite(values) ? estimate(values).value : kInfinity;
}

BaselineChange compared(const Kept::Values& before, const Kept::Values& now, double tolerance) {
    BaselineChange out;
    out.metric = before.metric;
    out.before = mean_of_all(before.by_replication);
    out.now = mean_of_all(now.by_replication);
    if (finite(before.by_replication) && finite(now.by_replication)) {
        const auto pairs = compare_pairs(now.by_replication, before.by_replication);
        out.difference = pairs.difference.value;
        out.half_width = pairs.difference.half_width;
        out.p_value = pairs.p_value;
        out.large = std::abs(out.difference) > tolerance * std::abs(out.before);
        return out;
    }
    // Infinite here and not there, in every replication: as certain as it can be.
    const auto never = [](std::span<const double> values) {
        return std::none_of(values.begin(), values.end(),
                            [](double x) { return std::isfinite(x); });
    };
    const bool one = never(before.by_replication)
                         ? finite(now.by_replication)
                         : finite(before.by_replication) && never(now.by_replication);
    out.difference = out.now == kInfinity ? kInfinity : -kInfinity;
    out.large = true;
    if (one && before.by_replication.size() > 1) out.p_value = 0;
    return out;
}

BaselineVerdict verdict_on(const BaselineScenario& scenario, const Kept& before, const Kept& now,
                           double tolerance) {
    BaselineVerdict out;
    out.scenario = scenario.name;
    out.variant = before.label;
    out.unchanged = before.digest == now.digest;
    if (out.unchanged) return out;
    for (std::size_t i = 0; i != std::min(before.picks.size(), now.picks.size()); ++i) {
        if (before.picks[i] == now.picks[i]) continue;
        out.diverges = i + 1;
        out.picked_before = before.picks[i];
        out.picked_now = now.picks[i];
        break;
    }
    for (const auto& was : before.values) {
        const auto is = std::find_if(now.values.begin(), now.values.end(),
                                     [&](const Kept::Values& v) { return v.metric == was.metric; });
        if (is == now.values.end() || is->by_replication == was.by_replication ||
            is->by_replication.size() != was.by_replication.size())
            continue;
        auto change = compared(was, *is, tolerance);
        change.scenario = out.scenario;
        change.variant = out.variant;
        out.changes.push_back(std::move(change));
    }
    return out;
}

std::string four_digits(double x) {
    if (std::isinf(x)) return "infinite";
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x,
                                   std::chars_format::general, 4)
                         .ptr;
    return {digits.data(), end};
}

}  // namespace

const BaselineScenario* Baseline::find(std::string_view name) const {
    for (const auto& scenario : scenarios)
        if (scenario.name == name) return &scenario;
    return nullptr;
}

bool BaselineVerdict::holds() const {
    return std::none_of(changes.begin(), changes.end(),
                        [](const BaselineChange& c) { return c.certain && c.large; });
}

std::vector<BaselineVerdict> compare(std::span<const BaselineScenario> before,
                                     std::span<const BaselineScenario> now, double tolerance) {
    lb::expects(before.size() == now.size());
    std::vector<BaselineVerdict> out;
    for (std::size_t s = 0; s != before.size(); ++s) {
        lb::expects(before[s].name == now[s].name && before[s].seed == now[s].seed &&
                    before[s].replications == now[s].replications);
        for (const auto& was : before[s].variants)
            for (const auto& is : now[s].variants)
                if (was.label == is.label) out.push_back(verdict_on(before[s], was, is, tolerance));
    }
    std::vector<double> p_values;
    for (const auto& verdict : out)
        for (const auto& change : verdict.changes) p_values.push_back(change.p_value);
    std::size_t all = 0;  // What did not change was a hypothesis, too.
    for (const auto& scenario : before)
        for (const auto& variant : scenario.variants) all += variant.values.size();
    p_values.resize(std::max(all, p_values.size()), 1.0);
    const auto certain = holm(p_values, kFalseAlarm);
    std::size_t i = 0;
    for (auto& verdict : out)
        for (auto& change : verdict.changes) change.certain = certain[i++];
    return out;
}

ExpectOutcome outcome_of(const BaselineVerdict& verdict) {
    ExpectOutcome out;
    out.kind = ExpectOutcome::Kind::Baseline;
    out.text = verdict.variant + " as in the baseline";
    out.passed = verdict.holds();
    if (verdict.unchanged) {
        out.seen = "the same events";
        return out;
    }
    for (const auto& c : verdict.changes) {
        if (!c.certain || !c.large) continue;
        out.seen += (out.seen.empty() ? "" : "; ") + c.metric + " " + four_digits(c.before) +
                    " became " + four_digits(c.now);
    }
    if (out.seen.empty()) out.seen = "other events, but no metric moved further than is allowed";
    out.seen += verdict.diverges == 0
                    ? "; the first decisions are the same"
                    : "; first divergent decision: pick " + std::to_string(verdict.diverges) +
                          ", " + verdict.picked_now + " instead of " + verdict.picked_before;
    return out;
}

}  // namespace lbsim
