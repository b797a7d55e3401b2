#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "balancer/policies/haproxy/round_robin.hpp"
#include "balancer/policies/haproxy/static_round_robin.hpp"
#include "support/every.hpp"
#include "support/pool.hpp"
#include "support/proxy.hpp"

// Both of HAProxy's round robins.

namespace {

using lb::haproxy::RoundRobin;
using lb::haproxy::StaticRoundRobin;
using lbtest::Every;
using lbtest::make;
using lbtest::Proxy;

template <class P>
std::string letters(const std::vector<double>& weights, std::size_t count) {
    return Proxy{make<P>(), weights}.picks(count);
}

/// How often each letter occurs from one place of a sequence on, less what is expected of it.
std::vector<double> excess(const std::string& sequence, std::size_t from, std::size_t count,
                           const std::vector<double>& expected) {
    std::vector<double> out;
    const auto begin = sequence.begin() + static_cast<long>(from);
    for (const double share : expected) {
        const auto letter = static_cast<char>('a' + static_cast<int>(out.size()));
        const auto got = std::count(begin, begin + static_cast<long>(count), letter);
        out.push_back(static_cast<double>(got) - share);
    }
    return out;
}

/// Every few weights from 1 to `most`, and their sum.
template <class Body>
void for_weights(std::size_t most, Body body) {
    for (Every e; e.next();) {
        std::vector<double> weights(1 + e.below(std::size_t{4}));
        std::size_t total = 0;
        for (auto& weight : weights) {
            const auto whole = 1 + e.below(most);
            weight = static_cast<double>(whole);
            total += whole;
        }
        body(weights, total);
    }
}

// ---- roundrobin

// Recorded from HAProxy 2.6.12.  nginx would pick a b a c a a of 5, 1, 1 after its first a.
TEST(HaproxyRoundRobin, PicksAsHaproxyDoesFromAColdStart) {
    EXPECT_EQ(letters<RoundRobin>({5, 1, 1}, 7), "aaabaac");
    EXPECT_EQ(letters<RoundRobin>({3, 2, 1}, 6), "abacab");
    EXPECT_EQ(letters<RoundRobin>({4, 2, 1, 1}, 8), "abacabad");
    EXPECT_EQ(letters<RoundRobin>({1, 1, 1}, 6), "abcabc");
}

// Weights 2, 3, 3 give b c b c a b c b first: 1, 4, 3 (the same by a port of the rule to Python).
TEST(HaproxyRoundRobin, GivesEachItsWeightInATurnOfTheWheelGiveOrTakeOne) {
    EXPECT_EQ(letters<RoundRobin>({2, 3, 3}, 16), "bcbcabcbacbcabcb");
    for_weights(4, [](const std::vector<double>& weights, std::size_t total) {
        const auto sequence = letters<RoundRobin>(weights, 3 * 16 * total);
        auto shares = weights;
        for (double& share : shares) share *= 16;
        for (std::size_t turn = 0; turn != 3; ++turn)
            for (const double off : excess(sequence, turn * 16 * total, 16 * total, shares))
                ASSERT_LE(std::abs(off), 1) << sequence;
    });
}

TEST(HaproxyRoundRobin, LetsAServerThatComesBackWaitForItsTurn) {
    Proxy proxy{make<RoundRobin>(), {1, 1, 1, 1}};
    proxy.down(0);
    proxy.picks(30);
    proxy.up(0);
    const auto after = proxy.picks(8);
    EXPECT_EQ(std::count(after.begin(), after.end(), 'a'), 2) << after << ": no burst";
}

// Recorded: after a b a c a b a b a c a b a b a c a of 3, 2, 1.
TEST(HaproxyRoundRobin, GoesOnAsHaproxyWhenAServerGoesAndReturns) {
    Proxy proxy{make<RoundRobin>(), {3, 2, 1}};
    proxy.picks(17);
    proxy.down(1);
    EXPECT_EQ(proxy.picks(3), "aaa");
    proxy.up(1);
    EXPECT_EQ(proxy.pick(), 'c');
    proxy.down(2);
    EXPECT_EQ(proxy.picks(6), "ababaa");
}

TEST(HaproxyRoundRobin, FollowsAWeightThatChanges) {
    Proxy proxy{make<RoundRobin>(), {1, 1}};
    proxy.picks(10);
    proxy.reweigh(0, 3);
    auto after = proxy.picks(400);
    EXPECT_NEAR(static_cast<double>(std::count(after.begin(), after.end(), 'a')), 300, 2);
    proxy.reweigh(0, 1);
    after = proxy.picks(400);
    EXPECT_NEAR(static_cast<double>(std::count(after.begin(), after.end(), 'a')), 200, 2);
}

// By a port of the rule to Python.
TEST(HaproxyRoundRobin, PlacesAServerThatWaitsForTheNextWheelOnThisOneIfItsWeightChanges) {
    Proxy proxy{make<RoundRobin>(), {4, 1, 1}};
    proxy.picks(93);
    proxy.reweigh(1, 2);
    EXPECT_EQ(proxy.picks(20), "aabcaabacabaabacabaa");
}

TEST(HaproxyRoundRobin, DoesNothingAboutAWeightThatIsSetToWhatItWas) {
    Proxy proxy{make<RoundRobin>(), {3, 2, 1}}, other{make<RoundRobin>(), {3, 2, 1}};
    for (int i = 0; i != 50; ++i) {
        proxy.reweigh(static_cast<std::size_t>(i % 3), 3 - i % 3);
        ASSERT_EQ(proxy.pick(), other.pick());
    }
}

// By a port of the rule to Python; a server that went down and up would give b b c b b c, and then
// b a c a b a b a.
TEST(HaproxyRoundRobin, PassesAFullServerOverWithoutLosingItsPlace) {
    Proxy proxy{make<RoundRobin>()};
    proxy.add({.name = "a", .max_in_flight = 1}, 3);
    proxy.add({}, 2);
    proxy.add({}, 1);
    const auto held = proxy.send();
    EXPECT_EQ(proxy.picks(6), "bcbbcb");
    proxy.done(*held);
    EXPECT_EQ(proxy.picks(8), "abacabab");
}

TEST(HaproxyRoundRobin, LosesSightOfAFullServerThatGoesDown) {
    Proxy proxy{make<RoundRobin>()};
    proxy.add({.name = "a", .max_in_flight = 1});
    proxy.add({});
    const auto held = proxy.send();
    proxy.down(0);
    EXPECT_EQ(proxy.picks(3), "bbb");
    proxy.done(*held);
    EXPECT_EQ(proxy.picks(3), "bbb");
    proxy.up(0);
    const auto after = proxy.picks(6);
    EXPECT_EQ(std::count(after.begin(), after.end(), 'a'), 3);
}

TEST(HaproxyRoundRobin, AvoidsTheServerThatFailedUnlessItIsTheOnlyOne) {
    Proxy proxy{make<RoundRobin>(), {1, 1}};
    EXPECT_EQ(proxy.retry(0), 'b');
    EXPECT_EQ(proxy.retry(1), 'a');
    proxy.down(1);
    EXPECT_EQ(proxy.retry(0), 'a');
    EXPECT_EQ(proxy.picks(2), "aa");
}

// Effective weights are in sixteenths: what slow start makes of a weight.
TEST(HaproxyRoundRobin, TakesWeightsInSixteenths) {
    Proxy proxy{make<RoundRobin>(), {1, 0.0625}};
    const auto cycle = proxy.picks(17);
    EXPECT_EQ(std::count(cycle.begin(), cycle.end(), 'b'), 1);
    static_assert(lb::haproxy::effective(256) == 4096);
    static_assert(lb::haproxy::effective(0.0625) == 1);
    static_assert(lb::haproxy::effective(1e6) == 4096, "no more than a server may have");
    static_assert(lb::haproxy::effective(0.001) == 1, "and no less");
}

// ---- static-rr

TEST(HaproxyStaticRoundRobin, PicksAsHaproxyDoesFromAColdStart) {
    EXPECT_EQ(letters<StaticRoundRobin>({5, 1, 1}, 14), "aaabaacaaabaac");
    EXPECT_EQ(letters<StaticRoundRobin>({3, 2, 1}, 6), "aababc");
    EXPECT_EQ(letters<StaticRoundRobin>({6, 4, 2}, 6), "aababc") << "divided by what is common";
}

TEST(HaproxyStaticRoundRobin, GivesEachItsWeightInEveryCycle) {
    for_weights(5, [](const std::vector<double>& weights, std::size_t total) {
        const auto sequence = letters<StaticRoundRobin>(weights, 3 * total);
        for (std::size_t cycle = 0; cycle != 3; ++cycle)
            for (const double off : excess(sequence, cycle * total, total, weights))
                ASSERT_EQ(off, 0) << sequence;
    });
}

// It shows in the place alone: a map of weights with a common divisor is one that repeats itself.
TEST(HaproxyStaticRoundRobin, DividesByWhatAllHaveInCommonThoughSomeBeDown) {
    Proxy proxy{make<StaticRoundRobin>(), {4, 2, 1}};
    proxy.down(2);
    EXPECT_EQ(proxy.picks(4), "aaba");  // The fourth of six, not the first of three again.
    proxy.up(2);
    EXPECT_EQ(proxy.picks(3), "bac");  // Of a a b a b a c.
}

TEST(HaproxyStaticRoundRobin, KeepsItsPlaceOnTheNewMap) {
    Proxy proxy{make<StaticRoundRobin>(), {1, 1, 1, 1}};
    EXPECT_EQ(proxy.picks(2), "ab");
    proxy.down(0);  // b c d, at the third.
    EXPECT_EQ(proxy.pick(), 'd');
    proxy.up(0);  // Past the end of b c d, which is where d is on a b c d.
    EXPECT_EQ(proxy.pick(), 'd');
    proxy.down(3);  // Past the end of a b c: from the start.
    EXPECT_EQ(proxy.picks(3), "abc");
}

TEST(HaproxyStaticRoundRobin, KeepsTheWeightsWithWhichServersJoined) {
    Proxy proxy{make<StaticRoundRobin>(), {2, 1}};
    proxy.reweigh(1, 100);
    EXPECT_EQ(proxy.picks(6), "aabaab");
}

TEST(HaproxyStaticRoundRobin, PassesOverTheFullAndTheOneThatFailed) {
    Proxy proxy{make<StaticRoundRobin>()};
    proxy.add({.name = "a", .max_in_flight = 1});
    proxy.add({});
    proxy.add({});
    EXPECT_EQ(proxy.hold(), 'a');
    EXPECT_EQ(proxy.picks(4), "bcbc");
    EXPECT_EQ(proxy.retry(1), 'c');
    proxy.down(2);
    EXPECT_EQ(proxy.retry(1), 'b') << "there is no other";
}

}  // namespace
