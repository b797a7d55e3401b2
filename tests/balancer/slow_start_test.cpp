#include "balancer/slow_start.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

lb::EnvoySlowStart minute(double aggression = 1) {
    return {.window = 60s, .aggression = aggression};
}

TEST(EnvoySlowStart, GrowsEvenlyFromATenthOn) {
    EXPECT_EQ(minute().factor(0s), 0.1);
    EXPECT_EQ(minute().factor(6s), 0.1);
    EXPECT_EQ(minute().factor(30s), 0.5);
    EXPECT_EQ(minute().factor(60s), 1);
    EXPECT_EQ(minute().factor(1h), 1);
}

TEST(EnvoySlowStart, CountsWholeMillisecondsOfWhichOneAlwaysPassed) {
    EXPECT_EQ(minute().factor(59'999ms + 999us), 59'999 / 60'000.0);
    const lb::EnvoySlowStart from_nothing{.window = 10ms, .min_weight = 0};
    EXPECT_EQ(from_nothing.factor(0s), 0.1);
    EXPECT_EQ(from_nothing.factor(1999us), 0.1);
    EXPECT_EQ(from_nothing.factor(2ms), 0.2);
}

TEST(EnvoySlowStart, IsFasterAtFirstTheMoreAggressive) {
    EXPECT_NEAR(minute(2).factor(30s), 0.70710678118654757, 1e-15);
    EXPECT_NEAR(minute(0.5).factor(30s), 0.25, 1e-15);
    EXPECT_EQ(minute(0.5).factor(6s), 0.1) << "0.01 is below the floor";
}

TEST(EnvoySlowStart, IsOffWithoutAWindow) { EXPECT_EQ(lb::EnvoySlowStart{}.factor(0s), 1); }

}  // namespace
