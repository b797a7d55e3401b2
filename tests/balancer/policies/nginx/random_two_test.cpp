#include "balancer/policies/nginx/random_two.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"
#include "support/chance.hpp"

namespace {

using lb::nginx::RandomTwo;
using lbtest::fits;
using lbtest::make;
using lbtest::Upstream;

std::vector<std::uint64_t> counts(Upstream& up, int requests) {
    std::vector<std::uint64_t> out(up.ids.size());
    for (int i = 0; i != requests; ++i) ++out[static_cast<std::size_t>(up.succeed())];
    return out;
}

// The second of two distinct draws wins ties: P(i) = sum over j of p_j p_i / (1 - p_j).  A share
// off by 0.01 is seen with probability 0.999; weights would give 0.5, 0.3, 0.2.
TEST(NginxRandomTwo, DoesNotShareAnIdleFleetInProportionToWeight) {
    const std::vector<double> p{0.5, 0.3, 0.2};
    std::vector<double> expected(3);
    for (std::size_t i = 0; i != 3; ++i)
        for (std::size_t j = 0; j != 3; ++j)
            if (i != j) expected[i] += p[j] * p[i] / (1 - p[j]);
    Upstream up{make<RandomTwo>()};
    up.with({5, 3, 2});
    EXPECT_TRUE(fits(counts(up, 160'000), expected));
}

TEST(NginxRandomTwo, PicksTheLessBusyPerWeightOfTwo) {
    Upstream up{make<RandomTwo>()};
    up.with({2, 1});
    for (int i = 0; i != 3; ++i) up.fleet.sent(up.ids[0], up.now);
    up.fleet.sent(up.ids[1], up.now);
    // 3/2 against 1/1.
    for (int i = 0; i != 100; ++i) ASSERT_EQ(up.succeed(), 1);
    up.fleet.sent(up.ids[1], up.now);
    for (int i = 0; i != 100; ++i) ASSERT_EQ(up.succeed(), 0);
}

TEST(NginxRandomTwo, NeverPicksTheStrictlyBusiest) {
    Upstream up{make<RandomTwo>()};
    up.with({1, 1, 1, 1});
    up.fleet.sent(up.ids[2], up.now);
    EXPECT_EQ(counts(up, 2000)[2], 0u);
}

TEST(NginxRandomTwo, TakesTurnsWhenOnlyOneCanBeUsed) {
    Upstream up{make<RandomTwo>()};
    up.with({1, 1, 1});
    up.down(0);
    up.down(2);
    EXPECT_EQ(up.letters(3), "bbb");
}

TEST(NginxRandomTwo, TakesALoneServer) {
    Upstream up{make<RandomTwo>()};
    up.with({3});
    EXPECT_EQ(up.letters(3), "aaa");
}

}  // namespace
