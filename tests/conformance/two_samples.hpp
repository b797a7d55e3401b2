#pragma once

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstddef>
#include <vector>

namespace conformance {

/// The chance that two samples of one distribution differ at least as much as these counts, by
/// Pearson's chi-square test of homogeneity.  They may be of different sizes.
inline double likeness(const std::vector<double>& a, const std::vector<double>& b) {
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
    if (outcomes < 2) return 1;
    return boost::math::cdf(
        boost::math::complement(boost::math::chi_squared(outcomes - 1), statistic));
}

}  // namespace conformance
