#include "model/links.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using lb::Instant;
using lbsim::Connections;
using lbsim::Links;
using namespace std::chrono_literals;

constexpr Instant now{};
constexpr auto kHolds = [](const lbsim::Link&) { return false; };
constexpr auto kBroken = [](const lbsim::Link&) { return true; };

Links links(const Connections& config, std::size_t count = 1) {
    return Links{config, count, 4, lb::Rng{1}.numbered("connection")};
}

TEST(Links, CarryRequestsUntilTheyHaveCarriedEnough) {
    auto l = links({.requests = {2}});
    const auto first = l.take(0, {}, kHolds);
    EXPECT_TRUE(first.opened);
    const auto second = l.take(0, {}, kHolds);
    EXPECT_FALSE(second.opened);
    EXPECT_EQ(second.id, first.id);
    const auto third = l.take(0, {}, kHolds);
    EXPECT_TRUE(third.opened);
    EXPECT_NE(third.id, first.id);
    EXPECT_FALSE(l.retired().has_value());  // Its requests are still under way.
    EXPECT_FALSE(l.ended(first.id, now));
    EXPECT_TRUE(l.ended(first.id, now));
    l.free(first.id);
    EXPECT_FALSE(l.ended(third.id, now));
}

TEST(Links, AreReplacedWhenTheirTimeIsUpAndIdleOnesEndAtOnce) {
    auto l = links({.lifetime = 10s});
    const auto first = l.take(0, Instant{}, kHolds);
    EXPECT_FALSE(l.ended(first.id, now));
    EXPECT_EQ(l.take(0, Instant{9s}, kHolds).id, first.id);
    EXPECT_FALSE(l.ended(first.id, now));
    EXPECT_TRUE(l.take(0, Instant{10s}, kHolds).opened);
    EXPECT_EQ(l.retired(), first.id);
    EXPECT_FALSE(l.retired().has_value());
}

TEST(Links, AreReplacedWhenBrokenIfTheyLedAnywhere) {
    auto l = links({});
    const auto first = l.take(0, {}, kBroken);
    EXPECT_EQ(l.take(0, {}, kBroken).id, first.id);
    l[first.id].pinned = true;
    EXPECT_TRUE(l.take(0, {}, kBroken).opened);
}

TEST(Links, ReuseTheSlotsOfThoseThatEnded) {
    auto l = links({.requests = {1}}, 2);
    std::set<Links::Id> used;
    for (int i = 0; i != 100; ++i) {
        const auto taken = l.take(static_cast<std::uint32_t>(i % 2), {}, kHolds);
        used.insert(taken.id);
        if (const auto old = l.retired()) l.free(*old);
        if (l.ended(taken.id, now)) l.free(taken.id);
    }
    EXPECT_LE(used.size(), 4u);
}

TEST(Links, OfTheSameNumberAreAlikeInEveryRun) {
    auto a = links({.requests = {1}}, 3), b = links({.requests = {1}}, 3);
    for (std::uint32_t i = 0; i != 30; ++i)
        EXPECT_EQ(a[a.take(i % 3, {}, kHolds).id].worker, b[b.take(i % 3, {}, kHolds).id].worker);
}

}  // namespace
