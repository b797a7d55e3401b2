#include "stats/counts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"

namespace {

using namespace lbsim;

// Computed with scipy 1.10: beta.ppf(0.025, k, n - k + 1) and beta.ppf(0.975, k + 1, n - k).
TEST(BinomialInterval, IsClopperAndPearsons) {
    const auto some = binomial_interval(8, 20, 0.95);
    EXPECT_NEAR(some.low, 0.19119012, 1e-7);
    EXPECT_NEAR(some.high, 0.63945740, 1e-7);
    const auto none = binomial_interval(0, 2000, 0.90);
    EXPECT_EQ(none.low, 0);
    EXPECT_NEAR(none.high, 1 - std::pow(0.05, 1.0 / 2000), 1e-9);  // The rule of three: 3 / n.
    const auto all = binomial_interval(5, 5, 0.95);
    EXPECT_EQ(all.high, 1);
    EXPECT_NEAR(all.low, std::pow(0.025, 0.2), 1e-9);
}

TEST(BinomialInterval, CoversTheTruthAtLeastAsOftenAsItSays) {
    lb::Rng rng{7};
    int missed = 0;
    constexpr int kTimes = 4000;
    for (int i = 0; i != kTimes; ++i) {
        std::uint64_t hits = 0;
        for (int d = 0; d != 200; ++d) hits += rng.chance(0.1);
        const auto interval = binomial_interval(hits, 200, 0.95);
        missed += interval.low > 0.1 || interval.high < 0.1;
    }
    // 5 % at most are 200, and 4.9 standard deviations more 268; the least that discrete counts
    // leave here is 2.9 %.
    EXPECT_LE(missed, 268);
    EXPECT_GE(missed, 60);
}

// 2 (30 ln 1.5 + 14 ln 0.7 + 16 ln 0.8) = 7.2067..., and P(chi-square of 2 > that) = exp(-G / 2).
TEST(GTest, IsTheLikelihoodRatio) {
    const std::array<std::uint64_t, 3> counts{30, 14, 16};
    const std::array<double, 3> expected{1, 1, 1};
    const double g = 2 * (30 * std::log(1.5) + 14 * std::log(0.7) + 16 * std::log(0.8));
    EXPECT_NEAR(g_test(counts, expected), std::exp(-g / 2), 1e-9);
    const std::array<std::uint64_t, 3> even{20, 20, 20};
    EXPECT_EQ(g_test(even, expected), 1);
}

TEST(GTest, AllowsNothingWhereNothingIsDue) {
    const std::array<std::uint64_t, 3> counts{50, 50, 1};
    const std::array<double, 3> expected{1, 1, 0};
    EXPECT_EQ(g_test(counts, expected), 0);
}

TEST(GTest, HasUniformChancesIfTheExpectationsAreTrue) {
    lb::Rng rng{11};
    const std::vector<double> weights{1, 2, 3, 4};
    std::vector<double> chances;
    for (int i = 0; i != 3000; ++i) {
        std::vector<std::uint64_t> counts(4);
        for (int d = 0; d != 1000; ++d) {
            const auto x = rng.below(10);
            ++counts[x < 1 ? 0 : x < 3 ? 1 : x < 6 ? 2 : 3];
        }
        chances.push_back(g_test(counts, weights));
    }
    std::sort(chances.begin(), chances.end());
    const double distance = lbtest::kolmogorov_distance(chances, [](double p) { return p; });
    EXPECT_GT(lbtest::kolmogorov_p_value(distance, chances.size()), lbtest::kFalseAlarm);
}

// 0.25 against 0.28, as of a sampler that draws the neighbour again: seen in 13,300 draws with
// probability 0.999.
TEST(GTest, SeesAShiftOfThreePoints) {
    const std::array<std::uint64_t, 4> counts{3724, 3192, 3192, 3192};
    const std::array<double, 4> expected{1, 1, 1, 1};
    EXPECT_LT(g_test(counts, expected), lbtest::kFalseAlarm);
}

}  // namespace
