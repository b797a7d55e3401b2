#include "support/chance.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace lbtest {

testing::AssertionResult fits(std::span<const std::uint64_t> counts,
                              std::span<const double> probabilities) {
    if (counts.size() != probabilities.size())
        return testing::AssertionFailure()
               << counts.size() << " counts of " << probabilities.size() << " outcomes";
    double n = 0, total = 0;
    for (const std::uint64_t count : counts) n += static_cast<double>(count);
    for (const double probability : probabilities) total += probability;
    if (!(std::abs(total - 1) < 1e-9))
        return testing::AssertionFailure() << "the probabilities add up to " << total;
    for (std::size_t i = 0; i != counts.size(); ++i) {
        if (probabilities[i] == 0 && counts[i] != 0)
            return testing::AssertionFailure()
                   << "impossible outcome " << i << " occurred " << counts[i] << " times";
        if (probabilities[i] != 0 && !(n * probabilities[i] >= 10))
            return testing::AssertionFailure() << "outcome " << i << " is expected only "
                                               << n * probabilities[i] << " times: draw more";
    }
    const ChiSquare test = chi_square(counts, probabilities);
    if (test.p_value >= kFalseAlarm) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "chi-square " << test.statistic << " with " << test.dof
                                       << " degrees of freedom: p = " << test.p_value;
}

double kolmogorov_p_value(double distance, std::size_t n) {
    const double root = std::sqrt(static_cast<double>(n));
    const double x = (root + 0.12 + 0.11 / root) * distance;
    if (x < 0.2) return 1;  // 1 - 5e-13; the series converges slowly there.
    double sum = 0;
    for (int k = 1; k <= 40; ++k) sum += (k % 2 != 0 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
    return std::clamp(sum, 0.0, 1.0);
}

testing::AssertionResult mean_is(std::span<const double> replications, double expected,
                                 double resolution) {
    const auto n = static_cast<double>(replications.size());
    if (replications.size() < 2)
        return testing::AssertionFailure() << "too few runs to tell: " << replications.size();
    double sum = 0, squares = 0;
    for (const double replication : replications) sum += replication;
    const double mean = sum / n;
    for (const double replication : replications)
        squares += (replication - mean) * (replication - mean);
    const double error = std::sqrt(squares / (n - 1) / n);
    const double t = boost::math::quantile(
        boost::math::complement(boost::math::students_t{n - 1}, kFalseAlarm / 2));
    if (!(t * error <= resolution))  // NaN, too.
        return testing::AssertionFailure()
               << "too few runs to tell: the mean is " << mean << " +- " << t * error
               << ", which does not resolve " << resolution;
    if (std::abs(mean - expected) <= t * error) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "the mean is " << mean << " +- " << t * error << ", not " << expected;
}

}  // namespace lbtest
