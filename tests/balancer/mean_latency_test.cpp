#include "balancer/mean_latency.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using lb::BackendId;
using lb::Instant;
using lb::MeanLatency;
using lb::Response;
using namespace std::chrono_literals;

constexpr BackendId kId{0};

struct Seen {
    MeanLatency latency{{}};
    Seen() { latency.on_added(kId); }
    bool answer(lb::Duration at, lb::Duration took, Response r = {}) {
        r.latency = took;
        return latency.on_done(kId, r, Instant{at});
    }
};

TEST(MeanLatency, IsTheMeanOfAnswersThatComeTogether) {
    Seen s;
    EXPECT_FALSE(s.latency.known(kId));
    for (const auto took : {10ms, 20ms, 60ms}) EXPECT_TRUE(s.answer(0s, took));
    EXPECT_TRUE(s.latency.known(kId));
    EXPECT_DOUBLE_EQ(s.latency.of(kId), 0.030);
}

TEST(MeanLatency, ForgetsAnAnswerByAFactorOfEInEachDecay) {
    Seen s;
    s.answer(0s, 100ms);
    s.answer(10s, 200ms);
    const double kept = std::exp(-1.0);
    EXPECT_NEAR(s.latency.of(kId), (0.1 * kept + 0.2) / (kept + 1), 1e-12);
    s.answer(10'000s, 50ms);
    EXPECT_DOUBLE_EQ(s.latency.of(kId), 0.05);
}

TEST(MeanLatency, CountsAFastFailureAsASlowAnswer) {
    using End = Response::End;
    for (const auto& r : {Response{.status = 503}, Response{.end = End::Refused},
                          Response{.end = End::Reset}, Response{.end = End::Timeout}}) {
        Seen s;
        EXPECT_TRUE(s.answer(0s, 1ms, r));
        EXPECT_DOUBLE_EQ(s.latency.of(kId), 1.0);
        s.answer(0s, 3s, r);
        EXPECT_DOUBLE_EQ(s.latency.of(kId), 2.0) << "or as slow as it was";
    }
}

TEST(MeanLatency, HearsOfACancelledRequestOnlyWhatRaisesTheMean) {
    const Response cancelled{.end = Response::End::Cancelled};
    Seen s;
    EXPECT_FALSE(s.answer(0s, 1s, cancelled));
    EXPECT_FALSE(s.latency.known(kId));
    s.answer(0s, 100ms);
    EXPECT_FALSE(s.answer(0s, 50ms, cancelled));
    EXPECT_DOUBLE_EQ(s.latency.of(kId), 0.1);
    EXPECT_TRUE(s.answer(0s, 300ms, cancelled));
    EXPECT_DOUBLE_EQ(s.latency.of(kId), 0.2);
}

TEST(MeanLatency, StartsAnewWithWhoeverTakesASlot) {
    Seen s;
    s.answer(0s, 100ms);
    s.latency.on_added(kId);
    EXPECT_FALSE(s.latency.known(kId));
}

TEST(MeanLatency, IsNeverZero) {
    Seen s;
    s.answer(0s, 0s);
    EXPECT_GT(s.latency.of(kId), 0);
}

}  // namespace
