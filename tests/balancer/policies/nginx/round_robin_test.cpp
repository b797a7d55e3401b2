#include "balancer/policies/nginx/round_robin.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"
#include "balancer/policies/round_robin.hpp"
#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using lb::nginx::RoundRobin;
using lbtest::Every;
using lbtest::make;
using lbtest::Upstream;

TEST(NginxRoundRobin, SpreadsTheTurnsOfTheHeavyAsNginxDoesAndNobodyElse) {
    EXPECT_EQ(Upstream{make<RoundRobin>()}.with({5, 1, 1}).letters(7), "aabacaa");
    EXPECT_EQ(Upstream{make<RoundRobin>()}.with({3, 2, 1}).letters(6), "abacba");
    EXPECT_EQ(Upstream{make<RoundRobin>()}.with({4, 2, 1, 1}).letters(8), "abacdaba");
}

TEST(NginxRoundRobin, GivesEachItsWeightInEveryWindowOfAPeriod) {
    for (Every e; e.next();) {
        std::vector<double> weights(static_cast<std::size_t>(1 + e.below(4)));
        int total = 0;
        for (auto& weight : weights) {
            const int whole = 1 + e.below(4);
            weight = whole;
            total += whole;
        }
        const auto letters = Upstream{make<RoundRobin>()}.with(weights).letters(3 * total);
        for (int from = 0; from <= 2 * total; ++from)
            for (std::size_t i = 0; i != weights.size(); ++i)
                ASSERT_EQ(std::count(letters.begin() + from, letters.begin() + from + total,
                                     static_cast<char>('a' + i)),
                          weights[i]);
    }
}

TEST(NginxRoundRobin, PicksAsOurOwnDoesWhileNothingFails) {
    for (std::uint64_t seed = 0; seed != 300; ++seed) {
        lb::Rng rng{seed};
        Upstream letter{make<RoundRobin>()}, ours{make<lb::RoundRobin>()};
        for (auto n = 1 + rng.below(6); n != 0; --n) {
            const auto weight = static_cast<double>(1 + rng.below(5));
            letter.add(weight);
            ours.add(weight);
        }
        for (int step = 0; step != 200; ++step) {
            const auto which = static_cast<int>(rng.below(letter.ids.size()));
            const auto what = rng.below(8);
            if (what == 0) letter.down(which), ours.down(which);
            if (what == 1) letter.up(which), ours.up(which);
            ASSERT_EQ(letter.letters(1), ours.letters(1)) << "seed " << seed << ", step " << step;
        }
    }
}

TEST(NginxRoundRobin, MovesTheTurnsOfTheOthersWithEachRetry) {
    Upstream up{make<RoundRobin>({.max_fails = 0})};
    up.with({5, 1, 1});
    // A request that fails at a goes on to b: two turns, and c is next.
    const auto first = up.send();
    up.done(*first, {.end = lb::Response::End::Refused});
    const std::vector<lb::BackendId> tried{first->backend};
    EXPECT_EQ(up.number(tried[0]), 0);
    EXPECT_EQ(up.succeed({.tried = tried}), 1);
    // Current: -2 1 1, then -2 0 2 and 3 1 3: a again, the earlier of equals.
    EXPECT_EQ(up.succeed(), 0);
    EXPECT_EQ(up.succeed({.tried = tried}), 2);
}

TEST(NginxRoundRobin, DeclinesARequestThatTriedEverybody) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 2});
    EXPECT_EQ(up.succeed({.tried = up.ids}), -1);
    EXPECT_EQ(up.letters(3), "bab");
}

TEST(NginxRoundRobin, ChargesOneStickyRequestInARow) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 1, 1});
    up.stick(1);  // 1 -2 1
    up.stick(1);  // It owes as much as a turn costs: nothing moves.
    up.stick(1);
    EXPECT_EQ(up.letters(5), "acabc");
}

TEST(NginxRoundRobin, MeasuresWhatAStickyServerOwesByTheWeightsOfAllAlsoOfTheDown) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 1, 1});
    up.down(2);
    up.stick(0);  // -1 1
    up.stick(0);  // -2 2: still above 1 - 3.
    up.stick(0);
    EXPECT_EQ(up.letters(4), "bbab");
}

TEST(NginxRoundRobin, LetsAServerThatDrainsPayForWhoSticksToIt) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 1, 1});
    up.fleet.exclude(up.ids[0], lb::Exclusion::Draining, up.now);
    up.stick(0);  // -2 1 1
    EXPECT_EQ(up.letters(2), "bc");
    up.fleet.admit(up.ids[0], lb::Exclusion::Draining, up.now);
    EXPECT_EQ(up.letters(2), "bc");
}

TEST(NginxRoundRobin, SaysWhy) {
    Upstream up{make<RoundRobin>()};
    up.with({5, 1});
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
    lb::ExplainedPick why;
    RoundRobin policy{RoundRobin::Config{}};
    for (const auto id : up.ids) policy.on_added(id, up.balancer.view(), up.now);
    EXPECT_EQ(policy.pick({up.balancer.view(), {}, up.now, rng, asks, &why}), up.ids[0]);
    EXPECT_EQ(why.rule, "The largest current weight; the earlier configured of equals");
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[0].score, 5);
    EXPECT_EQ(why.candidates[1].score, 1);
}

}  // namespace
