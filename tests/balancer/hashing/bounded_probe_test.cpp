#include "balancer/hashing/bounded_probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace {

using lb::BoundedProbe;
using lb::overload_factor;

TEST(OverloadFactor, ComparesWithTheShareOfAllSlotsRoundedUp) {
    EXPECT_EQ(overload_factor(3, 0.25, 9, 120), 1) << "12 slots, 3 of them its own";
    EXPECT_EQ(overload_factor(4, 0.25, 9, 121), 1) << "13 slots: 3.25, so 4";
    EXPECT_EQ(overload_factor(2, 0.001, 9, 100), 2) << "one slot at least";
}

// With 4 backends at 100 percent, each may have one request: HAProxy would send it no second one.
TEST(OverloadFactor, LetsABackendBeFullBeforeItGetsOneMore) {
    BoundedProbe probe;
    const auto overload = [](std::uint32_t) { return overload_factor(1, 0.25, 3, 100); };
    EXPECT_EQ(probe.pick(5, 2, 4, overload), 2u);
}

std::uint32_t pick(BoundedProbe& probe, std::uint64_t hash, const std::vector<double>& loads) {
    return probe.pick(hash, 0, static_cast<std::uint32_t>(loads.size()),
                      [&](std::uint32_t i) { return loads[i]; });
}

TEST(BoundedProbe, StaysWithItsOwnUnlessThatIsOverloaded) {
    BoundedProbe probe;
    EXPECT_EQ(pick(probe, 1, {1, 0, 0}), 0u);
    EXPECT_TRUE(probe.looked_at().empty());
    EXPECT_NE(pick(probe, 1, {1.01, 0, 0}), 0u);
}

TEST(BoundedProbe, TakesTheFirstThatIsNotOverloadedThoughOthersAreIdler) {
    BoundedProbe probe;
    std::set<std::uint32_t> seen;
    for (std::uint64_t hash = 0; hash != 100; ++hash)
        seen.insert(pick(probe, hash, {2, 1, 0, 1.1}));
    EXPECT_EQ(seen, (std::set<std::uint32_t>{1, 2}));
}

TEST(BoundedProbe, LooksInTheSameOrderForTheSameHash) {
    const std::vector<double> all_over(50, 2);
    BoundedProbe one, other;
    pick(one, 77, all_over);
    pick(other, 76, all_over);
    const auto first = one.looked_at();
    EXPECT_NE(first, other.looked_at());
    pick(other, 77, all_over);
    EXPECT_EQ(first, other.looked_at());
    EXPECT_EQ(std::set(first.begin(), first.end()).size(), 50u) << "each once";
    pick(other, 77 + (std::uint64_t{1} << 32), all_over);
    EXPECT_EQ(first, other.looked_at()) << "its low 32 bits count";
}

TEST(BoundedProbe, SpreadsTheKeysOfOneBackendOverAllOthers) {
    std::map<std::uint32_t, int> counts;
    BoundedProbe probe;
    for (std::uint64_t hash = 0; hash != 9000; ++hash)
        ++counts[pick(probe, hash, {9, 0, 0, 0, 0, 0, 0, 0, 0, 0})];
    ASSERT_EQ(counts.size(), 9u);
    for (const auto& [place, count] : counts) EXPECT_NEAR(count, 1000, 150) << place;  // 5 sd.
}

TEST(BoundedProbe, TakesTheLeastOverloadedIfAllAre) {
    BoundedProbe probe;
    for (std::uint64_t hash = 0; hash != 100; ++hash) {
        EXPECT_EQ(pick(probe, hash, {1.5, 2, 1.2, 3}), 2u);
        EXPECT_EQ(pick(probe, hash, {1.1, 2, 1.2, 3}), 0u) << "its own, perhaps";
    }
}

TEST(BoundedProbe, CopesWithASingleBackend) {
    BoundedProbe probe;
    EXPECT_EQ(pick(probe, 3, {7}), 0u);
}

}  // namespace
