#include "stats/estimate.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "stats/rounded.hpp"

namespace lbsim {
namespace {

double mean_of(std::span<const double> samples) {
    // Summed as differences from the first, equal samples have exactly their own value as mean.
    double sum = 0;
    for (const double sample : samples) sum += sample - samples.front();
    return samples.front() + sum / static_cast<double>(samples.size());
}

/// The standard deviation of the mean of at least two samples.
double standard_error(std::span<const double> samples, double mean) {
    double squares = 0;
    for (const double sample : samples) squares += (sample - mean) * (sample - mean);
    const auto n = static_cast<double>(samples.size());
    return lb::sqrt(squares / (n - 1) / n);
}

}  // namespace

std::optional<double> Estimate::low() const {
    if (!half_width) return std::nullopt;
    return value - *half_width;
}

std::optional<double> Estimate::high() const {
    if (!half_width) return std::nullopt;
    return value + *half_width;
}

Estimate estimate(std::span<const double> replications, double confidence) {
    lb::expects(!replications.empty());
    lb::expects(confidence > 0 && confidence < 1);
    for (const double replication : replications) lb::expects(std::isfinite(replication));
    Estimate result{.value = mean_of(replications), .half_width = std::nullopt};
    if (replications.size() > 1) {
        const auto dof = static_cast<double>(replications.size() - 1);
        const double t = student_t_quantile((1 + confidence) / 2, dof);
        result.half_width = t * standard_error(replications, result.value);
    }
    return result;
}

double student_t_quantile(double p, double dof) {
    lb::expects(p > 0 && p < 1 && dof >= 1);
    return rounded_to_32_bits(boost::math::quantile(boost::math::students_t{dof}, p));
}

Difference compare_pairs(std::span<const double> a, std::span<const double> b, double confidence) {
    lb::expects(a.size() == b.size());
    std::vector<double> differences(a.size());
    for (std::size_t i = 0; i != a.size(); ++i) differences[i] = a[i] - b[i];

    Difference result{.difference = estimate(differences, confidence), .p_value = 1};
    const double mean = result.difference.value;
    if (differences.size() == 1) return result;
    const double error = standard_error(differences, mean);
    if (error == 0) {
        result.p_value = mean == 0 ? 1 : 0;
        return result;
    }
    const boost::math::students_t student{static_cast<double>(differences.size() - 1)};
    const double tail = boost::math::cdf(boost::math::complement(student, std::abs(mean) / error));
    result.p_value = rounded_to_32_bits(2 * tail);
    return result;
}

std::vector<bool> holm(std::span<const double> p_values, double alpha) {
    lb::expects(alpha > 0 && alpha < 1);
    for (const double p : p_values) lb::expects(p >= 0 && p <= 1);
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t i, std::size_t j) { return p_values[i] < p_values[j]; });

    std::vector<bool> rejected(p_values.size());
    std::size_t left = p_values.size();
    for (const std::size_t i : order) {
        if (p_values[i] > alpha / static_cast<double>(left)) break;
        rejected[i] = true;
        --left;
    }
    return rejected;
}

}  // namespace lbsim
