#include "balancer/cubic_rate.hpp"

#include <gtest/gtest.h>

namespace {

using lb::CubicRate;
using lb::Duration;
using lb::Instant;
using namespace std::chrono_literals;

constexpr CubicRate::Config kConfig{};  // 10 requests in 20 ms.
constexpr Instant at(Duration since_start) { return Instant{since_start}; }

/// How many may be sent at once.
int burst(CubicRate rate, Instant now) {
    int sent = 0;
    for (; rate.admits(kConfig, now); ++sent) rate.on_sent(kConfig, now);
    return sent;
}
void answers(CubicRate& rate, int count, Instant now) {
    for (int i = 0; i != count; ++i) rate.on_answer(kConfig, now);
}

TEST(CubicRate, AdmitsTheInitialRateAtOnceAndThenOneByOne) {
    CubicRate rate{kConfig, {}};
    EXPECT_EQ(burst(rate, {}), 10);
    for (int i = 0; i != 10; ++i) rate.on_sent(kConfig, {});
    EXPECT_FALSE(rate.admits(kConfig, at(1999us)));
    EXPECT_TRUE(rate.admits(kConfig, at(2ms)));
    EXPECT_EQ(burst(rate, at(9ms)), 4);
    EXPECT_EQ(burst(rate, at(1h)), 10);  // No more is saved up.
}

TEST(CubicRate, AveragesTheAnswersOfWholeIntervals) {
    CubicRate rate{kConfig, {}};
    answers(rate, 30, at(19ms));
    EXPECT_EQ(rate.received(), 0);
    answers(rate, 1, at(20ms));
    EXPECT_NEAR(rate.received(), 3, 1e-12);  // A tenth of 30.
    answers(rate, 1, at(80ms));              // One in [20, 40), none in the next two.
    EXPECT_NEAR(rate.received(), (0.1 * 1 + 0.9 * 3) * 0.81, 1e-12);
}

TEST(CubicRate, IsCutToAFifthWhenLessComesBackThanIsAllowed) {
    CubicRate rate{kConfig, {}};
    answers(rate, 1, at(10ms));
    answers(rate, 1, at(40ms));  // Not yet: two intervals are not over.
    EXPECT_EQ(rate.rate(), 10);
    answers(rate, 1, at(41ms));
    EXPECT_EQ(rate.rate(), 2);
    EXPECT_EQ(burst(rate, at(1h)), 10);  // The bucket keeps its size.
    answers(rate, 1, at(42ms));
    EXPECT_NEAR(rate.rate(), 0.4, 1e-12);
    for (int i = 0; i != 9; ++i) answers(rate, 1, at(43ms));
    EXPECT_GE(rate.rate(), 0.01);
}

// The curve is flat (10 * 0.2 / 4e-6)^(1/3) = 79.37 ms after the last cut, here after the start.
TEST(CubicRate, GrowsFastToWhereItWasCutThenSlowlyThenFastAgain) {
    const auto grown = [](Duration after) {
        CubicRate rate{kConfig, {}};
        answers(rate, 100'000, at(10ms));  // More than any rate.
        answers(rate, 1, at(after));
        return rate.rate();
    };
    EXPECT_NEAR(grown(20ms), 10 - 4e-6 * 59.37005 * 59.37005 * 59.37005, 1e-6);
    EXPECT_NEAR(grown(79ms), 10, 1e-6);
    EXPECT_NEAR(grown(80ms), 10, 1e-5);
    EXPECT_NEAR(grown(179370us), 14, 1e-4);
    EXPECT_EQ(grown(380ms), 20) << "no more than ten at a time";
}

TEST(CubicRate, IsLeftAloneForTwoIntervalsAfterItGrew) {
    CubicRate rate{kConfig, {}};
    answers(rate, 101, at(10ms));
    answers(rate, 1, at(20ms));  // 10.1 come: it is set on the curve.
    EXPECT_NEAR(rate.rate(), 9.162929, 1e-6);
    answers(rate, 1, at(60ms));
    EXPECT_NEAR(rate.rate(), 9.162929, 1e-6);
    answers(rate, 1, at(61ms));
    EXPECT_NEAR(rate.rate(), 9.162929 / 5, 1e-6);
}

}  // namespace
