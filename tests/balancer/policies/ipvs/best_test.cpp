#include "balancer/policies/ipvs/best.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "balancer/policies/ipvs/failover.hpp"
#include "balancer/policies/ipvs/least.hpp"
#include "support/history.hpp"

namespace {

using namespace lb::ipvs;

template <class Policy>
class IpvsBest : public testing::Test {};
using All = testing::Types<Lc, Wlc, Sed, Nq, Fo, Ovf>;
TYPED_TEST_SUITE(IpvsBest, All);

template <class Policy>
lbtest::History::Make walking_over(std::size_t few) {
    return [few] { return std::make_unique<Policy>(typename Policy::Config{}, few); };
}

TYPED_TEST(IpvsBest, FindsByRankWhomAWalkFinds) {
    lbtest::expect_alike(walking_over<TypeParam>(std::numeric_limits<std::size_t>::max()),
                         walking_over<TypeParam>(0));
}

}  // namespace
