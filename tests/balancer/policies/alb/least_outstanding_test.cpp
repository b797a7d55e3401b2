#include "balancer/policies/alb/least_outstanding.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::alb::LeastOutstanding;
using lbtest::make;
using lbtest::Pool;

TEST(AlbLeastOutstanding, PicksTheFewestWhateverTheWeights) {
    Pool pool{make<LeastOutstanding>()};
    pool.load(pool.add(100), 2);
    pool.load(pool.add(1), 1);
    pool.load(pool.add(1), 3);
    for (int i = 0; i != 10; ++i) EXPECT_EQ(pool.pick(), pool.ids[1]);
    pool.reweigh(pool.ids[0], 1000);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
}

TEST(AlbLeastOutstanding, DrawsUniformlyAmongEquals) {
    Pool pool{make<LeastOutstanding>()};
    for (const double weight : {1.0, 5.0, 1.0, 2.0}) pool.load(pool.add(weight), 1);
    pool.load(pool.ids[2], 1);
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 60'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(lbtest::fits(counts, {1 / 3.0, 1 / 3.0, 0, 1 / 3.0}));
}

}  // namespace
