#include "balancer/probe_pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace {

using lb::BackendId;
using lb::Duration;
using lb::Instant;
using lb::Probe;
using lb::ProbePool;
using lb::RecentLoads;
using lb::reuse_budget;
using namespace std::chrono_literals;

constexpr std::int64_t kNobodyIsHot = std::numeric_limits<std::int64_t>::max();

Probe probe(std::uint32_t from, std::uint32_t in_flight, Duration latency,
            std::uint32_t uses = Probe::kEndless) {
    return {BackendId{from}, in_flight, latency, Instant{}, uses};
}
ProbePool pool_of(const std::vector<Probe>& probes) {
    ProbePool pool{16};
    for (const auto& p : probes) pool.add(p);
    return pool;
}
std::vector<std::uint32_t> names(const ProbePool& pool) {
    std::vector<std::uint32_t> out;
    for (const auto& p : pool.all()) out.push_back(static_cast<std::uint32_t>(p.from));
    return out;
}

TEST(ProbePool, PrefersTheFastestOfThoseThatAreNotHot) {
    const auto pool = pool_of({probe(0, 9, 5ms), probe(1, 3, 20ms), probe(2, 4, 10ms)});
    EXPECT_EQ(pool.best(4), 2u);
    EXPECT_EQ(pool.best(3), 1u);
    EXPECT_EQ(pool.best(9), 0u);
    EXPECT_EQ(pool.best(kNobodyIsHot), 0u);
}

TEST(ProbePool, PrefersTheFewestRequestsIfAllAreHot) {
    const auto pool = pool_of({probe(0, 9, 5ms), probe(1, 3, 20ms), probe(2, 4, 10ms)});
    EXPECT_EQ(pool.best(2), 1u);
    EXPECT_EQ(pool.best(-1), 1u);
}

TEST(ProbePool, BreaksTiesByTheOtherOfTheTwoAndThenByAge) {
    EXPECT_EQ(pool_of({probe(0, 2, 5ms), probe(1, 1, 5ms), probe(2, 1, 5ms)}).best(9), 1u);
    EXPECT_EQ(pool_of({probe(0, 2, 7ms), probe(1, 2, 5ms), probe(2, 2, 5ms)}).best(0), 1u);
}

TEST(ProbePool, TakesTheHottestForTheWorstAndIfNoneIsHotTheSlowest) {
    const auto pool =
        pool_of({probe(0, 1, 50ms), probe(1, 7, 2ms), probe(2, 9, 1ms), probe(3, 0, 9ms)});
    EXPECT_EQ(pool.worst(5), 2u);
    EXPECT_EQ(pool.worst(9), 0u);
    EXPECT_EQ(pool_of({probe(0, 7, 2ms), probe(1, 7, 3ms), probe(2, 7, 3ms)}).worst(0), 1u);
}

TEST(ProbePool, CountsWhatItSendsAndForgetsAnAnswerThatIsUsedUp) {
    auto pool = pool_of({probe(0, 1, 5ms, 2), probe(1, 0, 9ms)});
    pool.use(0);
    EXPECT_EQ(pool.all()[0].in_flight, 2u);
    EXPECT_EQ(pool.all()[0].uses, 1u);
    pool.use(0);
    EXPECT_EQ(names(pool), (std::vector{1u}));
    for (int i = 0; i != 5; ++i) pool.use(0);
    EXPECT_EQ(pool.all()[0].in_flight, 5u);
    EXPECT_EQ(pool.all()[0].uses, Probe::kEndless);
}

TEST(ProbePool, LetsTheOldestGoWhenItIsFull) {
    ProbePool pool{3};
    for (std::uint32_t i = 0; i != 5; ++i) pool.add(probe(i, i, 1ms));
    EXPECT_EQ(names(pool), (std::vector{2u, 3u, 4u}));
}

TEST(ProbePool, HoldsOnlyTheNewestAnswerOfABackend) {
    ProbePool pool{3};
    for (const auto from : {0u, 1u, 2u, 0u}) pool.add(probe(from, from + 10, 1ms));
    EXPECT_EQ(names(pool), (std::vector{1u, 2u, 0u}));
    pool.erase(BackendId{1});
    pool.retain([](const Probe& p) { return p.from != BackendId{2}; });
    EXPECT_EQ(names(pool), (std::vector{0u}));
}

TEST(ReuseBudget, IsWhatKeepsThePoolFilled) {
    EXPECT_NEAR(reuse_budget(16, 100, 3, 1, 1), 2 / 1.52, 1e-12);
    EXPECT_NEAR(reuse_budget(16, 100, 1, 0.25, 1), 2 / 0.59, 1e-12);
    EXPECT_EQ(reuse_budget(16, 1e9, 10, 1, 1), 1);  // Less than once is not at all.
}

TEST(ReuseBudget, IsInfiniteIfNoMoreComesThanGoes) {
    constexpr double kEver = std::numeric_limits<double>::infinity();
    EXPECT_EQ(reuse_budget(16, 20, 3, 1, 1), kEver);
    EXPECT_EQ(reuse_budget(16, 24, 3, 1, 1), kEver);
    EXPECT_EQ(reuse_budget(16, 0, 0, 1, 1), kEver);  // There is no backend.
}

TEST(RecentLoads, KnowTheQuantilesOfTheLastAnswers) {
    RecentLoads loads{4};
    EXPECT_EQ(loads.quantile(0.5), kNobodyIsHot);
    for (const auto load : {50u, 60u, 8u, 2u, 4u, 6u}) loads.add(load);  // Left: 2, 4, 6, 8.
    EXPECT_EQ(loads.quantile(0), -1);
    EXPECT_EQ(loads.quantile(0.1), 2);
    EXPECT_EQ(loads.quantile(0.25), 2);
    EXPECT_EQ(loads.quantile(0.26), 4);
    EXPECT_EQ(loads.quantile(0.84), 8);
    EXPECT_EQ(loads.quantile(0.75), 6);
    EXPECT_EQ(loads.quantile(1), kNobodyIsHot);
}

}  // namespace
