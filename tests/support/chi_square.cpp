#include "support/chi_square.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

namespace lbtest {
namespace {

// With one outcome or none there is nothing to differ.
ChiSquare judged(double statistic, int outcomes) {
    ChiSquare test{.statistic = statistic, .dof = outcomes - 1.0, .p_value = 1};
    if (test.dof > 0)
        test.p_value = boost::math::cdf(
            boost::math::complement(boost::math::chi_squared{test.dof}, test.statistic));
    return test;
}

}  // namespace

ChiSquare chi_square(std::span<const std::uint64_t> counts, std::span<const double> probabilities) {
    double n = 0;
    for (const std::uint64_t count : counts) n += static_cast<double>(count);
    double statistic = 0;
    int outcomes = 0;
    for (std::size_t i = 0; i != counts.size(); ++i) {
        if (probabilities[i] == 0) continue;
        const double expected = n * probabilities[i];
        const double excess = static_cast<double>(counts[i]) - expected;
        statistic += excess * excess / expected;
        ++outcomes;
    }
    return judged(statistic, outcomes);
}

ChiSquare homogeneity(std::span<const double> a, std::span<const double> b) {
    double all_a = 0, all_b = 0;
    for (const double count : a) all_a += count;
    for (const double count : b) all_b += count;
    double statistic = 0;
    int outcomes = 0;
    for (std::size_t i = 0; i != a.size(); ++i) {
        if (a[i] + b[i] == 0) continue;
        const double excess = std::sqrt(all_b / all_a) * a[i] - std::sqrt(all_a / all_b) * b[i];
        statistic += excess * excess / (a[i] + b[i]);
        ++outcomes;
    }
    return judged(statistic, outcomes);
}

}  // namespace lbtest
