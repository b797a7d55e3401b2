#include "balancer/slow_start.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace haproxy = lb::haproxy;

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

// Recorded from HAProxy 2.6.12, a second apart: "weight 100 slowstart 10s".
TEST(HaproxySlowStart, GrowsBySixteenthsAndWholeSeconds) {
    const std::vector<std::uint32_t> shown{7, 13, 25, 32, 44, 57, 63, 75, 82, 94, 100, 100};
    const std::vector<std::uint32_t> percent{6, 12, 25, 31, 43, 56, 62, 75, 81, 93, 100, 100};
    for (std::size_t s = 0; s != shown.size(); ++s) {
        const auto second = std::chrono::seconds{s};
        EXPECT_EQ(haproxy::shown_weight(haproxy::slow_start(100, second, 10s)), shown[s]);
        EXPECT_EQ(haproxy::shown_throttle(haproxy::slow_start(100, second, 10s), 100), percent[s]);
        EXPECT_EQ(haproxy::slow_start(100, second + 999ms, 10s),
                  haproxy::slow_start(100, second, 10s));
    }
}

TEST(HaproxySlowStart, BeginsAtASixteenthWhateverTheWindow) {
    for (const auto window : {1s, 30s, 3600s}) {
        EXPECT_EQ(haproxy::slow_start(256, 0s, window), 256u);
        EXPECT_EQ(haproxy::slow_start(256, window, window), 4096u);
        EXPECT_LE(haproxy::slow_start(256, window - 1ns, window), 4096u);
    }
}

}  // namespace
