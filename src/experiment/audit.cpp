#include "experiment/audit.hpp"

#include "base/expects.hpp"
#include "base/math.hpp"

namespace lbsim {
namespace {

// Of a normal law, 99.9 % lie below.
constexpr double kNearlyAlways = 3.090232306;

double spread_of(const std::vector<double>& values, double mean) {
    double squares = 0;
    for (const double x : values) squares += (x - mean) * (x - mean);
    return lb::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double Audit::most_flaky(const AuditRow& row) const {
    return binomial_interval(row.failed, seeds, 0.90).high;  // Half of the rest is beyond it.
}

Audit audit(const Experiment& experiment, std::size_t seeds, const ForEach& for_each,
            const Simulate& simulate, const RunOptions& options) {
    lb::expects(seeds >= 1);
    Audit out{seeds, {}};
    std::vector<std::vector<double>> values, widths;
    auto seeded = experiment;
    for (std::size_t s = 0; s != seeds; ++s) {
        for (std::size_t v = 0; v != seeded.variants.size(); ++v)
            seeded.variants[v].scenario.seed = experiment.variants[v].scenario.seed + s;
        const auto outcomes = run(seeded, for_each, simulate, options).expect;
        if (s == 0) {
            values.resize(outcomes.size());
            widths.resize(outcomes.size());
            for (const auto& o : outcomes) out.rows.push_back({o.text, o.kind, 0, {}, o.unit});
        }
        for (std::size_t i = 0; i != outcomes.size(); ++i) {
            out.rows[i].failed += !outcomes[i].passed;
            if (!outcomes[i].value || !outcomes[i].half_width) continue;
            values[i].push_back(*outcomes[i].value);
            widths[i].push_back(*outcomes[i].half_width);
        }
    }
    for (std::size_t i = 0; i != out.rows.size(); ++i) {
        if (values[i].size() < 2) continue;
        double mean = 0, width = 0;
        for (const double x : values[i]) mean += x / static_cast<double>(values[i].size());
        for (const double x : widths[i]) width += x / static_cast<double>(widths[i].size());
        out.rows[i].smallest_shift = width + kNearlyAlways * spread_of(values[i], mean);
    }
    return out;
}

}  // namespace lbsim
