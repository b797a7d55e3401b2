#include "balancer/policies/haproxy/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"
#include "support/proxy.hpp"

namespace {

using lb::haproxy::LastSecond;
using lb::haproxy::Random;
using lb::haproxy::Tree;
using lbtest::make;
using lbtest::Proxy;
using namespace std::chrono_literals;

Random::Config of(std::int64_t draws, Random::Ties ties = Random::Ties::Last) {
    Random::Config config;
    config.draws = draws;
    config.ties = ties;
    return config;
}

Tree grown(const std::vector<std::uint32_t>& weights) {
    Tree tree;
    for (std::uint32_t i = 0; i != weights.size(); ++i)
        tree.set(lb::BackendId{i}, i + 1, 16 * weights[i]);
    tree.seal();
    return tree;
}
/// How much of the circle each server is the nearest on.
std::vector<double> arcs(const std::vector<std::uint32_t>& weights) {
    const auto tree = grown(weights);
    std::vector<double> out(weights.size());
    for (std::size_t n = 0; n != tree.size(); ++n) {
        const double half = static_cast<std::uint32_t>(tree.key(tree.after(n)) - tree.key(n)) / 2.0;
        out[index(tree.owner(n))] += half / 4294967296.0;
        out[index(tree.owner(tree.after(n)))] += half / 4294967296.0;
    }
    return out;
}
std::vector<std::uint64_t> counts(Proxy& proxy, int picks, lb::Duration step = {}) {
    std::vector<std::uint64_t> out(proxy.ids.size());
    for (int i = 0; i != picks; ++i) {
        proxy.now += step;
        ++out[static_cast<std::size_t>(proxy.pick() - 'a')];
    }
    return out;
}

// A share off by 0.007 is seen with probability 0.999.
TEST(HaproxyRandom, DrawsByTheArcsOfTheTreeWhichAreNotTheWeights) {
    Proxy proxy{make<Random>(of(1)), {5, 3, 2}};
    const auto expected = arcs({5, 3, 2});
    const auto got = counts(proxy, 400'000);
    EXPECT_TRUE(lbtest::fits(got, expected));
    EXPECT_FALSE(lbtest::fits(got, {0.5, 0.3, 0.2}));
}

// So that three draws are no more even than one.
TEST(HaproxyRandom, LetsTheLastOfEqualDrawsWin) {
    Proxy proxy{make<Random>(), {5, 3, 2}};
    const auto& view = proxy.balancer.view();
    Random random{of(3)};
    for (const auto id : proxy.ids) {
        random.on_added(id, view, {});
        random.on_eligible(id, true, view, {});
    }
    lb::Rng rng{42}, same{42};
    std::vector<lb::Ask> asks;
    const auto tree = grown({5, 3, 2});
    for (int i = 0; i != 1000; ++i) {
        same(), same();
        const auto last = tree.owner(tree.nearest(static_cast<std::uint32_t>(same() >> 32)));
        ASSERT_EQ(random.pick({view, {}, {}, rng, asks}), last);
    }
}

// A busy one is picked only if it is drawn each time.
TEST(HaproxyRandom, DrawsWithReplacementAndTakesTheLessLoaded) {
    Proxy proxy{make<Random>(of(2)), {1, 1, 1}};
    proxy.fleet.sent(proxy.ids[0], {});
    const auto p = arcs({1, 1, 1});
    // Of b and c the later draw wins; a beside one of them loses.
    const auto share = [&](std::size_t i, std::size_t other) {
        return p[i] * (p[i] + p[other]) + 2 * p[0] * p[i];
    };
    EXPECT_TRUE(lbtest::fits(counts(proxy, 400'000), {p[0] * p[0], share(1, 2), share(2, 1)}));
}

TEST(HaproxyRandom, ComparesLoadsByWeight) {
    Proxy proxy{make<Random>(of(2)), {4, 1}};
    for (int i = 0; i != 3; ++i) proxy.fleet.sent(proxy.ids[0], {});
    proxy.fleet.sent(proxy.ids[1], {});  // 3/4 beside 1/1.
    const auto p = arcs({4, 1});
    EXPECT_TRUE(lbtest::fits(counts(proxy, 400'000), {1 - p[1] * p[1], p[1] * p[1]}));
}

TEST(HaproxyRandom, OfVersion3EvensOutByTheRateOfTheLastSecond) {
    Proxy proxy{make<Random>(of(3, Random::Ties::Rate)), {5, 3, 2}};
    const auto got = counts(proxy, 4000, 500us);  // Recorded: 2000, 1200, 800.
    EXPECT_NEAR(static_cast<double>(got[0]), 2000, 20);
    EXPECT_NEAR(static_cast<double>(got[1]), 1200, 20);
    EXPECT_NEAR(static_cast<double>(got[2]), 800, 20);
}

TEST(HaproxyRandom, DeclinesIfTheWinnerIsFull) {
    Proxy proxy{make<Random>(of(1))};
    proxy.add({.name = {}, .max_in_flight = 1});
    proxy.add({});
    while (proxy.fleet.in_flight(proxy.ids[0]) == 0) proxy.hold();
    int declined = 0;
    for (int i = 0; i != 200; ++i) declined += proxy.pick() == '-';
    EXPECT_GT(declined, 20);
    EXPECT_LT(declined, 180);
}

TEST(HaproxyRandom, AvoidsTheServerThatFailedUnlessItIsTheOnlyOne) {
    Proxy proxy{make<Random>(), {10, 1}};
    for (int i = 0; i != 100; ++i) EXPECT_EQ(proxy.retry(0), 'b');
    proxy.down(1);
    EXPECT_EQ(proxy.retry(0), 'a');
}

TEST(HaproxyRandom, EstimatesTheLastSecondByPartOfTheOneBefore) {
    LastSecond rate;
    const lb::Instant start{100s};
    for (int i = 0; i != 10; ++i) rate.count(start + i * 100ms);
    EXPECT_DOUBLE_EQ(rate.at(start + 999ms), 10);
    EXPECT_DOUBLE_EQ(rate.at(start + 1250ms), 7.5);
    EXPECT_DOUBLE_EQ(rate.at(start + 1750ms), 2.5);
    EXPECT_DOUBLE_EQ(rate.at(start + 2s), 0);
    rate.count(start + 5s);
    EXPECT_DOUBLE_EQ(rate.at(start + 5s), 1);
}

}  // namespace
