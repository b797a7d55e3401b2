#include "balancer/policies/tower/peak_ewma.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "support/clocked_pool.hpp"

namespace {

using lb::Instant;
using lbtest::ClockedPool;
using lbtest::make;
using lbtest::Pool;
using namespace std::chrono_literals;

/// One backend and the load that tower sees.
struct Scale {
    explicit Scale(lb::tower::PeakLoad::Config config) : load{config} {
        id = lbtest::join(fleet, "b");
        view.insert(id);
        load.on_added(id, {});
    }
    double at(lb::Duration t) { return load.of(id, view, Instant{t}); }
    void start(lb::Duration t) { fleet.sent(id, Instant{t}); }
    void end(lb::Duration started, lb::Duration t) {
        load.on_done(id, {.latency = t - started}, Instant{t});
        fleet.done(id, Instant{t});
    }
    lb::Fleet fleet;
    lb::View view{fleet};
    lb::tower::PeakLoad load;
    lb::BackendId id{};
};

// What tower's own test compound_decay asserts.
TEST(TowerPeakLoad, CompoundsAsTowersTestSays) {
    Scale s{{.default_rtt = 20ms, .decay = 1s}};
    EXPECT_EQ(s.at(0ms), 20e6);
    s.start(100ms);
    EXPECT_GT(s.at(100ms), 20e6);
    s.start(200ms);
    EXPECT_GT(s.at(200ms), 40e6);
    s.end(100ms, 300ms);
    EXPECT_EQ(s.at(300ms), 400e6);
    s.end(200ms, 400ms);
    EXPECT_EQ(s.at(400ms), 200e6);
    EXPECT_LT(s.at(1400ms), 100e6);
    EXPECT_LT(s.at(11400ms), 100e3);
}

TEST(TowerPeakLoad, TakesAColdBackendForOneOfDefaultLatency) {
    Scale s{{}};
    EXPECT_EQ(s.at(0ms), 30e6);
    s.start(0ms);
    EXPECT_EQ(s.at(0ms), 60e6);  // And not for the worst while its first request is out.
    EXPECT_NEAR(s.at(10s), 60e6 * 0.36787944117144233, 1);
}

TEST(TowerPeakLoad, CountsAnswersBelowThePeakForLessTheMoreOftenItIsLookedAt) {
    Scale looked{{}}, left{{}};
    for (auto* s : {&looked, &left}) s->end(0ms, (s->start(0ms), 100ms));
    looked.at(10100ms);
    for (auto* s : {&looked, &left}) s->end(10080ms, (s->start(10080ms), 10100ms));
    const double kept = 100e6 * 0.36787944117144233;
    EXPECT_NEAR(looked.at(10100ms), kept, 1);
    EXPECT_NEAR(left.at(10100ms), kept + 20e6 * (1 - 0.36787944117144233), 1);
}

TEST(TowerPeakLoad, TakesFastFailuresForLowLatency) {
    Scale s{{}};
    s.load.on_done(s.id, {.end = lb::Response::End::Refused, .latency = 0ns}, Instant{300s});
    EXPECT_LT(s.at(300s), 1e-3);
}

TEST(TowerPeakEwma, PrefersTheLowerLoadOfTwoAndTheFirstDrawnAmongEquals) {
    ClockedPool pool{make<lb::tower::PeakEwma>()};
    const auto slow = pool.add(), fast = pool.add();
    int firsts = 0;
    for (int i = 0; i != 1000; ++i) firsts += *pool.explained().second == slow;
    EXPECT_GT(firsts, 400);  // Equal: a coin; 400 of 1000 are 6 standard deviations away.
    EXPECT_LT(firsts, 600);
    pool.answer(slow, {.latency = 100ms});
    for (int i = 0; i != 100; ++i) ASSERT_EQ(*pool.pick({.latency = 1ms}), fast);
}

TEST(TowerPeakEwma, IgnoresWeights) {
    ClockedPool pool{make<lb::tower::PeakEwma>()};
    const auto light = pool.add(1), heavy = pool.add(100);
    pool.answer(heavy, {.latency = 50ms});
    for (int i = 0; i != 100; ++i) ASSERT_EQ(*pool.explained().second, light);
}

TEST(TowerPeakEwma, SaysWhatItCompared) {
    ClockedPool pool{make<lb::tower::PeakEwma>()};
    const auto a = pool.add();
    auto [alone, first] = pool.explained();
    ASSERT_EQ(alone.candidates.size(), 1u);
    EXPECT_EQ(alone.candidates[0].backend, a);
    pool.add();
    auto [why, picked] = pool.explained();
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[0].score, 30e6);
    EXPECT_EQ(picked, why.candidates[0].backend);
    EXPECT_FALSE(why.rule.empty());
    EXPECT_FALSE(why.score.empty());
}

struct Names final : lb::Defaults {
    using Defaults::field;
    void field(std::string_view name, lb::Duration&, std::string_view, lb::Range) override {
        names.emplace_back(name);
    }
    void field(std::string_view name, lb::Limit&, std::string_view, std::string_view,
               lb::Range) override {
        names.emplace_back(name);
    }
    std::vector<std::string> names;
};

TEST(TowerPeakEwma, HasNoOtherNumberOfChoices) {
    Names fields;
    lb::tower::PeakEwma::Config{}.describe(fields);
    EXPECT_EQ(fields.names, (std::vector<std::string>{"default_rtt", "decay"}));
}

}  // namespace
