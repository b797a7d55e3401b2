#include "balancer/policies/nginx/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"

namespace {

using lb::nginx::Hash;
using lbtest::make;
using lbtest::numbered;
using lbtest::Upstream;

/// The rule, spelled out for a list of who may be used: who is found, or -1 after 21 misses.  The
/// first `before` steps were of an earlier attempt.
int by_hand(const std::string& key, const std::vector<int>& weights, const std::vector<bool>& up,
            int before = 0) {
    int total = 0, hash = 0;
    for (const int weight : weights) total += weight;
    for (int step = 0; step != before + 21; ++step) {
        const auto text = step == 0 ? key : std::to_string(step) + key;
        hash += static_cast<int>(lb::crc32_of(text) / 65536 % 32768);
        int rest = hash % total;
        std::size_t who = 0;
        while (rest >= weights[who]) rest -= weights[who++];
        if (step >= before && up[who]) return static_cast<int>(who);
    }
    return -1;
}

// Recorded from nginx 1.22.1, three servers.
TEST(NginxHash, FindsWhomNginxFinds) {
    Upstream up{make<Hash>()};
    up.with({1, 1, 1});
    EXPECT_EQ(up.succeed({.key = "user0"}), 2);
    EXPECT_EQ(up.succeed({.key = "/img/7.png"}), 0);
    EXPECT_EQ(up.succeed({.key = "b5d948cc"}), 1);
    EXPECT_EQ(up.succeed({.key = "4"}), 0);
}

TEST(NginxHash, AddsUpFifteenBitsAStepAndRehashesWithTheNumberOfTheTryInFront) {
    Upstream up{make<Hash>()};
    up.with({5, 1, 2, 3});
    up.down(0);
    up.down(2);
    for (std::uint64_t i = 0; i != 2000; ++i) {
        const auto key = numbered("key-", i);
        const int expected = by_hand(key, {5, 1, 2, 3}, {false, true, false, true});
        const int got = up.succeed({.key = key});
        ASSERT_TRUE(expected == -1 || got == expected) << key;
    }
}

TEST(NginxHash, TakesTurnsWhenMoreThanTwentyStepsFindNobody) {
    Upstream up{make<Hash>()};
    up.with({60'000, 1, 1});
    up.down(0);
    ASSERT_EQ(by_hand("key", {60'000, 1, 1}, {false, true, true}), -1);
    EXPECT_EQ(up.letters(6, {.key = "key"}), "bcbcbc");
}

TEST(NginxHash, TakesTurnsForARequestWithoutAKey) {
    EXPECT_EQ(Upstream{make<Hash>()}.with({5, 1, 1}).letters(7), "aabacaa");
}

TEST(NginxHash, MovesMostKeysWhenAServerIsAdded) {
    Upstream before{make<Hash>()}, after{make<Hash>()};
    before.with({1, 1, 1, 1});
    after.with({1, 1, 1, 1, 1});
    int moved = 0;
    for (std::uint64_t i = 0; i != 1000; ++i) {
        const auto key = numbered("key-", i);
        moved += before.succeed({.key = key}) != after.succeed({.key = key});
    }
    EXPECT_GT(moved, 700);  // 800 are expected, with a deviation of 13.
}

// The first step found a, so the retry has 21 more of its own.  About 1 key in 100 needs them all.
TEST(NginxHash, DoesNotCountTheStepThatFoundTheTriedAmongTheTwentyOfARetry) {
    Upstream up{make<Hash>({.max_fails = 0})};
    up.with({20, 1, 1});
    const std::vector<lb::BackendId> tried{up.ids[0]};
    int last_steps = 0;
    for (std::uint64_t i = 0; i != 3000; ++i) {
        const auto key = numbered("key-", i);
        if (by_hand(key, {20, 1, 1}, {true, true, true}) != 0) continue;
        const std::vector<bool> left{false, true, true};
        const int expected = by_hand(key, {20, 1, 1}, left, 1);
        last_steps += expected != -1 && by_hand(key, {20, 1, 1}, left) == -1;
        const int got = up.succeed({.key = key, .tried = tried});
        ASSERT_TRUE(expected == -1 || got == expected) << key;
    }
    EXPECT_GT(last_steps, 10);
}

// What the first try and a retry find is what one walk over the steps finds.
TEST(NginxHash, GoesOnWhereItWasWhenARequestIsTriedAgain) {
    Upstream up{make<Hash>({.max_fails = 0})};
    up.with({3, 2, 1});
    for (std::uint64_t i = 0; i != 500; ++i) {
        const auto key = numbered("key-", i);
        std::vector<bool> left{true, true, true};
        std::vector<lb::BackendId> tried;
        for (int attempt = 0; attempt != 3; ++attempt) {
            const int got = up.fail({.key = key, .tried = tried});
            const int expected = by_hand(key, {3, 2, 1}, left);
            ASSERT_TRUE(expected == -1 || got == expected) << key;
            tried.push_back(up.id(got));
            left[static_cast<std::size_t>(got)] = false;
        }
        ASSERT_EQ(up.fail({.key = key, .tried = tried}), -1);
    }
}

}  // namespace
