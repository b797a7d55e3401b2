#include "support/chance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"

namespace {

using lbtest::chi_square;
using lbtest::fits;
using lbtest::fits_cdf;
using lbtest::kFalseAlarm;
using lbtest::kolmogorov_distance;
using lbtest::kolmogorov_p_value;
using lbtest::mean_is;

double identity(double x) { return x; }

double normal(lb::Rng& rng) {
    const double radius = std::sqrt(-2 * std::log(rng.unit_open_below()));
    return radius * std::cos(2 * 3.14159265358979323846 * rng.unit());
}

std::vector<double> normals(lb::Rng& rng, std::size_t n, double mean) {
    std::vector<double> sample(n);
    for (double& value : sample) value = mean + normal(rng);
    return sample;
}

std::vector<double> uniforms(lb::Rng& rng, std::size_t n) {
    std::vector<double> sample(n);
    for (double& value : sample) value = rng.unit();
    return sample;
}

// ---- Counts

TEST(Fits, GivesUniformPValuesToHonestSamples) {
    lb::Rng rng{1};
    const std::vector<double> probabilities = {0.05, 0.1, 0.1, 0.15, 0.2, 0.4};
    std::vector<double> p_values(20'000);
    for (double& p_value : p_values) {
        std::array<std::uint64_t, 6> counts{};
        for (int i = 0; i != 2000; ++i) {
            double left = rng.unit();
            std::size_t outcome = 0;
            while (outcome != 5 && left >= probabilities[outcome]) left -= probabilities[outcome++];
            ++counts[outcome];
        }
        ASSERT_TRUE(fits(counts, probabilities));
        p_value = chi_square(counts, probabilities).p_value;
    }
    EXPECT_TRUE(fits_cdf(p_values, identity));
}

TEST(Fits, CatchesACoinOf52To48In100000ThrowsButNotOneOf503To497) {
    EXPECT_FALSE(fits(std::array<std::uint64_t, 2>{52'000, 48'000}, {0.5, 0.5}));
    EXPECT_TRUE(fits(std::array<std::uint64_t, 2>{50'300, 49'700}, {0.5, 0.5}));
}

TEST(Fits, FindsHalfAPointIn640000ThrowsAsItsPowerSays) {
    // With probability 0.999 each time, so that ten misses in 1000 would be one chance in 10^7.
    lb::Rng rng{2};
    int missed = 0;
    for (int round = 0; round != 1000; ++round) {
        // Binomial, by its normal limit: exact to a few throws in 400.
        const double heads = 640'000 * 0.505 + std::sqrt(640'000 * 0.505 * 0.495) * normal(rng);
        const auto count = static_cast<std::uint64_t>(heads);
        missed += fits(std::array{count, 640'000 - count}, {0.5, 0.5}) ? 1 : 0;
    }
    EXPECT_LT(missed, 10);
}

TEST(Fits, FailsExactlyFromTheFalseAlarmRateOn) {
    // The chi-square of one degree of freedom is a squared normal, whose two-sided quantile at 1e-6
    // is 4.8916: 773.4 throws off the half of 100,000.
    EXPECT_TRUE(fits(std::array<std::uint64_t, 2>{50'773, 49'227}, {0.5, 0.5}));
    EXPECT_FALSE(fits(std::array<std::uint64_t, 2>{50'774, 49'226}, {0.5, 0.5}));
}

TEST(Fits, RaisesFalseAlarmsAboutRareOutcomesAsOftenAsItSays) {
    for (const auto& [expected, stated] :
         {std::pair{10.0, 17e-6}, {100.0, 3e-6}, {1000.0, 1.2e-6}}) {
        const double share = 0.001, n = expected / share;
        double alarms = 0;
        for (double k = 0; k != 3000; ++k) {
            const auto seen = static_cast<std::uint64_t>(k);
            const std::array<std::uint64_t, 2> counts = {seen,
                                                         static_cast<std::uint64_t>(n) - seen};
            if (fits(counts, {share, 1 - share})) continue;
            alarms += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                               k * std::log(share) + (n - k) * std::log1p(-share));
        }
        EXPECT_NEAR(alarms / stated, 1, 0.05);
    }
}

TEST(Fits, AgreesWithTheClosedFormOfTheTailForTwoDegreesOfFreedom) {
    for (std::uint64_t excess = 0; excess <= 300; excess += 50) {
        const std::array<std::uint64_t, 3> counts = {1000 + excess, 1000 - excess, 1000};
        const auto test = chi_square(counts, std::vector<double>(3, 1.0 / 3));
        EXPECT_NEAR(test.p_value / std::exp(-test.statistic / 2), 1, 1e-9);
    }
}

TEST(Fits, AllowsNoImpossibleOutcome) {
    EXPECT_TRUE(fits(std::array<std::uint64_t, 3>{500, 500, 0}, {0.5, 0.5, 0}));
    EXPECT_FALSE(fits(std::array<std::uint64_t, 3>{500, 500, 1}, {0.5, 0.5, 0}));
}

TEST(Fits, CountsNoDegreeOfFreedomForImpossibleOutcomes) {
    const std::array<std::uint64_t, 3> counts = {520, 480, 0};
    EXPECT_EQ(chi_square(counts, std::vector<double>{0.5, 0.5, 0}).dof, 1);
}

TEST(Fits, AsksForMoreDrawsBelowTenExpected) {
    EXPECT_TRUE(fits(std::array<std::uint64_t, 2>{990, 10}, {0.99, 0.01}));
    const auto verdict = fits(std::array<std::uint64_t, 2>{990, 9}, {0.99, 0.01});
    EXPECT_FALSE(verdict);
    EXPECT_NE(std::string{verdict.message()}.find("draw more"), std::string::npos);
    EXPECT_FALSE(fits(std::array<std::uint64_t, 2>{0, 0}, {0.5, 0.5}));
}

TEST(Fits, AcceptsTheOnlyOutcomeThereIs) {
    EXPECT_TRUE(fits(std::array<std::uint64_t, 2>{100, 0}, {1, 0}));
}

TEST(Fits, RefusesWhatIsNoDistribution) {
    const std::array<std::uint64_t, 2> counts = {500, 500};
    EXPECT_FALSE(fits(counts, {0.5, 0.4}));
    EXPECT_FALSE(fits(counts, {0.5, 0.25, 0.25}));
    EXPECT_FALSE(fits(counts, {0.5, std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_FALSE(fits(counts, {1.5, -0.5}));
}

// ---- Samples

/// The exact chance that n uniform values exceed their distribution by `d` somewhere (Birnbaum &
/// Tingey, Annals of Mathematical Statistics 22(4), 1951).  Two sides: twice that, but for samples
/// that do both, which are negligible out here.
double exact_tail(double d, int n) {
    double sum = 0;
    for (int j = 0; j <= static_cast<int>(n * (1 - d)); ++j) {
        const double share = static_cast<double>(j) / n;
        if (1 - d - share <= 0) continue;
        sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(j + 1.0) - std::lgamma(n - j + 1.0) +
                        (n - j) * std::log(1 - d - share) + (j - 1) * std::log(d + share));
    }
    return 2 * d * sum;
}

TEST(FitsCdf, GivesUniformPValuesToHonestSamples) {
    lb::Rng rng{3};
    std::vector<double> p_values(20'000);
    for (double& p_value : p_values) {
        auto sample = uniforms(rng, 1000);
        std::sort(sample.begin(), sample.end());
        p_value = kolmogorov_p_value(kolmogorov_distance(sample, identity), sample.size());
    }
    EXPECT_TRUE(fits_cdf(p_values, identity));
}

TEST(FitsCdf, KeepsItsFalseAlarmRateFarOutInTheTail) {
    for (const int n : {100, 400, 1000, 10'000}) {
        double low = 0, high = 1;  // Where the test begins to fail.
        while (high - low > 1e-12) {
            const double d = (low + high) / 2;
            const bool fails = kolmogorov_p_value(d, static_cast<std::size_t>(n)) < kFalseAlarm;
            (fails ? high : low) = d;
        }
        EXPECT_GT(exact_tail(high, n), 0.95 * kFalseAlarm) << n;
        EXPECT_LT(exact_tail(high, n), 1.05 * kFalseAlarm) << n;
    }
}

TEST(FitsCdf, MeasuresTheLargestGapOnEitherSideOfEveryStep) {
    const std::vector<double> sample = {0.2, 0.3, 0.9};
    EXPECT_DOUBLE_EQ(kolmogorov_distance(sample, identity), 2.0 / 3 - 0.3);  // After the second.
    const std::vector<double> late = {0.5, 0.9, 0.95};
    EXPECT_DOUBLE_EQ(kolmogorov_distance(late, identity), 0.9 - 1.0 / 3);  // Before the second.
}

TEST(FitsCdf, CatchesADistributionThatIsOnePointOffIn185000Values) {
    // Off by one point at one half, and nowhere by more.
    const auto bent = [](double x) { return x < 0.5 ? 1.02 * x : 0.51 + 0.98 * (x - 0.5); };
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        lb::Rng rng{seed};
        const auto sample = uniforms(rng, 185'000);
        EXPECT_FALSE(fits_cdf(sample, bent));
        EXPECT_TRUE(fits_cdf(sample, identity));
    }
}

TEST(FitsCdf, CatchesAPointMass) {
    lb::Rng rng{4};
    auto sample = uniforms(rng, 1000);
    for (std::size_t i = 0; i != 200; ++i) sample[i] = 0.5;
    EXPECT_FALSE(fits_cdf(sample, identity));
}

TEST(FitsCdf, AsksForMoreDrawsBelowAHundred) {
    lb::Rng rng{5};
    EXPECT_FALSE(fits_cdf(uniforms(rng, 99), identity));
    EXPECT_TRUE(fits_cdf(uniforms(rng, 100), identity));
}

TEST(FitsCdf, RefusesWhatIsNoProbability) {
    lb::Rng rng{6};
    auto sample = uniforms(rng, 1000);
    EXPECT_FALSE(fits_cdf(sample, [](double x) { return x + 0.5; }));
    sample[17] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(fits_cdf(sample, identity));
}

// ---- Means

TEST(MeanIs, AcceptsTheMeanOfHonestReplications) {
    lb::Rng rng{7};
    for (int round = 0; round != 1000; ++round) ASSERT_TRUE(mean_is(normals(rng, 30, 5), 5, 10));
}

TEST(MeanIs, CatchesAMeanThatIsOffByTwiceTheResolution) {
    // At a resolution that about half of the samples reach.  20,000 rounds at one in a million.
    lb::Rng rng{8};
    for (const std::size_t n : {5u, 10u, 30u, 100u}) {
        const double t = n == 5 ? 49.46 : n == 10 ? 11.64 : n == 30 ? 6.17 : 5.22;
        const double resolution = t / std::sqrt(static_cast<double>(n));
        int told = 0;
        for (int round = 0; round != 5000; ++round) {
            const auto sample = normals(rng, n, 5);
            told += mean_is(sample, 5, resolution) ? 1 : 0;
            ASSERT_FALSE(mean_is(sample, 5 + 2 * resolution, resolution)) << n << " replications";
        }
        EXPECT_GT(told, 2000) << n << " replications";
        EXPECT_LT(told, 3500) << n << " replications";
    }
}

TEST(MeanIs, FailsWhenTheRunsCannotTell) {
    lb::Rng rng{9};
    const auto sample = normals(rng, 30, 5);
    EXPECT_TRUE(mean_is(sample, 5, 2));
    const auto verdict = mean_is(sample, 5, 0.5);
    EXPECT_FALSE(verdict);
    EXPECT_NE(std::string{verdict.message()}.find("too few runs to tell"), std::string::npos);
    EXPECT_FALSE(mean_is(std::vector<double>{5}, 5, 2));
}

TEST(MeanIs, TakesTheQuantileForBothSidesOfTheFalseAlarmRate) {
    // Three replications -1, 0, 1: the standard error is 1/sqrt(3), and the quantile for two
    // degrees of freedom is (1 - a) sqrt(2 / (a (2 - a))), with a = 1e-6: 999.9987.
    const std::vector<double> sample = {-1, 0, 1};
    const double half =
        (1 - kFalseAlarm) * std::sqrt(2 / (kFalseAlarm * (2 - kFalseAlarm))) / std::sqrt(3.0);
    EXPECT_TRUE(mean_is(sample, 0, half * 1.000001));
    EXPECT_FALSE(mean_is(sample, 0, half * 0.999999));
    EXPECT_TRUE(mean_is(sample, half * 0.999999, 1000));
    EXPECT_FALSE(mean_is(sample, -half * 1.000001, 1000));
}

TEST(MeanIs, AsksReplicationsThatNeverVaryForTheVeryMean) {
    const std::vector<double> sample(5, 0.25);
    EXPECT_TRUE(mean_is(sample, 0.25, 0.01));
    EXPECT_FALSE(mean_is(sample, 0.26, 0.01));
}

TEST(MeanIs, RefusesNaN) { EXPECT_FALSE(mean_is(std::vector<double>{1, std::nan(""), 1}, 1, 1)); }

}  // namespace
