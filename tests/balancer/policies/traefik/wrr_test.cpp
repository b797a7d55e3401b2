#include "balancer/policies/traefik/wrr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "support/pool.hpp"

namespace {

using lb::traefik::Wrr;
using lbtest::make;
using lbtest::Pool;

// Recorded from Traefik's own file, compiled and run (tests/vectors/public-traefik.json).
TEST(TraefikWrr, OrdersEqualWeightsAsGosHeapDoes) {
    Pool pool{make<Wrr>()};
    for (const double weight : {1, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(9), "acbcbabac");  // Not abcabcabc.
}

TEST(TraefikWrr, OrdersEqualDeadlinesAsGosHeapDoes) {
    Pool pool{make<Wrr>()};
    for (const double weight : {5, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(21), "aaaacabaaaaabcaaaacba");
}

// By a port of container/heap that reproduces the recordings: only from four servers on has the one
// that goes down two children to choose from.
TEST(TraefikWrr, PrefersTheLeftOfTwoEqualChildren) {
    Pool four{make<Wrr>()}, five{make<Wrr>()};
    for (int i = 0; i != 4; ++i) four.add();
    for (int i = 0; i != 5; ++i) five.add();
    EXPECT_EQ(four.letters(12), "adbcbcadadbc");
    EXPECT_EQ(five.letters(15), "aebdcdceababcde");
}

TEST(TraefikWrr, LetsTheExcludedUseUpTheirTurns) {
    Pool pool{make<Wrr>()};
    for (const double weight : {5, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(6), "aaaaca");
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.letters(9), "bbccbbccb");
    pool.admit(pool.ids[0]);
    EXPECT_EQ(pool.letters(15), "aaaaabcaaaaacba") << "and no burst";
}

TEST(TraefikWrr, StartsOverWhenTheConfigurationChanges) {
    Pool pool{make<Wrr>()};
    for (const double weight : {1, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(2), "ac");
    pool.reweigh(pool.ids[1], 1);
    EXPECT_EQ(pool.letters(9), "acbcbabac");
    pool.remove(pool.add());
    EXPECT_EQ(pool.letters(9), "acbcbabac");
}

TEST(TraefikWrr, GivesEachItsWeightInALongRun) {
    Pool pool{make<Wrr>()};
    for (const double weight : {1, 2, 4, 8}) pool.add(weight);
    const auto turns = pool.letters(15 * 20);
    const double weights[] = {1, 2, 4, 8};
    for (std::size_t i = 0; i != 4; ++i)  // Deadlines of powers of two are exact.
        EXPECT_EQ(std::count(turns.begin(), turns.end(), static_cast<char>('a' + i)),
                  20 * weights[i]);
}

}  // namespace
