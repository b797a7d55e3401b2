#include "balancer/policies/ribbon/zone_avoidance.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::ribbon::ZoneAvoidance;
using lbtest::ClockedPool;
using lbtest::make;
using End = lb::Response::End;
using namespace std::chrono_literals;

/// Backends, one for each letter: its zone; "-" is none.
struct Zones : ClockedPool {
    explicit Zones(std::string_view letters) : ClockedPool{make<ZoneAvoidance>()} {
        for (const char c : letters) add_in(c == '-' ? "" : std::string(1, c));
    }
    void busy(std::size_t which, int requests) {
        for (int i = 0; i != requests; ++i) policy->on_sent(ids[which], now);
    }
    void unreachable(std::size_t which) {
        for (int i = 0; i != 3; ++i) answer(ids[which], {.end = End::Refused});
    }
    std::vector<std::size_t> places(int picks) {
        std::vector<std::size_t> out;
        for (int i = 0; i != picks; ++i) out.push_back(index(explained().second.value()));
        return out;
    }
    std::set<std::size_t> used() {
        const auto all = places(200);
        return {all.begin(), all.end()};
    }
};
using Places = std::vector<std::size_t>;
using Set = std::set<std::size_t>;

TEST(RibbonZoneAvoidance, TakesTurnsFromTheSecondOnWhileAllZonesAreWell) {
    EXPECT_EQ(Zones{"aab"}.places(5), (Places{1, 2, 0, 1, 2}));
    EXPECT_EQ(Zones{"---"}.places(5), (Places{1, 2, 0, 1, 2}));
}

TEST(RibbonZoneAvoidance, AvoidsTheBusiestZoneFromTheTriggeringLoadOn) {
    Zones zones{"aaaaaabbb"};
    zones.busy(0, 1);
    EXPECT_EQ(zones.used().size(), 9u);  // 1/6 is less than 0.2.
    zones.busy(1, 1);
    EXPECT_EQ(zones.used(), (Set{6, 7, 8}));
    zones.busy(6, 2);  // 2/3: now the other one is worse.
    EXPECT_EQ(zones.used(), (Set{0, 1, 2, 3, 4, 5}));
}

TEST(RibbonZoneAvoidance, DoesNotAvoidTheOnlyZone) {
    Zones zones{"aaa"};
    zones.busy(0, 10);
    EXPECT_EQ(zones.used(), (Set{0, 1, 2}));
}

TEST(RibbonZoneAvoidance, NeverLeavesOutAServerWithoutAZone) {
    Zones zones{"ab-"};
    zones.busy(0, 10);
    zones.busy(2, 99);
    EXPECT_EQ(zones.used(), (Set{1, 2}));
}

TEST(RibbonZoneAvoidance, LeavesOutDarkZonesAndTheBusiestOfTheOthersHoweverIdle) {
    Zones zones{"aabbbbbbc"};
    zones.busy(2, 1);  // 1/6: not enough by itself.
    zones.unreachable(0);
    EXPECT_EQ(zones.used(), (Set{1, 2, 3, 4, 5, 6, 7, 8}));  // Half a zone is not all of it.
    zones.unreachable(1);
    EXPECT_EQ(zones.used(), (Set{8}));
}

// One of two zones is dark, so the other is the worst of those left: nobody remains, and zones do
// not count.
TEST(RibbonZoneAvoidance, ForgetsAboutZonesIfNobodyIsLeft) {
    Zones zones{"aabb"};
    zones.unreachable(0);
    zones.unreachable(1);
    EXPECT_EQ(zones.used(), (Set{2, 3}));
    zones.unreachable(2);
    EXPECT_EQ(zones.used(), (Set{3}));
    zones.unreachable(3);
    EXPECT_EQ(zones.used(), (Set{0, 1, 2, 3}));  // Then those that cannot be reached count, too.
}

// Of two zones that are equally busy one is avoided, drawn for each server by itself: so of two
// servers none, one or both are left, and if none is left then both are.
TEST(RibbonZoneAvoidance, DrawsForEachServerWhichOfTheWorstZonesItAvoids) {
    Zones zones{"ab"};
    zones.busy(0, 1);
    zones.busy(1, 1);
    std::vector<std::uint64_t> sizes(3);
    for (int i = 0; i != 40'000; ++i) ++sizes[zones.explained().first.candidates.size()];
    EXPECT_TRUE(lbtest::fits(sizes, {0, 0.5, 0.5}));
}

TEST(RibbonZoneAvoidance, AvoidsEquallyBadZonesInProportionToTheirServers) {
    Zones zones{"abbbc"};
    zones.busy(0, 1);
    for (const std::size_t i : {1u, 2u, 3u}) zones.busy(i, 1);
    std::uint64_t a_left = 0, a_out = 0;
    for (int i = 0; i != 40'000; ++i) {
        const auto why = zones.explained().first;
        const bool left = !why.candidates.empty() && why.candidates[0].backend == zones.ids[0];
        ++(left ? a_left : a_out);
    }
    EXPECT_TRUE(lbtest::fits(std::vector{a_left, a_out}, {0.75, 0.25}));
}

TEST(RibbonZoneAvoidance, TakesExcludedServersForUnreachableButNotFullOnes) {
    Zones zones{"bbbbbbc"};
    zones.busy(0, 1);
    const auto full = zones.add(lb::Backend{.name = "full", .zone = "a", .max_in_flight = 1});
    zones.fleet.sent(full, {});
    EXPECT_EQ(zones.used(), (Set{0, 1, 2, 3, 4, 5, 6}));  // No zone is dark.
    zones.exclude(full);
    EXPECT_EQ(zones.used(), (Set{6}));
}

TEST(RibbonZoneAvoidance, ForgetsZonesWhoseServersLeft) {
    Zones zones{"aab"};
    zones.busy(2, 1);
    EXPECT_EQ(zones.used(), (Set{0, 1}));
    zones.fleet.remove(zones.ids[2], {});
    zones.busy(0, 5);
    EXPECT_EQ(zones.used(), (Set{0, 1}));  // One zone is left: it is not avoided.
}

}  // namespace
