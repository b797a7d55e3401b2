#include "balancer/policies/envoy/round_robin.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::envoy::RoundRobin;
using lbtest::make;
using lbtest::Pool;

std::string picks(Pool& pool, int n) {
    std::string out;
    for (int i = 0; i != n; ++i) out += static_cast<char>('a' + index(pool.pick()));
    return out;
}
Pool& fill(Pool& pool, const std::vector<double>& weights) {
    for (const double weight : weights) pool.add(weight);
    return pool;
}
/// Some part of the endless repetition of `period`.
bool runs_through(const std::string& period, const std::string& picked) {
    std::string many;
    while (many.size() < picked.size() + period.size()) many += period;
    return many.find(picked) != std::string::npos;
}

TEST(EnvoyRoundRobin, GoesThroughEqualsInTurn) {
    Pool pool{make<RoundRobin>()};
    EXPECT_TRUE(runs_through("abcd", picks(fill(pool, {2, 2, 2, 2}), 20)));
}

TEST(EnvoyRoundRobin, StartsAtRandomAlsoByWeight) {
    for (const auto& weights : {std::vector<double>{1, 1, 1, 1}, {4, 3, 2, 1}}) {
        std::set<char> starts;
        for (std::uint64_t seed = 0; seed != 40; ++seed) {
            Pool pool{make<RoundRobin>(), seed};
            starts.insert(picks(fill(pool, weights), 1).front());
        }
        EXPECT_EQ(starts.size(), 4u);
    }
}

// Neither smooth (a a b a c a a) nor as any other program.
TEST(EnvoyRoundRobin, GoesByEarliestDeadlineIfWeightsDiffer) {
    for (std::uint64_t seed = 0; seed != 40; ++seed) {
        Pool pool{make<RoundRobin>(), seed};
        const auto picked = picks(fill(pool, {5, 1, 1}), 21);
        EXPECT_TRUE(runs_through("aaaaabc", picked)) << picked;
    }
}

TEST(EnvoyRoundRobin, DoesNotResetTheTurnOfEqualsWhenOneLeaves) {
    for (std::uint64_t seed = 0; seed != 40; ++seed) {
        Pool pool{make<RoundRobin>(), seed};
        fill(pool, {1, 1, 1, 1});
        pool.remove(pool.add());
        const auto first = static_cast<std::uint64_t>(picks(pool, 1).front() - 'a');
        // The turn was some x with x % 4 == first; now it is (x + 1) % 3, whatever x / 4.
        pool.exclude(pool.ids[3]);
        const auto jumped = picks(pool, 3);
        EXPECT_TRUE(runs_through("abc", jumped)) << first;
    }
    std::set<std::string> jumps;  // After the same pick, the next may be any.
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        Pool pool{make<RoundRobin>(), seed};
        fill(pool, {1, 1, 1, 1});
        if (picks(pool, 1) != "a") continue;
        pool.exclude(pool.ids[3]);
        jumps.insert(picks(pool, 1));
    }
    EXPECT_EQ(jumps, (std::set<std::string>{"a", "b", "c"}));
}

TEST(EnvoyRoundRobin, StartsOverFromTheSameSeedWhenHostsChange) {
    Pool pool{make<RoundRobin>()};
    fill(pool, {4, 3, 2, 1});
    const auto start = picks(pool, 10);
    for (const int meanwhile : {0, 1, 7}) {
        picks(pool, meanwhile);
        pool.exclude(pool.ids[2]);
        picks(pool, 3);
        pool.admit(pool.ids[2]);
        EXPECT_EQ(picks(pool, 10), start);
        pool.reweigh(pool.ids[2], 3);
        picks(pool, meanwhile);
        pool.reweigh(pool.ids[2], 2);
        EXPECT_EQ(picks(pool, 10), start);
    }
}

TEST(EnvoyRoundRobin, LooksAtTheWeightsOfTheHealthyOnly) {
    Pool pool{make<RoundRobin>()};
    fill(pool, {1, 1, 1, 7});
    pool.exclude(pool.ids[3]);
    EXPECT_TRUE(runs_through("abc", picks(pool, 9)));
}

TEST(EnvoyRoundRobin, PassesOverAFullBackendWithoutStartingOver) {
    Pool pool{make<RoundRobin>()}, same{make<RoundRobin>()};
    for (auto* p : {&pool, &same})
        p->ids.push_back(p->fleet.add(
            std::make_shared<const lb::Backend>(lb::Backend{.name = "a", .max_in_flight = 1}), 1,
            {}));
    fill(pool, {1, 1});
    fill(same, {1, 1});
    const auto before = picks(pool, 4);
    EXPECT_EQ(before, picks(same, 4));
    pool.load(pool.ids[0], 1);
    EXPECT_TRUE(runs_through("bc", picks(pool, 8)));
    pool.fleet.done(pool.ids[0], {});
    EXPECT_TRUE(runs_through("abc", picks(pool, 9)));
}

TEST(EnvoyRoundRobin, SaysWhatItWentBy) {
    Pool pool{make<RoundRobin>()};
    fill(pool, {2, 1});
    lb::ExplainedPick why;
    std::vector<lb::Ask> asks;
    lb::Rng rng{1};
    RoundRobin policy{{}};
    for (const auto id : pool.ids) {
        policy.on_added(id, pool.balancer.view(), {});
        policy.on_eligible(id, true, pool.balancer.view(), {});
    }
    policy.pick({pool.balancer.view(), {}, {}, rng, asks, &why});
    EXPECT_EQ(why.score, "deadline");
    EXPECT_EQ(why.candidates.size(), 2u);
    EXPECT_NE(why.rule.find("weights differ"), std::string::npos);
}

}  // namespace
