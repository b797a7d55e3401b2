#include "model/arrivals.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/chance.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

const lb::Rng kRng{1};

std::vector<Instant> first(const Arrivals& kind, std::size_t n, Instant start = {}) {
    OpenArrivals arrivals{kind, start, kRng};
    std::vector<Instant> out;
    for (std::size_t i = 0; i != n; ++i) out.push_back(arrivals.next());
    return out;
}

/// How many come in [from, to), in each of `runs` independent runs.
std::vector<double> counts(const Arrivals& kind, Instant from, Instant to, std::uint64_t runs) {
    std::vector<double> out;
    for (std::uint64_t run = 0; run != runs; ++run) {
        OpenArrivals arrivals{kind, Instant{}, kRng.stream("run", run)};
        double count = 0;
        for (Instant at = arrivals.next(); at < to; at = arrivals.next()) count += at >= from;
        out.push_back(count);
    }
    return out;
}

TEST(OpenArrivals, OfConstantRateComeEveryGapFromTheStartOn) {
    const auto at = first(ConstantRate{4}, 4, Instant{-1s});
    EXPECT_EQ(
        at, (std::vector<Instant>{Instant{-750ms}, Instant{-500ms}, Instant{-250ms}, Instant{0s}}));
}

// A third of a second is no whole number of nanoseconds: what is left over is carried on.
TEST(OpenArrivals, OfConstantRateDoNotDriftHoweverOddTheGap) {
    const auto at = first(ConstantRate{3}, 3'000'000);
    for (std::size_t i = 0; i != at.size(); ++i) {
        const auto exact = static_cast<double>(i + 1) * 1e9 / 3;
        ASSERT_NEAR(static_cast<double>(at[i].time_since_epoch().count()), exact, 1.01) << i;
    }
}

// 100,000 gaps: a law off by 0.014 anywhere is seen with probability 0.999.
TEST(OpenArrivals, OfAPoissonProcessHaveExponentialGaps) {
    Instant last{};
    std::vector<double> gaps;
    for (const auto at : first(Poisson{5}, 100'000)) {
        gaps.push_back(lb::seconds(at - last));
        last = at;
    }
    EXPECT_TRUE(lbtest::fits_cdf(gaps, [](double x) { return -std::expm1(-5 * x); }));
}

TEST(OpenArrivals, FollowTheStepsOfAProfile) {
    const Profile profile{{{0s, 100}, {10s, 1000}, {20s, 0}, {30s, 200}}};
    // Means of 100 runs resolve the rates to 3 % (1 % of the highest).
    EXPECT_TRUE(lbtest::mean_is(counts(profile, Instant{0s}, Instant{10s}, 100), 1000, 30));
    EXPECT_TRUE(lbtest::mean_is(counts(profile, Instant{10s}, Instant{20s}, 100), 10'000, 100));
    EXPECT_TRUE(lbtest::mean_is(counts(profile, Instant{30s}, Instant{40s}, 100), 2000, 60));
    for (const double none : counts(profile, Instant{20s}, Instant{30s}, 100)) EXPECT_EQ(none, 0);
}

TEST(OpenArrivals, OfAProfileThatEndsInZeroEnd) {
    const auto at = first(Profile{{{0s, 1000}, {1s, 0}}}, 5000);
    EXPECT_LT(at[100], Instant{1s});
    EXPECT_EQ(at.back(), Instant::max());
}

TEST(OpenArrivals, OfAProfileComeAtTheFirstRateBeforeItsFirstStep) {
    const Profile profile{{{5s, 1000}, {6s, 0}}};
    EXPECT_TRUE(lbtest::mean_is(counts(profile, Instant{0s}, Instant{5s}, 100), 5000, 60));
}

// Two states, three quarters of the time in the second: 0.25 * 40 + 0.75 * 8 = 16 a second.
TEST(OpenArrivals, OfAModulatedProcessHaveTheRateOfItsStatesByTheirStays) {
    const Mmpp mmpp{{{40, 100ms}, {8, 300ms}}};
    EXPECT_TRUE(lbtest::mean_is(counts(mmpp, Instant{1s}, Instant{101s}, 200), 1600, 32));
}

// The variance of the count of a Poisson process is its mean, 1600; of this one, in the long run,
// 2 (difference of rates)^2 p (1 - p) / (sum of the switching rates) a second on top:
// 2 * 32^2 * 0.1875 / (10 + 10/3) = 28.8.
TEST(OpenArrivals, OfAModulatedProcessAreAsBurstyAsTheTheorySays) {
    const Mmpp mmpp{{{40, 100ms}, {8, 300ms}}};
    std::vector<double> squares;
    for (const double count : counts(mmpp, Instant{1s}, Instant{101s}, 2000))
        squares.push_back((count - 1600) * (count - 1600));
    // Less 2 * 32^2 * 0.1875 / 13.33^2 * (1 - exp(-1333)), as the covariance needs time to build.
    EXPECT_TRUE(lbtest::mean_is(squares, 1600 + 2880 - 2.16, 900));
}

TEST(OpenArrivals, OfAStateWithoutAnyDoNotCome) {
    const Mmpp mmpp{{{1000, 100ms}, {0, 300ms}}};
    EXPECT_TRUE(lbtest::mean_is(counts(mmpp, Instant{1s}, Instant{101s}, 200), 25'000, 800));
}

TEST(OpenArrivals, NeverGoBackInTime) {
    for (const auto& kind : std::vector<Arrivals>{Poisson{1e9}, ConstantRate{3e9},
                                                  Mmpp{{{2e9, 10ns}, {1e8, 3ns}}}, Poisson{1e-9}}) {
        const auto at = first(kind, 10'000);
        for (std::size_t i = 1; i != at.size(); ++i) ASSERT_LE(at[i - 1], at[i]);
    }
}

}  // namespace
