#include "balancer/policies/ipvs/rr.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "support/pool.hpp"

namespace {

using lb::ipvs::Rr;
using lbtest::make;
using lbtest::Pool;

TEST(IpvsRr, GivesEachItsTurnWhateverItWeighs) {
    Pool pool{make<Rr>()};
    for (const double weight : {5, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(7), "abcabca");
}

TEST(IpvsRr, PassesOverTheQuiescedWhoKeepTheirPlace) {
    Pool pool{make<Rr>()};
    for (int i = 0; i != 4; ++i) pool.add();
    pool.exclude(pool.ids[2]);
    EXPECT_EQ(pool.letters(5), "abdab");
    pool.admit(pool.ids[2]);
    EXPECT_EQ(pool.letters(4), "cdab");
}

TEST(IpvsRr, GoesOnFromTheOneBeforeWhenTheLastServedLeaves) {
    Pool pool{make<Rr>()};
    for (int i = 0; i != 4; ++i) pool.add();
    EXPECT_EQ(pool.letters(2), "ab");
    pool.remove(pool.ids[1]);
    EXPECT_EQ(pool.letters(4), "cdac");
    pool.remove(pool.ids[0]);  // Before the turn: it stays with the others.
    EXPECT_EQ(pool.letters(3), "dcd");
}

TEST(IpvsRr, PutsANewOneAtTheEnd) {
    Pool pool{make<Rr>()};
    for (int i = 0; i != 3; ++i) pool.add();
    EXPECT_EQ(pool.letters(2), "ab");
    pool.add();
    EXPECT_EQ(pool.letters(4), "cdab");
}

}  // namespace
