#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

Scenario closed(std::int64_t clients, double think_s, double service_s) {
    auto s = lbtest::one_station(Closed{clients, {Constant{think_s}}}, {Constant{service_s}}, {});
    s.duration = 10s;
    return s;
}

TEST(World, OfAClosedLoopAsksAgainAsSoonAsTheClientHasItsAnswerAndHasThought) {
    auto t = lbtest::run(closed(1, 0, 0.1));
    EXPECT_EQ(t.outcomes.offered, 100u);  // At 0, 0.1, … 9.9 s.
    EXPECT_EQ(lbtest::total_latency(t.latency), 10s);
    t = lbtest::run(closed(3, 0.4, 0.1));  // First thought, then asked: at 0.4, 0.9, … 9.9 s.
    EXPECT_EQ(t.outcomes.offered, 3 * 20u);
}

TEST(World, OfAClosedLoopNeverHasMoreRequestsThanClients) {
    auto s = closed(7, 0, 0.1);
    s.backends[0].workers = {1};
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.backends[0].queue_max, 6u);
    EXPECT_EQ(t.backends[0].in_flight_ns, 7 * 10e9);
    EXPECT_EQ(t.latency.max(), Duration{700ms}.count());
}

TEST(World, OfAClosedLoopAsksAgainAfterATimeoutThoughTheBackendStillWorks) {
    auto s = closed(1, 0.5, 100);
    s.clients[0].timeout = 500ms;
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.timed_out, 10u);  // At 0.5, 1.5, … 9.5 s.
    EXPECT_EQ(t.outcomes.attempts, 10u);
}

// Else time would stand still.
TEST(World, OfAClosedLoopWaitsAMillisecondAfterAnAnswerThatTookNoTime) {
    auto s = closed(1, 0, 0.1);
    s.timeline = {lbtest::entry(0s, {"b0"}, Crash{})};
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 10'000u);
    s.timeline = {lbtest::entry(0s, {"b0"}, RemoveBackends{})};
    EXPECT_THAT(lbtest::run(s).outcomes.rejections,
                testing::ElementsAre(0, 10'000, 0, 0, 0, 0, 0, 0));
    s.timeline = {lbtest::entry(0s, {"b0"}, DrainBackends{})};
    EXPECT_THAT(lbtest::run(s).outcomes.rejections,
                testing::ElementsAre(0, 0, 10'000, 0, 0, 0, 0, 0));
}

}  // namespace
