#include "stats/estimate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"

namespace {

using lbsim::compare_pairs;
using lbsim::Difference;
using lbsim::Estimate;
using lbsim::estimate;
using lbsim::holm;
using lbsim::student_t_quantile;
using lbtest::Every;
using lbtest::fits;
using lbtest::fits_cdf;

constexpr double kPi = 3.14159265358979323846;
/// What rounding to 32 significant bits leaves.
constexpr double kRounding = 2.4e-10;

void expect_near(double seen, double expected, double relative_error = kRounding) {
    EXPECT_NEAR(seen, expected, std::abs(expected) * relative_error);
}

/// From a normal distribution (Box and Muller).
double normal(lb::Rng& rng) {
    const double radius = std::sqrt(-2 * std::log(rng.unit_open_below()));
    return radius * std::cos(2 * kPi * rng.unit());
}

/// Additional hours of sleep of ten patients with two drugs: the sample on which Student tried his
/// own test (Biometrika 6(1), 1908; data set "sleep" of R).
const std::vector<double> kFirstDrug = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const std::vector<double> kSecondDrug = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

// ---- Student's t

TEST(StudentTQuantile, AgreesWithTheClosedFormsForOneTwoAndFourDegreesOfFreedom) {
    for (const double p : {0.5000005, 0.51, 0.6, 0.75, 0.9, 0.975, 0.995, 0.9999, 0.9999995}) {
        SCOPED_TRACE(p);
        const double a = 4 * p * (1 - p);
        const double q = std::cos(std::acos(std::sqrt(a)) / 3) / std::sqrt(a);
        expect_near(student_t_quantile(p, 1), std::tan(kPi * (p - 0.5)), 1e-9);
        expect_near(student_t_quantile(p, 2), 2 * (p - 0.5) * std::sqrt(2 / a), 1e-9);
        // Near one half q - 1 cancels.
        if (p > 0.55) expect_near(student_t_quantile(p, 4), 2 * std::sqrt(q - 1), 1e-9);
    }
}

TEST(StudentTQuantile, IsOddAroundOneHalf) {
    for (const double dof : {1.0, 2.5, 4.0, 29.0, 1000.0}) {
        EXPECT_EQ(student_t_quantile(0.5, dof), 0);
        for (const double p : {0.25, 0.125, 0.0078125})
            EXPECT_EQ(student_t_quantile(p, dof), -student_t_quantile(1 - p, dof));
    }
}

TEST(StudentTQuantile, ApproachesTheNormalQuantile) {
    EXPECT_NEAR(student_t_quantile(0.975, 1e9), 1.959963984540054, 1e-8);
}

TEST(StudentTQuantile, KeepsThirtyTwoBits) {
    for (double dof = 1; dof <= 200; ++dof) {
        int exponent = 0;
        const double scaled = std::ldexp(std::frexp(student_t_quantile(0.975, dof), &exponent), 32);
        EXPECT_EQ(scaled, std::floor(scaled));
    }
}

// ---- Estimate

TEST(Estimate, IsTheMeanWithStudentsInterval) {
    // R 4: t.test(c(1, 2, 3, 4, 5)), by hand: the variance is 2.5, and 2.776445... the quantile.
    const std::array<double, 5> replications = {1, 2, 3, 4, 5};
    const Estimate seen = estimate(replications);
    EXPECT_EQ(seen.value, 3);
    expect_near(seen.half_width.value(), 2.7764451051977987 * std::sqrt(0.5));
    EXPECT_EQ(seen.low(), 3 - *seen.half_width);
    EXPECT_EQ(seen.high(), 3 + *seen.half_width);
}

TEST(Estimate, HasNoIntervalWithOneReplication) {
    const std::array<double, 1> replications = {0.1};
    const Estimate seen = estimate(replications);
    EXPECT_EQ(seen.value, 0.1);
    EXPECT_FALSE(seen.half_width);
    EXPECT_FALSE(seen.low());
    EXPECT_FALSE(seen.high());
}

TEST(Estimate, IsExactWhenAllReplicationsAreEqual) {
    lb::Rng rng{1};
    for (std::size_t n = 2; n != 100; ++n) {
        const double value = rng.unit();
        const Estimate seen = estimate(std::vector<double>(n, value));
        ASSERT_EQ(seen.value, value);
        ASSERT_EQ(seen.half_width, 0);
    }
}

TEST(Estimate, KeepsASmallSpreadAroundALargeMean) {
    // The square of 1e9 leaves no room for the spread: a single pass over squares would lose it.
    const std::array<double, 3> replications = {1e9 + 1, 1e9 + 2, 1e9 + 3};
    const Estimate seen = estimate(replications);
    EXPECT_EQ(seen.value, 1e9 + 2);
    expect_near(seen.half_width.value(), student_t_quantile(0.975, 2) / std::sqrt(3.0), 1e-15);
}

TEST(Estimate, WidensWithTheConfidence) {
    const std::array<double, 4> replications = {1, 2, 4, 8};
    const double error = *estimate(replications).half_width / student_t_quantile(0.975, 3);
    for (const double confidence : {0.5, 0.9, 0.99, 0.999999})
        expect_near(*estimate(replications, confidence).half_width,
                    error * student_t_quantile((1 + confidence) / 2, 3), 1e-15);
}

TEST(Estimate, CoversTheTrueMeanAsOftenAsItSays) {
    // 200,000 intervals: a coverage off by 0.4 points is seen with probability 0.999.
    for (const std::size_t n : {2u, 5u, 10u}) {
        lb::Rng rng{n};
        std::array<std::uint64_t, 2> covered{};
        for (int i = 0; i != 200'000; ++i) {
            std::vector<double> replications(n);
            for (auto& replication : replications) replication = 7 + 3 * normal(rng);
            const Estimate seen = estimate(replications);
            ++covered[*seen.low() <= 7 && 7 <= *seen.high()];
        }
        EXPECT_TRUE(fits(covered, {0.05, 0.95})) << n << " replications";
    }
}

TEST(EstimateDeathTest, NeedsFiniteReplicationsAndAConfidenceBelowOne) {
    const std::vector<double> none, fine = {1, 2};
    const std::vector<double> infinite = {1, std::numeric_limits<double>::infinity()};
    EXPECT_DEATH(estimate(none), "broken expectation");
    EXPECT_DEATH(estimate(infinite), "broken expectation");
    EXPECT_DEATH(estimate(fine, 1), "broken expectation");
    EXPECT_DEATH(estimate(fine, 0), "broken expectation");
}

// ---- Pairs

TEST(ComparePairs, AgreesWithStudentsOwnExample) {
    // R: t.test(first, second, paired = TRUE), to the digits that it prints.
    const Difference seen = compare_pairs(kFirstDrug, kSecondDrug);
    EXPECT_NEAR(seen.difference.value, -1.58, 1e-12);
    EXPECT_NEAR(seen.difference.low().value(), -2.4598858, 5e-8);
    EXPECT_NEAR(seen.difference.high().value(), -0.7001142, 5e-8);
    EXPECT_NEAR(seen.p_value, 0.002833, 5e-7);
}

TEST(ComparePairs, ChangesOnlyTheSignWhenTurnedAround) {
    const Difference there = compare_pairs(kFirstDrug, kSecondDrug);
    const Difference back = compare_pairs(kSecondDrug, kFirstDrug);
    EXPECT_EQ(back.difference.value, -there.difference.value);
    EXPECT_EQ(back.difference.half_width, there.difference.half_width);
    EXPECT_EQ(back.p_value, there.p_value);
}

TEST(ComparePairs, AgreesWithTheClosedFormForTwoDegreesOfFreedom) {
    const std::array<double, 3> a = {3, 5, 9}, b = {2, 3, 6};  // Differences 1, 2, 3.
    const double t = 2 * std::sqrt(3.0);
    expect_near(compare_pairs(a, b).p_value, 1 - t / std::sqrt(2 + t * t), 1e-9);
}

TEST(ComparePairs, FindsNoDifferenceBetweenEqualVariants) {
    EXPECT_EQ(compare_pairs(kFirstDrug, kFirstDrug),
              (Difference{.difference = {.value = 0, .half_width = 0}, .p_value = 1}));
}

TEST(ComparePairs, IsCertainOfADifferenceThatNeverVaries) {
    const std::array<double, 3> a = {1.5, 2.5, 3.5}, b = {1, 2, 3};
    EXPECT_EQ(compare_pairs(a, b),
              (Difference{.difference = {.value = 0.5, .half_width = 0}, .p_value = 0}));
}

TEST(ComparePairs, ProvesNothingWithOneReplication) {
    const std::array<double, 1> a = {5}, b = {1};
    const Difference seen = compare_pairs(a, b);
    EXPECT_EQ(seen.difference.value, 4);
    EXPECT_FALSE(seen.difference.half_width);
    EXPECT_EQ(seen.p_value, 1);
}

TEST(ComparePairs, GivesUniformPValuesWhenThereIsNoDifference) {
    // 200,000 comparisons: a p-value off by one point somewhere is seen with probability 0.999.
    // What both variants share is ten times as large as what they do not, and must cancel.
    lb::Rng rng{8};
    std::vector<double> p_values(200'000);
    for (double& p_value : p_values) {
        std::array<double, 5> a{}, b{};
        for (std::size_t i = 0; i != a.size(); ++i) {
            const double shared = 10 * normal(rng);
            a[i] = shared + normal(rng);
            b[i] = shared + normal(rng);
        }
        p_value = compare_pairs(a, b).p_value;
    }
    EXPECT_TRUE(fits_cdf(p_values, [](double p) { return p; }));
}

TEST(ComparePairsDeathTest, NeedsPairs) {
    EXPECT_DEATH(compare_pairs(kFirstDrug, std::array<double, 2>{1, 2}), "broken expectation");
}

// ---- Holm

TEST(Holm, StopsAtTheFirstThatExceedsItsBound) {
    // 0.005 <= 0.05/4 and 0.01 <= 0.05/3, but 0.03 > 0.05/2, so 0.04 has no chance.
    const std::array<double, 4> p_values = {0.01, 0.04, 0.03, 0.005};
    EXPECT_EQ(holm(p_values, 0.05), (std::vector{true, false, false, true}));
}

TEST(Holm, RejectsAtItsBoundAndNotAbove) {
    const std::array<double, 2> at = {0.025, 0.05}, above = {0.0250001, 0.05};
    EXPECT_EQ(holm(at, 0.05), (std::vector{true, true}));
    EXPECT_EQ(holm(above, 0.05), (std::vector{false, false}));
}

TEST(Holm, HasNothingToRejectAmongNone) { EXPECT_TRUE(holm({}, 0.05).empty()); }

TEST(Holm, AgreesWithAdjustedPValuesOnEveryShortList) {
    // Another way to say it: a hypothesis falls if the largest of (m + 1 - k) p_(k), over those up
    // to its own, is at most alpha.  In 32nds, so that nothing is rounded.
    for (Every e; e.next();) {
        std::vector<int> parts(e.below(std::size_t{6}));
        std::vector<double> p_values;
        for (int& part : parts) p_values.push_back((part = e.below(9)) / 32.0);
        const auto rejected = holm(p_values, 0.25);
        auto sorted = parts;
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t i = 0; i != parts.size(); ++i) {
            int adjusted = 0;
            for (std::size_t k = 0; k != sorted.size() && sorted[k] <= parts[i]; ++k)
                adjusted = std::max(adjusted, static_cast<int>(sorted.size() - k) * sorted[k]);
            ASSERT_EQ(rejected[i], adjusted <= 8);
        }
    }
}

TEST(Holm, RejectsATrueHypothesisNoMoreOftenThanAlpha) {
    // Of m independent true hypotheses at least one falls with probability 1 - (1 - alpha/m)^m.
    lb::Rng rng{9};
    constexpr double kAlpha = 0.05;
    for (const std::size_t m : {1u, 2u, 10u}) {
        std::array<std::uint64_t, 2> any{};
        for (int i = 0; i != 200'000; ++i) {
            std::vector<double> p_values(m);
            for (double& p : p_values) p = rng.unit();
            const auto rejected = holm(p_values, kAlpha);
            ++any[std::count(rejected.begin(), rejected.end(), true) > 0];
        }
        const double none = std::pow(1 - kAlpha / static_cast<double>(m), static_cast<double>(m));
        EXPECT_TRUE(fits(any, {none, 1 - none})) << m << " hypotheses";
    }
}

TEST(HolmDeathTest, NeedsProbabilities) {
    const std::array<double, 1> negative = {-0.1}, none = {std::nan("")}, fine = {0.5};
    EXPECT_DEATH(holm(negative, 0.05), "broken expectation");
    EXPECT_DEATH(holm(none, 0.05), "broken expectation");
    EXPECT_DEATH(holm(fine, 1), "broken expectation");
}

}  // namespace
