#include "balancer/policies/envoy/random.hpp"

#include <gtest/gtest.h>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

TEST(EnvoyRandom, DoesNotLookAtWeights) {
    lbtest::Pool pool{lbtest::make<lb::envoy::Random>()};
    for (const double weight : {1, 2, 30}) pool.add(weight);
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i != 90'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(lbtest::fits(counts, {1 / 3., 1 / 3., 1 / 3.}));
}

}  // namespace
