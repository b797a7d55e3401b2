#include "model/timeouts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>

#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;

TEST(Timeouts, ComeOutInTheOrderTheyWentInHoweverManyThereAre) {
    lb::Rng rng{1};
    Timeouts queue;
    std::deque<std::uint32_t> model;
    std::uint32_t next = 0;
    for (int i = 0; i != 100'000; ++i) {
        const bool grow = rng.below(10'000) < (i < 50'000 ? 5300u : 4700u);
        if (grow || model.empty()) {
            queue.push({Instant{}, next, 0});
            model.push_back(next++);
        } else {
            ASSERT_EQ(queue.front().slot, model.front());
            queue.pop();
            model.pop_front();
        }
        ASSERT_EQ(queue.empty(), model.empty());
    }
    EXPECT_GT(next, 50'000u);
}

Scenario impatient(const CsvTrace& trace, Duration timeout) {
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.clients[0].timeout = timeout;
    return s;
}

TEST(World, LetsABackendWorkOnAfterTheClientLeft) {
    const CsvTrace trace{"0,3\n"};
    const auto t = lbtest::run(impatient(trace, 1s));
    EXPECT_EQ(t.outcomes.timed_out, 1u);
    EXPECT_EQ(t.outcomes.service_ns, 3e9);
    EXPECT_EQ(t.outcomes.wasted_ns, 3e9);
    EXPECT_EQ(t.backends[0].busy_ns, 3e9);
    EXPECT_EQ(t.backends[0].in_flight_ns, 1e9);  // The balancer does not wait for it any more.
    EXPECT_EQ(t.latency.count(), 0u);
}

// The second begins at 2 s, when its client has left, and holds up the third.
TEST(World, ServesWhatIsQueuedThoughItsClientLeft) {
    const CsvTrace trace{"0,2\n0.5,2\n3,1\n"};
    const auto t = lbtest::run(impatient(trace, 2400ms));
    EXPECT_EQ(t.outcomes.succeeded, 2u);
    EXPECT_EQ(t.outcomes.timed_out, 1u);
    EXPECT_EQ(t.outcomes.wasted_ns, 2e9);
    EXPECT_EQ(lbtest::total_latency(t.latency), 2s + 2s);
}

// Each of 19 is answered in the nanosecond in which its client would have left.
TEST(World, CountsAnAnswerOfTheLastInstantAsInTime) {
    auto s = lbtest::one_station(ConstantRate{2}, {Constant{1}}, {2});
    s.duration = 10s;
    s.clients[0].timeout = 1s;
    EXPECT_EQ(lbtest::run(s).outcomes.succeeded, 19u);
    s.clients[0].timeout = 1s - 1ns;
    EXPECT_EQ(lbtest::run(s).outcomes.timed_out, 19u);
}

TEST(World, TimesOutTheLastOfANumberOfRequests) {
    auto s = lbtest::one_station(ConstantRate{1}, {Constant{10}});
    s.requests = 3;
    s.clients[0].timeout = 2s;
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.timed_out, 3u);
    EXPECT_EQ(t.outcomes.unfinished, 0u);
}

TEST(World, SendsNothingToABackendForAClientThatLeftBeforeTheBalancerHeardOfIt) {
    const CsvTrace trace{"0,1\n"};
    auto s = impatient(trace, 1s);
    s.clients[0].network = {Constant{1.5}};
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.timed_out, 1u);
    EXPECT_EQ(t.outcomes.attempts, 0u);
}

TEST(World, LosesPatienceByTheGroupOfTheClient) {
    auto s = lbtest::one_station(ConstantRate{1}, {Constant{0.75}}, {});
    s.clients.push_back(s.clients[0]);
    s.clients[0].timeout = 500ms;
    s.clients[1].timeout = 1s;
    s.duration = 10s;
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.timed_out, 9u);
    EXPECT_EQ(t.outcomes.succeeded, 9u);
}

TEST(World, WithoutTimeoutWaitsForEveryAnswerUpToTenTimesTheDuration) {
    const CsvTrace trace{"0,1\n0.5,108\n0.6,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 10s;
    EXPECT_EQ(lbtest::run(s).outcomes.succeeded, 3u);  // The last at 110 s, the very deadline.
    s.duration = 9s;
    EXPECT_EQ(lbtest::run(s).outcomes.unfinished, 2u);
}

TEST(World, CallsUnfinishedWhatHasNotEndedByTheDeadline) {
    const CsvTrace trace{"0,4\n1,1\n2,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 3s;
    s.drain = 2s;  // Up to 5 s: the first two have ended, the second in that very instant.
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.succeeded, 2u);
    EXPECT_EQ(t.outcomes.unfinished, 1u);
}

}  // namespace
