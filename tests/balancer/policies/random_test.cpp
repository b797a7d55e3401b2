#include "balancer/policies/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::Random;
using lbtest::fits;
using lbtest::make;
using lbtest::Pool;

// A share off by 0.005 is seen with probability 0.999 (p up to 1/2).
constexpr int kDraws = 640'000;

std::vector<std::uint64_t> counts_of(Pool& pool) {
    std::vector<std::uint64_t> counts(pool.fleet.slots());
    for (int i = 0; i != kDraws; ++i) ++counts[index(pool.pick())];
    return counts;
}

TEST(Random, PicksLikeBackendsEquallyOften) {
    Pool pool{make<Random>()};
    for (int i = 0; i != 4; ++i) pool.add(3);
    EXPECT_TRUE(fits(counts_of(pool), {0.25, 0.25, 0.25, 0.25}));
}

TEST(Random, PicksInProportionToWeight) {
    Pool pool{make<Random>()};
    for (const double weight : {4.0, 1.0, 2.5, 0.5}) pool.add(weight);
    EXPECT_TRUE(fits(counts_of(pool), {0.5, 0.125, 0.3125, 0.0625}));
}

TEST(Random, SharesOutWhatAnExcludedBackendLeavesInProportionToo) {
    Pool pool{make<Random>()};
    for (const double weight : {4.0, 1.0, 3.0}) pool.add(weight);
    pool.exclude(pool.ids[0]);
    EXPECT_TRUE(fits(counts_of(pool), {0, 0.25, 0.75}));
    pool.admit(pool.ids[0]);
    EXPECT_TRUE(fits(counts_of(pool), {0.5, 0.125, 0.375}));
}

TEST(Random, FollowsWeightsThatChangeAndBackendsThatComeAndGo) {
    Pool pool{make<Random>()};
    for (int i = 0; i != 3; ++i) pool.add(1);
    pool.exclude(pool.ids[2]);
    pool.reweigh(pool.ids[2], 2);  // While excluded: it counts from its return on.
    EXPECT_TRUE(fits(counts_of(pool), {0.5, 0.5, 0}));
    pool.admit(pool.ids[2]);
    EXPECT_TRUE(fits(counts_of(pool), {0.25, 0.25, 0.5}));
    pool.remove(pool.ids[2]);
    pool.add(6);  // In the slot of the one that left.
    EXPECT_TRUE(fits(counts_of(pool), {0.125, 0.125, 0.75}));
    pool.reweigh(pool.ids[3], 1);
    EXPECT_TRUE(fits(counts_of(pool), {1 / 3.0, 1 / 3.0, 1 / 3.0}));
}

}  // namespace
