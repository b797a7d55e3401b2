#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "support/chi_square.hpp"

namespace lbtest {

/// How likely one assertion may be to fail although the code is right.  Seeds are fixed, so a test
/// that passes keeps passing; this is the risk each time a change reshuffles the draws.
inline constexpr double kFalseAlarm = 1e-6;

/// That independent draws with these probabilities gave these counts, by Pearson's chi-square test
/// at kFalseAlarm.  Outcomes of probability zero must not occur at all.
///
/// To see one share p off by d with probability 0.999 takes about p (1 - p) (4.9 + 3.1)^2 / d^2
/// draws if there are two outcomes (640,000 for half a point off one half), and more with more.
/// The test insists on 10 expected draws of each outcome.  That is enough for shares of one size,
/// but not beside a much more frequent outcome, where the tail of a rare one is longer than the
/// test assumes: a share of 0.001 raises a false alarm with probability 17e-6 if it is expected 10
/// times, 3e-6 at 100, 1.2e-6 at 1000 (by the exact binomial distribution).
testing::AssertionResult fits(std::span<const std::uint64_t> counts,
                              std::span<const double> probabilities);

inline testing::AssertionResult fits(std::span<const std::uint64_t> counts,
                                     std::initializer_list<double> probabilities) {
    return fits(counts, std::span{probabilities.begin(), probabilities.size()});
}

/// How far the distribution of a sorted sample is from `cdf`, at most (Kolmogorov's D).
template <class Cdf>
double kolmogorov_distance(std::span<const double> sorted, Cdf&& cdf) {
    const auto n = static_cast<double>(sorted.size());
    double distance = 0;
    for (std::size_t i = 0; i != sorted.size(); ++i) {
        const double share = cdf(sorted[i]);
        const auto below = static_cast<double>(i);
        distance = std::max({distance, share - below / n, (below + 1) / n - share});
    }
    return distance;
}

/// The chance that n values drawn from a continuous distribution are at least so far from it: the
/// limit for large n, with Stephens's correction for finite n (Stephens, Use of the
/// Kolmogorov-Smirnov, Cramer-von Mises and Related Statistics without Extensive Tables, Journal of
/// the Royal Statistical Society B 32(1), 1970).  From n = 100 on the exact chance is within 5 % of
/// it at 1e-6.
double kolmogorov_p_value(double distance, std::size_t n);

/// That independent values were drawn from the continuous distribution `cdf`, by the test of
/// Kolmogorov and Smirnov at kFalseAlarm; the chance of a false alarm is the asymptotic one with
/// Stephens's correction, and the test insists on 100 values.
///
/// A distribution that is off by d somewhere is seen with probability 0.999 from about (4.3 / d)^2
/// values on (185,000 for one point).  If the distribution has steps, such as values rounded to
/// whole nanoseconds, steps of height h raise the distance by up to h: keep h * sqrt(n) small.
template <class Cdf>
testing::AssertionResult fits_cdf(std::vector<double> sample, Cdf&& cdf) {
    if (sample.size() < 100)
        return testing::AssertionFailure() << sample.size() << " values are too few: draw more";
    for (const double value : sample) {
        const double share = cdf(value);
        if (!(share >= 0 && share <= 1))  // NaN, too.
            return testing::AssertionFailure() << "the cdf of " << value << " is " << share;
    }
    std::sort(sample.begin(), sample.end());
    const double distance = kolmogorov_distance(sample, cdf);
    const double p = kolmogorov_p_value(distance, sample.size());
    if (p >= kFalseAlarm) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "off by " << distance << " with " << sample.size() << " values: p = " << p;
}

/// That independent replications have the mean `expected`, by Student's t test at kFalseAlarm, and
/// that there are enough of them to tell: half the width of the confidence interval at that level
/// must be at most `resolution`, or the assertion would pass by being vague.
///
/// A mean that is truly off by twice the resolution passes with probability kFalseAlarm at most,
/// however many replications: the sample would have to miss its own mean by the half width.  Few
/// replications seldom resolve much: the interval is 1000 standard errors to each side with 3 of
/// them, 49 with 5, 12 with 10, 6.2 with 30.  Requires replications that are about normal.
testing::AssertionResult mean_is(std::span<const double> replications, double expected,
                                 double resolution);

}  // namespace lbtest
