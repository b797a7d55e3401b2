#include "balancer/policies/nginx/ip_hash.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"

namespace {

using lb::Address;
using lb::nginx::IpHash;
using lbtest::make;
using lbtest::Upstream;

Address v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return Address::v4(a << 24 | b << 16 | c << 8 | d);
}

int who(Upstream& up, const Address& client) { return up.succeed({.client = client}); }

// Recorded from nginx 1.22.1, three servers.
TEST(NginxIpHash, FindsWhomNginxFinds) {
    Upstream up{make<IpHash>()};
    up.with({1, 1, 1});
    EXPECT_EQ(who(up, v4(10, 0, 0, 1)), 0);
    EXPECT_EQ(who(up, v4(192, 168, 1, 1)), 1);
    EXPECT_EQ(who(up, v4(127, 0, 0, 1)), 2);
    Address localhost{.size = 16};
    localhost.bytes[15] = 1;
    EXPECT_EQ(who(up, localhost), 2);
}

TEST(NginxIpHash, KeepsANetworkOf24BitsTogether) {
    Upstream up{make<IpHash>()};
    up.with({1, 1, 1, 1, 1, 1, 1});
    for (unsigned network = 0; network != 50; ++network) {
        const auto home = who(up, v4(10, 1, network, 0));
        for (unsigned host = 1; host != 256; ++host)
            ASSERT_EQ(who(up, v4(10, 1, network, host)), home);
    }
}

TEST(NginxIpHash, TellsAddressesOfIpv6ApartToTheLastOctet) {
    Upstream up{make<IpHash>()};
    up.with({1, 1, 1});
    std::set<int> all;
    for (unsigned i = 0; i != 32; ++i) {
        Address client{.size = 16};
        client.bytes[15] = static_cast<std::uint8_t>(i);
        all.insert(who(up, client));
    }
    EXPECT_EQ(all.size(), 3u);
}

// 6271 values modulo 7: a sum of weights near 6271 leaves the last servers out.
TEST(NginxIpHash, KnowsNoMoreThan6271Values) {
    Upstream up{make<IpHash>()};
    up.with({6271, 1000});
    for (unsigned i = 0; i != 3000; ++i) ASSERT_EQ(who(up, v4(i % 251, i / 251, i % 13, 0)), 0);
}

TEST(NginxIpHash, KeepsTheStretchOfAServerThatIsDown) {
    Upstream all{make<IpHash>()}, without{make<IpHash>()};
    all.with({1, 1, 1, 1});
    without.with({1, 1, 1, 1});
    without.down(1);
    for (unsigned i = 0; i != 200; ++i) {
        const auto client = v4(20, i, 0, 0);
        const int home = who(all, client), now = who(without, client);
        ASSERT_EQ(now == home, home != 1);
    }
    without.up(1);
    for (unsigned i = 0; i != 200; ++i)
        ASSERT_EQ(who(without, v4(20, i, 0, 0)), who(all, v4(20, i, 0, 0)));
}

// With 65535 in 65537 shares down, 21 steps find one of the others with a chance of 0.0006.
TEST(NginxIpHash, TakesTurnsWhenMoreThanTwentyStepsFindNobody) {
    Upstream up{make<IpHash>()};
    up.with({65535, 1, 1});
    up.down(0);
    EXPECT_EQ(up.letters(6, {.client = v4(10, 0, 0, 1)}), "bcbcbc");
}

TEST(NginxIpHash, GoesOnWhereItWasWhenARequestIsTriedAgain) {
    Upstream up{make<IpHash>({.max_fails = 0})};
    up.with({1, 1, 1, 1});
    for (unsigned i = 0; i != 100; ++i) {
        std::vector<lb::BackendId> tried;
        std::set<int> seen;
        for (int attempt = 0; attempt != 4; ++attempt) {
            const int got = up.fail({.client = v4(30, i, 0, 0), .tried = tried});
            ASSERT_TRUE(seen.insert(got).second);
            tried.push_back(up.id(got));
        }
        ASSERT_EQ(up.fail({.client = v4(30, i, 0, 0), .tried = tried}), -1);
    }
}

TEST(NginxIpHash, TakesAClientWithoutAnAddressForAllZeros) {
    Upstream up{make<IpHash>()};
    up.with({1, 1, 1});
    EXPECT_EQ(who(up, {}), who(up, v4(0, 0, 0, 0)));
    EXPECT_EQ(who(up, {}), 1);
}

}  // namespace
