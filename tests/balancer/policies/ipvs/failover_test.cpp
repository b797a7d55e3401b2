#include "balancer/policies/ipvs/failover.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <variant>

#include "support/pool.hpp"

namespace {

using lb::ipvs::Fo;
using lb::ipvs::Ovf;
using lbtest::make;
using lbtest::Pool;

TEST(IpvsFo, GivesAllToTheHeaviest) {
    Pool pool{make<Fo>()};
    for (const double weight : {1, 5, 5, 2}) pool.add(weight);
    pool.load(pool.ids[1], 1000);
    EXPECT_EQ(pool.letters(3), "bbb");
}

TEST(IpvsFo, FallsBackInOrderOfWeightAndReturns) {
    Pool pool{make<Fo>()};
    for (const double weight : {1, 5, 5, 2}) pool.add(weight);
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(pool.letters(1), "c");
    pool.exclude(pool.ids[2]);
    EXPECT_EQ(pool.letters(1), "d");
    pool.exclude(pool.ids[3]);
    EXPECT_EQ(pool.letters(1), "a");
    pool.admit(pool.ids[1]);
    EXPECT_EQ(pool.letters(1), "b");
}

TEST(IpvsOvf, FillsEachToOneMoreThanItsWeight) {
    Pool pool{make<Ovf>()};
    for (const double weight : {1, 3}) pool.add(weight);
    for (int i = 0; i != 4; ++i) EXPECT_EQ(pool.send().backend, pool.ids[1]);
    for (int i = 0; i != 2; ++i) EXPECT_EQ(pool.send().backend, pool.ids[0]);
    const auto decision = pool.balancer.pick({}, {});
    EXPECT_EQ(std::get<lb::Rejection>(decision), lb::Rejection::Declined);
}

TEST(IpvsOvf, GoesBackToTheHeaviestAsSoonAsItHasRoom) {
    Pool pool{make<Ovf>()};
    for (const double weight : {2, 1}) pool.add(weight);
    const auto first = pool.send();
    for (int i = 0; i != 2; ++i) pool.send();
    EXPECT_EQ(pool.send().backend, pool.ids[1]);
    pool.done(first);
    EXPECT_EQ(pool.send().backend, pool.ids[0]);
}

}  // namespace
