#include "balancer/retry/haproxy.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "balancer/policies.hpp"

namespace {

using lb::haproxy::redispatches_at_once;
using lb::haproxy::Retries;
using namespace std::chrono_literals;

Retries::Config of(std::int64_t retries, std::int64_t redispatch,
                   lb::Duration connect_timeout = 100ms) {
    Retries::Config config;
    config.retries = retries;
    config.redispatch = redispatch;
    config.connect_timeout = connect_timeout;
    return config;
}

/// What follows each failure: S the same server, P a pick, with a dot if there is a pause before.
std::string course(const Retries& retries, Retries::Failure failure = {.usable = 3}) {
    std::string out;
    for (failure.attempts = 1;; ++failure.attempts) {
        const auto next = retries.after(failure);
        if (next.where == Retries::Next::Where::Nowhere) return out;
        if (next.pause > 0s) out += '.';
        out += next.where == Retries::Next::Where::Same ? 'S' : 'P';
    }
}

TEST(HaproxyRetries, TryTheSameServerAgainAfterAPause) {
    EXPECT_EQ(course({of(3, 0), true}), ".S.S.S");
    EXPECT_EQ(course({of(0, 0), true}), "");
    EXPECT_EQ(Retries(of(3, 0), true).after({}).pause, 100ms);
    EXPECT_EQ(Retries(of(3, 0, 20s), true).after({}).pause, 1s) << "at most";
}

TEST(HaproxyRetries, RedispatchTheLastOneUnlessToldOtherwise) {
    EXPECT_EQ(course({of(3, -1), false}), ".S.SP");
    EXPECT_EQ(course({of(1, -1), false}), "P");
    EXPECT_EQ(course({of(5, -2), false}), ".S.S.SP.S");
    EXPECT_EQ(course({of(3, 1), false}), "PPP");
    EXPECT_EQ(course({of(5, 2), false}), ".SP.SP.S");
    EXPECT_EQ(course({of(3, -4), false}), ".S.S.S");
}

// Though its manual says that it is the last.
TEST(HaproxyRetries, RedispatchTheFirstOneIfThePolicyDoesNotCareWho) {
    EXPECT_EQ(course({of(3, -1), true}), "PPP");
    EXPECT_EQ(course({of(3, -1), true}, {.sticks = true, .usable = 3}), ".S.SP");
    EXPECT_EQ(course({of(3, -1), true}, {.usable = 1}), ".S.S.P") << "it has nowhere else to go";
    EXPECT_EQ(course({of(0, -1), true}), "") << "not even once";
}

TEST(HaproxyRetries, LeaveAServerThatWentDown) {
    EXPECT_EQ(course({of(2, -1), false}, {.down = true, .usable = 2}), "PP");
    EXPECT_EQ(course({of(2, 0), false}, {.down = true, .usable = 2}), ".S.S");
}

TEST(HaproxyRetries, KnowWhichPoliciesDoNotCare) {
    for (const auto& [name, entry] : lb::builtin_policies()) {
        if (!name.starts_with("haproxy/")) continue;
        EXPECT_EQ(redispatches_at_once(name), entry.equalises != lb::Equalises::Keys) << name;
    }
}

}  // namespace
