#include "balancer/policies/haproxy/slow_start.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace lb::haproxy;
using namespace std::chrono_literals;

// Recorded from HAProxy 2.6.12, a second apart: "weight 100 slowstart 10s".
TEST(HaproxySlowStart, GrowsBySixteenthsAndWholeSeconds) {
    const std::vector<std::uint32_t> shown{7, 13, 25, 32, 44, 57, 63, 75, 82, 94, 100, 100};
    const std::vector<std::uint32_t> percent{6, 12, 25, 31, 43, 56, 62, 75, 81, 93, 100, 100};
    for (std::size_t s = 0; s != shown.size(); ++s) {
        const auto second = std::chrono::seconds{s};
        EXPECT_EQ(shown_weight(slow_start(100, second, 10s)), shown[s]);
        EXPECT_EQ(shown_throttle(slow_start(100, second, 10s), 100), percent[s]);
        EXPECT_EQ(slow_start(100, second + 999ms, 10s), slow_start(100, second, 10s));
    }
}

TEST(HaproxySlowStart, BeginsAtASixteenthWhateverTheWindow) {
    for (const auto window : {1s, 30s, 3600s}) {
        EXPECT_EQ(slow_start(256, 0s, window), 256u);
        EXPECT_EQ(slow_start(256, window, window), 4096u);
        EXPECT_LE(slow_start(256, window - 1ns, window), 4096u);
    }
}

}  // namespace
