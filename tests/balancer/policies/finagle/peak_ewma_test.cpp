#include "balancer/policies/finagle/peak_ewma.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "support/clocked_pool.hpp"

namespace {

using lb::Instant;
using lb::finagle::PeakEwma;
using lb::finagle::PeakLoad;
using lbtest::ClockedPool;
using lbtest::make;
using namespace std::chrono_literals;

constexpr double kFold = 0.36787944117144233;  // exp(-1)

/// Backends and the loads that Finagle sees.
struct Scale {
    lb::BackendId add() {
        const auto id = lbtest::join(fleet, "b");
        view.insert(id);
        load.on_added(id, {});
        return id;
    }
    void answer(lb::BackendId id, lb::Duration latency, lb::Duration t) {
        load.on_done(id, {.latency = latency}, Instant{t});
    }
    double of(lb::BackendId id, lb::Duration t = {}) { return load.of(id, view, Instant{t}); }
    lb::Fleet fleet;
    lb::View view{fleet};
    PeakLoad load{PeakLoad::Config{}};
};

TEST(FinaglePeakLoad, LeapsUpAtOnceAndFallsByTheDecay) {
    Scale s;
    const auto a = s.add();
    s.answer(a, 20ms, 0s);
    EXPECT_EQ(s.of(a), 20e6);
    s.answer(a, 100ms, 0s);
    EXPECT_EQ(s.of(a), 100e6);
    EXPECT_NEAR(s.of(a, 10s), 100e6 * kFold, 1);
    EXPECT_NEAR(s.of(a, 20s), 100e6 * kFold * kFold, 1);
}

TEST(FinaglePeakLoad, CountsAnAnswerBelowThePeakByTheTimeSinceItWasLookedAt) {
    Scale looked, left;
    const auto a = looked.add();
    left.add();
    for (auto* s : {&looked, &left}) s->answer(a, 100ms, 0s);
    looked.of(a, 10s);
    for (auto* s : {&looked, &left}) s->answer(a, 20ms, 10s);
    EXPECT_NEAR(looked.of(a, 10s), 100e6 * kFold, 1);
    EXPECT_NEAR(left.of(a, 10s), 100e6 * kFold + 20e6 * (1 - kFold), 1);
}

TEST(FinaglePeakLoad, TakesAColdBackendForTheBestWhileIdleAndForTheWorstWhilePending) {
    Scale s;
    const auto cold = s.add(), known = s.add();
    s.answer(known, 100s, 0s);
    for (int i = 0; i != 1000; ++i) s.fleet.sent(known, {});
    EXPECT_EQ(s.of(cold), 0);
    s.fleet.sent(cold, {});
    EXPECT_EQ(s.of(cold), 140737488355328.0);
    EXPECT_LT(s.of(known), s.of(cold));
    s.fleet.sent(cold, {});
    EXPECT_EQ(s.of(cold), 140737488355329.0);
}

TEST(FinaglePeakLoad, GrowsWithTheRequestsInFlight) {
    Scale s;
    const auto a = s.add();
    s.answer(a, 10ms, 0s);
    for (int i = 0; i != 3; ++i) s.fleet.sent(a, {});
    EXPECT_EQ(s.of(a), 40e6);
}

TEST(FinaglePeakLoad, TakesFastFailuresForLowLatency) {
    Scale s;
    const auto a = s.add();
    s.answer(a, 100ms, 0s);
    for (int i = 1; i != 11; ++i)
        s.load.on_done(a, {.status = 503, .latency = 1ms}, Instant{std::chrono::seconds{10 * i}});
    EXPECT_LT(s.of(a, 100s), 1.1e6);
}

TEST(FinaglePeakLoad, ForgetsWhoHadTheSlotBefore) {
    Scale s;
    const auto old = s.add();
    s.answer(old, 5s, 0s);
    s.view.erase(old);
    s.fleet.remove(old, {});
    EXPECT_EQ(s.add(), old);
    EXPECT_EQ(s.of(old), 0);
}

TEST(FinaglePeakEwma, PrefersWhoeverAnsweredFasterAtEqualLoad) {
    ClockedPool pool{make<PeakEwma>()};
    const auto slow = pool.add(), fast = pool.add();
    pool.answer(slow, {.latency = 100ms});
    pool.answer(fast, {.latency = 10ms});
    for (int i = 0; i != 100; ++i) ASSERT_EQ(*pool.pick({.latency = 10ms}), fast);
    for (int i = 0; i != 10; ++i) pool.fleet.sent(fast, {});
    EXPECT_EQ(*pool.pick({.latency = 100ms}), slow);  // 110 ms are more than 100.
}

TEST(FinaglePeakEwma, AsksTheOtherOfTwoNewOnesWhileTheFirstAnswerIsOut) {
    ClockedPool pool{make<PeakEwma>()};
    for (int i = 0; i != 2; ++i) pool.add();
    const auto first = pool.send()->backend;
    EXPECT_NE(pool.send()->backend, first);
}

TEST(FinaglePeakEwma, IsNotChangedByBeingAskedWhy) {
    ClockedPool silent{make<PeakEwma>()}, asked{make<PeakEwma>()};
    for (auto* pool : {&silent, &asked}) {
        for (int i = 0; i != 4; ++i) pool->answer(pool->add(), {.latency = (i + 1) * 10ms});
        pool->exclude(pool->ids[3]);
        pool->now += 3s;
    }
    for (int i = 0; i != 50; ++i) {
        lb::ExplainedPick why;
        const lb::Request request{};
        lb::Rng a{static_cast<std::uint64_t>(i)}, b{static_cast<std::uint64_t>(i)};
        std::vector<lb::Ask> asks;
        const auto told =
            asked.policy->pick({asked.balancer.view(), request, asked.now, a, asks, &why});
        const auto untold =
            silent.policy->pick({silent.balancer.view(), request, silent.now, b, asks});
        ASSERT_EQ(told, untold);
        for (auto* pool : {&silent, &asked}) {
            pool->now += 500ms;
            pool->answer(*told, {.latency = 5ms});
        }
    }
}

}  // namespace
