#include "balancer/zones.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"

namespace {

using lb::Zone;
using lb::ZoneRouting;
using lb::ZoneRules;
using Zones = std::vector<Zone>;
using Spare = std::vector<std::uint64_t>;

Spare spare(const ZoneRouting& r) { return {r.spare().begin(), r.spare().end()}; }

TEST(ZoneRouting, KeepsAllInAZoneThatHasItsPartOfTheBackends) {
    const ZoneRouting same{Zones{{2, 5}, {2, 5}}, {}}, more{Zones{{1, 5}, {2, 5}}, {}};
    EXPECT_TRUE(same.by_zone() && same.all_stay());
    EXPECT_TRUE(more.all_stay());
    lb::Rng rng{1};
    for (int i = 0; i != 100; ++i) EXPECT_EQ(more.pick(rng), 0u);
}

// Envoy's example: balancers 40, 40, 20 percent, backends 25, 50, 25.
TEST(ZoneRouting, SendsTheRestWhereCapacityIsToSpare) {
    const ZoneRouting routing{Zones{{2, 5}, {2, 10}, {1, 5}}, {}};
    EXPECT_FALSE(routing.all_stay());
    EXPECT_EQ(routing.stays(), 6250u);
    EXPECT_EQ(spare(routing), (Spare{0, 1000, 1500}));
    std::vector<std::uint64_t> counts(3);
    lb::Rng rng{1};
    for (int i = 0; i != 200'000; ++i) ++counts[*routing.pick(rng)];
    EXPECT_TRUE(lbtest::fits(counts, {0.625, 0.25, 0.125}));
}

TEST(ZoneRouting, GivesEveryBackendTheSameIfAllZonesDoTheirPart) {
    const Zones zones{{2, 5}, {2, 10}, {1, 5}};
    std::vector<double> arrives(3);
    for (std::size_t own = 0; own != 3; ++own) {
        auto seen = zones;
        std::swap(seen[0], seen[own]);
        const ZoneRouting routing{seen, {}};
        const double demand = zones[own].balancers / 5.0;
        const double stays = routing.all_stay() ? 1 : static_cast<double>(routing.stays()) / 10'000;
        arrives[own] += demand * stays;
        for (std::size_t i = 1; !routing.all_stay() && i != 3; ++i) {
            const auto part = routing.spare()[i] - routing.spare()[i - 1];
            arrives[i == own ? 0 : i] +=
                demand * (1 - stays) * double(part) / double(routing.spare()[2]);
        }
    }
    for (std::size_t i = 0; i != 3; ++i) EXPECT_NEAR(arrives[i], zones[i].backends / 20.0, 1e-4);
}

TEST(ZoneRouting, SendsEverythingAwayFromAZoneWithoutBackends) {
    const ZoneRouting routing{Zones{{2, 0}, {2, 4}, {1, 4}}, {}};
    EXPECT_EQ(routing.stays(), 0u);
    EXPECT_EQ(spare(routing), (Spare{0, 1000, 4000}));
}

TEST(ZoneRouting, IsOffWhereItCouldNotWork) {
    EXPECT_FALSE((ZoneRouting{Zones{{2, 3}, {2, 2}}, {}}.by_zone())) << "fewer than six backends";
    EXPECT_TRUE((ZoneRouting{Zones{{2, 3}, {2, 3}}, {}}.by_zone()));
    EXPECT_FALSE((ZoneRouting{Zones{{2, 9}, {2, 0}}, {}}.by_zone())) << "backends in one zone";
    EXPECT_FALSE((ZoneRouting{Zones{{2, 5}, {0, 5}}, {}}.by_zone())) << "balancers in one zone";
    EXPECT_FALSE((ZoneRouting{Zones{{0, 5}, {1, 5}, {1, 5}}, {}}.by_zone())) << "none in its own";
    lb::Rng rng{1};
    EXPECT_EQ((ZoneRouting{Zones{{2, 3}, {2, 2}}, {}}.pick(rng)), std::nullopt);
}

TEST(ZoneRouting, CanBeEnabledForAPartOfTheRequests) {
    ZoneRules rules;
    rules.routing_enabled = 30;
    const ZoneRouting routing{Zones{{1, 5}, {1, 5}}, rules};
    lb::Rng rng{1};
    std::vector<std::uint64_t> counts(2);
    for (int i = 0; i != 100'000; ++i) ++counts[routing.pick(rng).has_value()];
    EXPECT_TRUE(lbtest::fits(counts, {0.7, 0.3}));
}

// Eleven zones, demand 909 each: its own supplies 908, the ten others 909 and a bit that is lost.
TEST(ZoneRouting, GoesAnywhereIfRoundingLeavesNoCapacity) {
    Zones zones(11, {1, 9091});
    zones[0].backends = 9089;
    const ZoneRouting routing{zones, {}};
    ASSERT_FALSE(routing.all_stay());
    ASSERT_EQ(routing.spare().back(), 0u);
    lb::Rng rng{1};
    std::vector<int> counts(11);
    for (int i = 0; i != 100'000; ++i) ++counts[*routing.pick(rng)];
    for (std::size_t i = 1; i != 11; ++i) EXPECT_GT(counts[i], 0);
}

TEST(EffectiveZoneWeight, IsWholeDownToTheShareThatOverprovisioningCovers) {
    EXPECT_EQ(lb::effective_zone_weight(10, 10, 10, 140), 10);
    EXPECT_EQ(lb::effective_zone_weight(10, 8, 10, 140), 10);
    EXPECT_DOUBLE_EQ(lb::effective_zone_weight(10, 5, 10, 140), 7);
    EXPECT_EQ(lb::effective_zone_weight(10, 0, 10, 140), 0);
    EXPECT_EQ(lb::effective_zone_weight(10, 0, 0, 140), 0);
}

}  // namespace
