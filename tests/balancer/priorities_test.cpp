#include "balancer/priorities.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::PriorityBackends;
using lb::PriorityRules;
using lb::spread_over;
using Hosts = std::vector<PriorityBackends>;
using Percent = std::vector<std::uint32_t>;

TEST(Priorities, SendAllToTheFirstWhileItIsHealthyEnough) {
    for (const std::uint32_t healthy : {72u, 80u, 100u})
        EXPECT_EQ(spread_over(Hosts{{healthy, 100}, {100, 100}}, {}).load, (Percent{100, 0}));
}

TEST(Priorities, SpillOverInWholePercentOnceItIsNot) {
    const auto load = [](std::uint32_t healthy) {
        return spread_over(Hosts{{healthy, 100}, {100, 100}}, {}).load;
    };
    EXPECT_EQ(load(71), (Percent{99, 1}));
    EXPECT_EQ(load(50), (Percent{70, 30}));
    EXPECT_EQ(load(25), (Percent{35, 65}));
    EXPECT_EQ(load(0), (Percent{0, 100}));
}

// The manual's table says 36, 36, 28.
TEST(Priorities, GiveWhatRoundingLeavesToTheFirstAsTheCodeDoesAndNotTheManual) {
    const Hosts hosts{{25, 100}, {25, 100}, {20, 100}};
    const auto health = lb::priority_health(hosts, 140);
    EXPECT_EQ(health, (Percent{35, 35, 28}));
    EXPECT_EQ(lb::priority_loads(health), (Percent{37, 35, 28}));
    EXPECT_EQ(lb::priority_loads(Percent{0, 33, 33}), (Percent{0, 50, 50}));
    EXPECT_EQ(lb::priority_loads(Percent{0, 33, 34}), (Percent{0, 50, 50}))
        << "49 and what is left";
    EXPECT_EQ(lb::priority_loads(Percent{0, 0}), (Percent{0, 0}));
}

TEST(Priorities, PanicOnlyWhereFewAreHealthyAndAllTogetherAreTooWeak) {
    auto spread = spread_over(Hosts{{5, 100}, {65, 100}}, {});
    EXPECT_EQ(spread.panic, (std::vector<bool>{true, false}));
    EXPECT_EQ(spread.load, (Percent{8, 92}));
    spread = spread_over(Hosts{{5, 100}, {72, 100}}, {});
    EXPECT_EQ(spread.panic, (std::vector<bool>{false, false})) << "the second could take all";
}

// The manual says that all goes to the first.
TEST(Priorities, SpreadByTheNumberOfBackendsWhenAllPanic) {
    EXPECT_EQ(spread_over(Hosts{{0, 10}, {0, 30}}, {}).load, (Percent{25, 75}));
    EXPECT_EQ(spread_over(Hosts{{25, 100}, {25, 100}, {20, 100}}, {}).load, (Percent{34, 33, 33}));
    EXPECT_EQ(spread_over(Hosts{{0, 0}, {0, 2}, {0, 1}}, {}).load, (Percent{0, 67, 33}));
    EXPECT_EQ(spread_over(Hosts{{0, 0}, {0, 0}}, {}).load, (Percent{100, 0})) << "to be rejected";
}

TEST(Priorities, DoNotPanicWithAThresholdOfZero) {
    PriorityRules rules;
    rules.panic_threshold = 0;
    const auto spread = spread_over(Hosts{{0, 10}, {0, 10}}, rules);
    EXPECT_EQ(spread.panic, (std::vector<bool>{false, false}));
    EXPECT_EQ(spread.load, (Percent{100, 0}));
}

TEST(Priorities, TakeOverprovisioningIntoAccount) {
    PriorityRules rules;
    rules.overprovisioning = 100;
    EXPECT_EQ(spread_over(Hosts{{99, 100}, {100, 100}}, rules).load, (Percent{99, 1}));
    rules.overprovisioning = 200;
    EXPECT_EQ(spread_over(Hosts{{50, 100}, {100, 100}}, rules).load, (Percent{100, 0}));
}

TEST(Priorities, AlwaysSpreadAHundredPercent) {
    lb::Rng rng{1};
    for (int round = 0; round != 20'000; ++round) {
        Hosts hosts(1 + rng.below(5));
        for (auto& h : hosts) {
            h.total = static_cast<std::uint32_t>(rng.below(20));
            h.healthy = static_cast<std::uint32_t>(rng.below(h.total + 1));
        }
        std::uint32_t sum = 0;
        for (const auto load : spread_over(hosts, {}).load) sum += load;
        ASSERT_EQ(sum, 100u);
    }
}

TEST(Priorities, PickByTheHashModuloAHundred) {
    const auto spread = spread_over(Hosts{{25, 100}, {25, 100}, {100, 100}}, {});
    ASSERT_EQ(spread.load, (Percent{35, 35, 30}));
    EXPECT_EQ(spread.at(0), 0u);
    EXPECT_EQ(spread.at(34), 0u);
    EXPECT_EQ(spread.at(35), 1u);
    EXPECT_EQ(spread.at(69), 1u);
    EXPECT_EQ(spread.at(70), 2u);
    EXPECT_EQ(spread.at(99), 2u);
    EXPECT_EQ(spread.at(12'300), 0u);
    EXPECT_EQ(spread_over(Hosts{{0, 9}, {9, 9}}, {}).at(0), 1u) << "never one of no load";
}

}  // namespace
