#include "experiment/validate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "experiment/expectation.hpp"
#include "experiment/observation.hpp"
#include "experiment/theory_cases.hpp"
#include "scenario/load.hpp"

namespace lbsim {
namespace {

constexpr std::size_t kReplications = 40;
constexpr std::int64_t kMore = 20;  // Times as many requests, of the full one.

// What a quantile is rounded to in histograms.
constexpr double kRounded = 1.0 / 256;

// What each metric said in each replication.
using Table = std::vector<std::vector<double>>;

Table simulated(const TheoryCase& c, const lb::Policies& policies, const ValidateOptions& options,
                const ForEach& for_each, const Simulate& simulate) {
    const auto experiment = load_experiment("theory.json", c.scenario, {}, policies, {});
    const auto expectations = read_expectations(experiment);
    lb::expects(expectations.problems.empty());
    auto variant = experiment.variants.front();
    auto& asked = variant.scenario;
    asked.seed = options.seed;
    asked.series_step = std::chrono::hours{1};
    if (options.full && !c.fixed) *asked.requests *= kMore;
    std::vector<Observation> seen(static_cast<std::size_t>(variant.scenario.replications));
    for_each(seen.size(), [&](std::size_t r) {
        seen[r] = observe(variant, simulate(variant.scenario, r), expectations.list, 0);
    });
    Table table(expectations.list.size());
    for (std::size_t i = 0; i != table.size(); ++i)
        for (const auto& replication : seen) {
            const auto& reading = replication.seen[i].left;
            lb::expects(reading && reading->is(Reading::Kind::Number));
            table[i].push_back(reading->value);
        }
    return table;
}

}  // namespace

bool TheoryCheck::holds() const {
    const double off = std::abs(simulated.value - expected);
    return off <= simulated.half_width.value_or(0) + bias * std::abs(expected);
}

bool Validation::holds() const {
    return std::all_of(checks.begin(), checks.end(), [](const auto& c) { return c.holds(); });
}

std::uint64_t validation_requests(const ValidateOptions& options) {
    std::uint64_t sum = 0;
    for (const auto& c : theory_cases())
        sum += c.requests * kReplications *
               static_cast<std::uint64_t>(options.full && !c.fixed ? kMore : 1);
    return sum;
}

Validation validate(const lb::Policies& policies, const ValidateOptions& options,
                    const ForEach& for_each, const Simulate& simulate, std::string_view version) {
    Validation out{std::string{version}, options.seed, {}};
    const auto cases = theory_cases();
    const auto maps = key_cases(policies);
    std::size_t count = 0;
    for (const auto& c : cases) count += c.quantities.size();
    for (const auto& m : maps) count += m.quantities.size();
    const double confidence = 1 - kFalseAlarm / static_cast<double>(count);
    const auto add = [&](const std::string& system, const TheoryQuantity& q, Metric::Unit unit,
                         std::span<const double> values, bool rounded) {
        out.checks.push_back({system, q.label, q.source, unit, q.expected,
                              q.bias + (rounded ? kRounded : 0), estimate(values, confidence)});
    };
    for (const auto& c : cases) {
        const auto table = simulated(c, policies, options, for_each, simulate);
        for (std::size_t i = 0; i != table.size(); ++i) {
            const auto& q = c.quantities[i];
            const auto* metric = find_metric(q.metric.substr(0, q.metric.find('(')));
            lb::expects(metric != nullptr);
            add(c.system, q, metric->unit, table[i], q.metric.rfind('p', 0) == 0);
        }
    }
    for (const auto& m : maps) {
        std::vector<std::vector<double>> seen(kReplications);
        for_each(seen.size(), [&](std::size_t r) { seen[r] = m.measure(options.seed, r); });
        for (std::size_t i = 0; i != m.quantities.size(); ++i) {
            std::vector<double> values;
            for (const auto& replication : seen) values.push_back(replication[i]);
            add(m.system, m.quantities[i], Metric::Unit::Ratio, values, false);
        }
    }
    return out;
}

}  // namespace lbsim
