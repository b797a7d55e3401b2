#include "balancer/policies/nginx/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"
#include "support/chance.hpp"

namespace {

using lb::nginx::Random;
using lbtest::fits;
using lbtest::make;
using lbtest::Upstream;

std::vector<std::uint64_t> counts(Upstream& up, int requests) {
    std::vector<std::uint64_t> out(up.ids.size());
    for (int i = 0; i != requests; ++i) ++out[static_cast<std::size_t>(up.succeed())];
    return out;
}

// A share off by 0.01 is seen with probability 0.999.
TEST(NginxRandom, SharesOutRequestsInProportionToWeight) {
    Upstream up{make<Random>()};
    up.with({5, 3, 2});
    EXPECT_TRUE(fits(counts(up, 160'000), {0.5, 0.3, 0.2}));
}

TEST(NginxRandom, DrawsAgainWhoeverCannotBeUsed) {
    Upstream up{make<Random>()};
    up.with({5, 3, 2});
    up.down(0);
    EXPECT_TRUE(fits(counts(up, 160'000), {0, 0.6, 0.4}));
    up.up(0);
    const int failed = up.fail();
    EXPECT_EQ(counts(up, 100)[static_cast<std::size_t>(failed)], 0u);
}

// All but 2 in 65537 draws are of the one that is down.
TEST(NginxRandom, TakesTurnsWhenMoreThanTwentyDrawsFindNobody) {
    Upstream up{make<Random>()};
    up.with({65535, 1, 1});
    up.down(0);
    EXPECT_EQ(up.letters(6), "bcbcbc");
}

TEST(NginxRandom, DeclinesWhenEverybodyHasFailed) {
    Upstream up{make<Random>()};
    up.with({1, 1});
    up.fail();
    up.fail();
    EXPECT_EQ(up.succeed(), -1);
}

}  // namespace
