#include "balancer/health/admission_ramp.hpp"

#include <gtest/gtest.h>

namespace {

using lb::AdmissionRamp;
using lb::Instant;
using namespace std::chrono_literals;

TEST(AdmissionRamp, AdmitsAShareThatGrowsToOneHalfAndThenEverybody) {
    const Instant start{100s};
    AdmissionRamp ramp{10s, start};
    EXPECT_FALSE(ramp.admit(start));
    // Requests every millisecond: the share of all admitted so far follows t / 20 s, to one request
    // and rounding.
    for (int ms = 1; ms <= 10'000; ++ms) {
        ramp.admit(start + ms * 1ms);
        if (ms < 1000) continue;
        const auto asked = static_cast<double>(ramp.admitted() + ramp.denied());
        ASSERT_NEAR(static_cast<double>(ramp.admitted()) / asked, ms / 20'000.0, 1 / asked + 1e-12)
            << ms;
    }
    EXPECT_FALSE(ramp.ended(start + 10s));
    EXPECT_TRUE(ramp.ended(start + 10s + 1ns));
    for (int i = 0; i != 100; ++i) EXPECT_TRUE(ramp.admit(start + 10s + 1ns));
}

TEST(AdmissionRamp, IsStrictAboutItsTarget) {
    AdmissionRamp ramp{10s, Instant{}};
    EXPECT_FALSE(ramp.admit(Instant{10s}));  // 1 of 1 is not below one half,
    EXPECT_FALSE(ramp.admit(Instant{10s}));  // nor is 1 of 2,
    EXPECT_TRUE(ramp.admit(Instant{10s}));   // but 1 of 3 is.
    EXPECT_EQ(ramp.admitted(), 1u);
    EXPECT_EQ(ramp.denied(), 2u);
}

}  // namespace
