#include "balancer/policies/finagle/p2c.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::finagle::P2c;
using lbtest::ClockedPool;
using lbtest::fits;
using lbtest::make;
using lbtest::Pool;

std::unique_ptr<lb::Policy> trying(std::int64_t max_effort) {
    P2c::Config config;
    config.max_effort = max_effort;
    return std::make_unique<P2c>(config);
}

std::vector<std::uint64_t> counts(Pool& pool, int picks) {
    std::vector<std::uint64_t> out(pool.ids.size());
    for (int i = 0; i != picks; ++i) ++out[index(pool.pick())];
    return out;
}

TEST(FinagleP2c, PicksTheLessBusyOfTwoDistinctOnes) {
    Pool pool{make<P2c>()};
    for (const int load : {1, 0, 2}) pool.load(pool.add(), load);
    EXPECT_TRUE(fits(counts(pool, 60'000), {1 / 3.0, 2 / 3.0, 0}));
}

TEST(FinagleP2c, TakesTheFirstDrawnAmongEquals) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 4; ++i) pool.load(pool.add(), 2);
    EXPECT_TRUE(fits(counts(pool, 100'000), {0.25, 0.25, 0.25, 0.25}));
}

// Of the pairs with the excluded one the other wins however busy it is.  A draw from the eligible
// alone would never pick the busy one.
TEST(FinagleP2c, LooksAtTheStatusBeforeTheLoad) {
    Pool pool{make<P2c>()};
    const int loads[] = {0, 5, 0};
    for (const int load : loads) pool.load(pool.add(), load);
    pool.exclude(pool.ids[2]);
    EXPECT_TRUE(fits(counts(pool, 60'000), {2 / 3.0, 1 / 3.0, 0}));
}

// Of ten pairs three are of excluded ones, one is of the two eligible, and three have each of them.
TEST(FinagleP2c, DrawsAnewUntilTheEffortIsSpentAndThenTakesAnyEligibleOne) {
    for (const int effort : {0, 1, 4}) {
        Pool pool{trying(effort)};
        for (int i = 0; i != 5; ++i) pool.add();
        pool.load(pool.ids[1], 5);
        for (const std::size_t i : {2u, 3u, 4u}) pool.exclude(pool.ids[i]);
        double vain = 1;
        for (int i = 0; i != effort; ++i) vain *= 0.3;
        const double idle = 4 / 7.0 * (1 - vain) + vain / 2;
        EXPECT_TRUE(fits(counts(pool, 200'000), {idle, 1 - idle, 0, 0, 0})) << effort;
    }
}

TEST(FinagleP2c, FindsTheOnlyEligibleOneOfMany) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 50; ++i) pool.add();
    for (const auto id : pool.ids)
        if (id != pool.ids[7]) pool.exclude(id);
    for (int i = 0; i != 200; ++i) ASSERT_EQ(pool.pick(), pool.ids[7]);
}

TEST(FinagleP2c, IgnoresWeights) {
    Pool pool{make<P2c>()};
    pool.load(pool.add(100), 2);
    pool.load(pool.add(1), 1);
    for (int i = 0; i != 100; ++i) ASSERT_EQ(pool.pick(), pool.ids[1]);
}

TEST(FinagleP2c, SaysWhomItDrewAndWhyOneOfThemCounted) {
    ClockedPool pool{make<P2c>()};
    pool.add();
    EXPECT_EQ(pool.explained().first.candidates.size(), 1u);
    const auto out = pool.add();
    const auto [both, first] = pool.explained();
    ASSERT_EQ(both.candidates.size(), 2u);
    EXPECT_EQ(both.candidates[0].backend, *first);
    pool.exclude(out);
    const auto [why, picked] = pool.explained();
    ASSERT_EQ(why.candidates.size(), 1u);
    EXPECT_EQ(why.candidates[0].backend, *picked);
    EXPECT_FALSE(why.candidates[0].note.empty());
}

TEST(FinagleP2c, SaysThatItTookAnyInTheEnd) {
    ClockedPool pool{trying(0)};
    for (int i = 0; i != 3; ++i) pool.add();
    const auto [why, picked] = pool.explained();
    ASSERT_EQ(why.candidates.size(), 1u);
    EXPECT_EQ(why.candidates[0].backend, *picked);
}

}  // namespace
