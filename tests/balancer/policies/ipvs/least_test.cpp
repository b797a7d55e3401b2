#include "balancer/policies/ipvs/least.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using namespace lb::ipvs;
using lb::BackendId;
using lbtest::Every;
using lbtest::make;
using lbtest::Pool;

struct Server {
    int weight, load;
};

/// The first of three servers for which `less(a, b)` is true of no other b; with all weights from 1
/// to 3 and loads up to 3.
template <class Policy>
void expect_first_least(bool (*less)(const Server&, const Server&)) {
    for (Every e; e.next();) {
        Pool pool{make<Policy>()};
        std::vector<Server> servers;
        for (int i = 0; i != 3; ++i) {
            servers.push_back({1 + e.below(3), e.below(4)});
            pool.load(pool.add(servers.back().weight), servers.back().load);
        }
        const auto least = std::min_element(servers.begin(), servers.end(), less);
        ASSERT_EQ(pool.pick(), pool.ids[static_cast<std::size_t>(least - servers.begin())]);
    }
}

TEST(IpvsLc, TakesTheFirstWithTheFewestConnectionsWhateverItWeighs) {
    expect_first_least<Lc>([](const Server& a, const Server& b) { return a.load < b.load; });
}

TEST(IpvsWlc, TakesTheFirstWithTheFewestConnectionsPerWeight) {
    expect_first_least<Wlc>(
        [](const Server& a, const Server& b) { return a.load * b.weight < b.load * a.weight; });
}

bool sooner(const Server& a, const Server& b) {
    return (a.load + 1) * b.weight < (b.load + 1) * a.weight;
}

TEST(IpvsSed, CountsTheConnectionToCome) { expect_first_least<Sed>(sooner); }

TEST(IpvsNq, TakesTheFirstIdleOneOrElseAsSed) {
    expect_first_least<Nq>([](const Server& a, const Server& b) {
        if (a.load == 0 || b.load == 0) return a.load == 0 && b.load != 0;
        return sooner(a, b);
    });
}

TEST(IpvsWlc, PrefersTheFirstIdleToTheHeavyIdle) {
    Pool wlc{make<Wlc>()}, sed{make<Sed>()};
    for (auto* pool : {&wlc, &sed}) pool->add(1), pool->add(9);
    EXPECT_EQ(wlc.letters(3), "aaa");
    EXPECT_EQ(sed.letters(3), "bbb");
}

TEST(IpvsNq, GivesALightIdleOneWhatSedGivesTheHeavy) {
    Pool nq{make<Nq>()}, sed{make<Sed>()};
    for (auto* pool : {&nq, &sed}) {
        pool->add(1);
        pool->load(pool->add(9), 2);
    }
    EXPECT_EQ(nq.letters(1), "a");
    EXPECT_EQ(sed.letters(1), "b");  // 3/9 before 1/1.
}

TEST(IpvsLc, PassesOverTheExcluded) {
    Pool pool{make<Lc>()};
    for (int i = 0; i != 3; ++i) pool.add();
    pool.load(pool.ids[1], 3);
    pool.exclude(pool.ids[0]);
    pool.exclude(pool.ids[2]);
    EXPECT_EQ(pool.letters(2), "bb");
}

TEST(IpvsLc, KeepsTheOrderOfTheListWhenASlotIsGivenAway) {
    Pool pool{make<Lc>()};
    for (int i = 0; i != 3; ++i) pool.add();
    pool.remove(pool.ids[0]);
    EXPECT_EQ(pool.add("late"), pool.ids[0]);
    EXPECT_EQ(pool.pick(), pool.ids[1]) << "it stands last now";
}

// ---- With inactive connections

struct Counted {
    std::vector<Connections> connections;
    Connections operator()(BackendId id, const lb::View&) const { return connections[index(id)]; }
};

template <class Rule>
BackendId picked(std::vector<Connections> connections, std::vector<double> weights) {
    using Policy = Best<Rule, Counted>;
    Pool pool{std::make_unique<Policy>(typename Policy::Config{}, 0, Counted{connections})};
    for (const double weight : weights) pool.add(weight);
    return pool.pick();
}

TEST(IpvsLc, CountsAnActiveConnectionAs257Inactive) {
    EXPECT_EQ(picked<LeastConnection>({{1, 0}, {0, 257}}, {1, 1}), BackendId{0});
    EXPECT_EQ(picked<LeastConnection>({{1, 0}, {0, 256}}, {1, 1}), BackendId{1});
}

TEST(IpvsWlc, WeighsInactiveConnectionsToo) {
    EXPECT_EQ(picked<WeightedLeastConnection>({{0, 3}, {0, 5}}, {1, 2}), BackendId{1});
    EXPECT_EQ(picked<WeightedLeastConnection>({{0, 3}, {0, 6}}, {1, 2}), BackendId{0});
}

TEST(IpvsSed, DoesNotCountInactiveConnections) {
    EXPECT_EQ(picked<ShortestExpectedDelay>({{0, 99}, {0, 0}}, {1, 1}), BackendId{0});
    EXPECT_EQ(picked<NeverQueue>({{1, 0}, {0, 99}}, {1, 1}), BackendId{1});
}

// ---- What it says

TEST(IpvsNq, ExplainsWithoutLookingBehindTheOneThatSettlesIt) {
    Pool pool{make<Nq>()};
    for (int i = 0; i != 3; ++i) pool.add();
    pool.load(pool.ids[0], 1);
    Nq policy{Nq::Config{}};
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
    lb::ExplainedPick why;
    for (const auto id : pool.ids) policy.on_added(id, pool.balancer.view(), {});
    const lb::Request request;
    const auto picked = policy.pick({pool.balancer.view(), request, {}, rng, asks, &why});
    EXPECT_EQ(picked, pool.ids[1]);
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[0].score, 2);
    EXPECT_EQ(why.candidates[1].score, 1);
    EXPECT_FALSE(why.rule.empty());
}

}  // namespace
