#include "balancer/policies/traefik/leasttime.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "support/history.hpp"
#include "support/pool.hpp"

namespace {

using lb::Response;
using lb::traefik::LeastTime;
using lbtest::make;
using lbtest::Pool;
using namespace std::chrono_literals;

/// One answer of its own for each backend, in the order of joining, behind whatever it picks.
void warm_up(Pool& pool, const std::vector<lb::Duration>& first_bytes) {
    std::vector<bool> warm(first_bytes.size());
    for (std::size_t i = 0; i != first_bytes.size(); ++i) {
        const auto ticket = pool.send();
        const auto at = index(ticket.backend);
        ASSERT_FALSE(warm[at]);
        warm[at] = true;
        pool.balancer.done(ticket, {.first_byte = first_bytes[at]}, {});
    }
}

TEST(TraefikLeastTime, SendsAColdServerEverythingUntilItAnswers) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    const auto first = pool.send();
    pool.balancer.done(first, {.first_byte = 1ms}, {});
    std::vector<lb::Ticket> sent;
    for (int i = 0; i != 20; ++i) {
        sent.push_back(pool.send());
        ASSERT_EQ(sent.back().backend, pool.ids[1]);
    }
    pool.balancer.done(sent.front(), {.first_byte = 1ms}, {});
    EXPECT_EQ(pool.send().backend, first.backend);
}

// Deadlines begin at 1, 2, 3 and 4, so the first is served until the others' are due.
TEST(TraefikLeastTime, StartsOverWhenTheConfigurationChanges) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 3; ++i) pool.add();
    warm_up(pool, {20ms, 10ms, 30ms});
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    pool.add();
    std::string turns;
    for (int i = 0; i != 9; ++i) turns += static_cast<char>('a' + index(pool.send().backend));
    EXPECT_EQ(turns, "aababcabc");
}

TEST(TraefikLeastTime, MultipliesTheMeanByRequestsInFlightPerWeight) {
    Pool pool{make<LeastTime>()};
    pool.add(1);
    pool.add(2);
    warm_up(pool, {10ms, 30ms});
    EXPECT_EQ(pool.send().backend, pool.ids[0]);  // 10 before 15.
    EXPECT_EQ(pool.send().backend, pool.ids[1]);  // 15 before 20.
    EXPECT_EQ(pool.send().backend, pool.ids[0]);  // 20 before 30.
}

TEST(TraefikLeastTime, CutsOffTheFractionOfAMillisecond) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    warm_up(pool, {1999us, 1000us});
    const auto first = pool.send().backend, second = pool.send().backend;
    EXPECT_NE(first, second) << "they are equal";
    pool.load(pool.ids[1], 1);
    EXPECT_EQ(pool.send().backend, pool.ids[0]);
}

TEST(TraefikLeastTime, ForgetsAllButTheLastHundred) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    warm_up(pool, {10ms, 11ms});
    const auto answer = [&](lb::Duration first_byte) {
        const auto ticket = pool.send();
        ASSERT_EQ(ticket.backend, pool.ids[0]);
        pool.balancer.done(ticket, {.first_byte = first_byte}, {});
    };
    for (int i = 0; i != 99; ++i) answer(10ms);
    answer(100ms);  // In place of the first 10: mean 10.9.
    answer(100ms);  // 11.8
    EXPECT_EQ(pool.pick(), pool.ids[1]);
}

TEST(TraefikLeastTime, LearnsNothingFromARequestThatBrokeBeforeItsFirstByte) {
    for (const auto end : {Response::End::Refused, Response::End::Reset, Response::End::Timeout,
                           Response::End::Cancelled}) {
        Pool pool{make<LeastTime>()};
        for (int i = 0; i != 2; ++i) pool.add();
        for (int i = 0; i != 2; ++i)
            pool.balancer.done(pool.send(), {.end = end, .latency = 50ms}, {});
        const auto a = pool.send();
        pool.balancer.done(a, {.end = end, .latency = 50ms, .first_byte = 20ms}, {});
        EXPECT_NE(pool.pick(), a.backend) << "the other is cold, it told its first byte";
    }
}

TEST(TraefikLeastTime, TakesAFastErrorForAFastAnswer) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    for (int i = 0; i != 2; ++i) {
        const auto ticket = pool.send();
        const bool first = ticket.backend == pool.ids[0];
        pool.balancer.done(ticket, {.status = 503, .latency = first ? 2ms : 20ms}, {});
    }
    EXPECT_EQ(pool.letters(1), "a");
}

TEST(TraefikLeastTime, NeverForgetsThatOneWasSlowWhileTheOthersAreNot) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    warm_up(pool, {10ms, 10s});
    for (int i = 0; i != 999; ++i) {  // (1 + 998) x 10 ms is less than 10 s.
        ASSERT_EQ(pool.send().backend, pool.ids[0]);
    }
}

// Deadlines begin at 1/2, 1/2 + 1/1, 1/2 + 1/1 + 1/1; the pattern was made by hand.
TEST(TraefikLeastTime, BreaksTiesByDeadlinesThatBeginOneBehindTheOther) {
    Pool pool{make<LeastTime>()};
    for (const double weight : {2, 1, 1}) pool.add(weight);
    std::string turns;
    for (int i = 0; i != 8; ++i) turns += static_cast<char>('a' + index(pool.send().backend));
    EXPECT_EQ(turns, "aaabaabc");
}

TEST(TraefikLeastTime, LeavesDeadlinesAloneWhenOneIsBest) {
    Pool pool{make<LeastTime>()};
    for (int i = 0; i != 2; ++i) pool.add();
    pool.exclude(pool.ids[0]);
    for (int i = 0; i != 5; ++i) EXPECT_EQ(pool.send().backend, pool.ids[1]);
    pool.admit(pool.ids[0]);
    EXPECT_EQ(pool.send().backend, pool.ids[0]);  // Deadlines 1 and 2,
    EXPECT_EQ(pool.send().backend, pool.ids[0]);  // then 2 and 2.
    EXPECT_EQ(pool.send().backend, pool.ids[1]);
}

lbtest::History::Make walking_over(std::size_t few) {
    return [few] { return std::make_unique<LeastTime>(LeastTime::Config{}, few); };
}

TEST(TraefikLeastTime, FindsByRankWhomAWalkFinds) {
    lbtest::expect_alike(walking_over(std::numeric_limits<std::size_t>::max()), walking_over(0));
}

}  // namespace
