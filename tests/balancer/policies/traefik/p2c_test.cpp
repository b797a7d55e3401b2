#include "balancer/policies/traefik/p2c.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::traefik::P2c;
using lbtest::make;
using lbtest::Pool;

std::vector<std::uint64_t> counts(Pool& pool, int picks) {
    std::vector<std::uint64_t> out(pool.ids.size());
    for (int i = 0; i != picks; ++i) ++out[index(pool.pick())];
    return out;
}

// Of 16 equally likely pairs of draws, the four equal ones become (0,1), (1,2), (2,3) and (3,0).
// Loads rise with the number, so the lower number wins: 8, 5, 3 and 0 of 16.  Distinct draws that
// are all as likely would make it 1/2, 1/3, 1/6; a share off by 0.01 is seen with 0.999.
TEST(TraefikP2c, ComparesNeighboursMoreOften) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 4; ++i) pool.load(pool.add(), i);
    EXPECT_TRUE(lbtest::fits(counts(pool, 160'000), {8 / 16.0, 5 / 16.0, 3 / 16.0, 0}));
}

// Of nine pairs, a wins (a,b) and (a,a), which becomes (a,b), and b wins (b,a).
TEST(TraefikP2c, TakesTheNeighbourBehind) {
    Pool pool{make<P2c>()};
    for (const int load : {1, 1, 0}) pool.load(pool.add(), load);
    EXPECT_TRUE(lbtest::fits(counts(pool, 90'000), {2 / 9.0, 1 / 9.0, 6 / 9.0}));
}

// Without the third, (1,1) becomes (1,3), and (3,3) becomes (3,0).
TEST(TraefikP2c, TakesTheNextHealthyOneForANeighbour) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 4; ++i) pool.load(pool.add(), i);
    pool.exclude(pool.ids[2]);
    // Of nine: 0 wins (0,x) three times, (1,0), (3,0), (3,3): six; 1 wins (1,1), (1,3), (3,1).
    EXPECT_TRUE(lbtest::fits(counts(pool, 90'000), {6 / 9.0, 3 / 9.0, 0, 0}));
}

TEST(TraefikP2c, KeepsTheFirstDrawnAmongEqualsWhateverTheyWeigh) {
    Pool pool{make<P2c>()};
    for (const double weight : {1, 100, 1}) pool.add(weight);
    EXPECT_TRUE(lbtest::fits(counts(pool, 90'000), {1 / 3.0, 1 / 3.0, 1 / 3.0}));
}

TEST(TraefikP2c, KeepsTheOrderOfConfigurationWhenOneIsBack) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 4; ++i) pool.load(pool.add(), i);
    pool.exclude(pool.ids[1]);
    pool.admit(pool.ids[1]);
    EXPECT_TRUE(lbtest::fits(counts(pool, 160'000), {8 / 16.0, 5 / 16.0, 3 / 16.0, 0}));
}

TEST(TraefikP2c, TakesTheOnlyHealthyOne) {
    Pool pool{make<P2c>()};
    for (int i = 0; i != 2; ++i) pool.add();
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.letters(5), "bbbbb");
}

}  // namespace
