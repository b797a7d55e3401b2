#include "balancer/hashing/request_hash.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

namespace {

using lb::Address;
using lb::ByFlow;
using lb::ByKey;
using lb::ByNetwork;

Address v6(std::initializer_list<int> bytes) {
    Address a{.size = 16};
    std::size_t i = 0;
    for (const int byte : bytes) a.bytes[i++] = static_cast<std::uint8_t>(byte);
    return a;
}
std::uint64_t network(const Address& a, std::int64_t v4_prefix = 32, std::int64_t v6_prefix = 64) {
    return ByNetwork{{v4_prefix, v6_prefix}}.hash({.client = a});
}

TEST(ByNetwork, HashesTheLeadingBitsAlone) {
    const auto a = Address::v4(0xc0a80180);
    for (std::int64_t prefix = 1; prefix <= 32; ++prefix) {
        for (unsigned bit = 0; bit != 32; ++bit) {
            const auto other = Address::v4(0xc0a80180u ^ (1u << (31 - bit)));
            EXPECT_EQ(network(a, prefix) == network(other, prefix), bit >= prefix)
                << prefix << ", " << bit;
        }
    }
}

TEST(ByNetwork, TakesTheHostsOfAnIpv6NetworkTogether) {
    const auto a = v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9});
    const auto host = v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8});
    const auto net = v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, 3, 9, 9, 9, 9, 9, 9, 9, 9});
    EXPECT_EQ(network(a), network(host));
    EXPECT_NE(network(a), network(net));
    EXPECT_NE(network(a, 32, 128), network(host, 32, 128));
    EXPECT_EQ(network(a, 32, 63), network(net, 32, 63));
}

TEST(ByNetwork, TakesAMappedIpv4AddressForWhatItIs) {
    const auto mapped = v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1});
    EXPECT_EQ(network(mapped), network(Address::v4(0x0a000001)));
    EXPECT_NE(network(mapped), network(Address::v4(0x0a000002)));
    const auto not_mapped = v6({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1});
    EXPECT_NE(network(not_mapped), network(Address::v4(0x0a000001)));
}

TEST(ByNetwork, DoesNotLookAtThePort) {
    EXPECT_EQ(network(Address::v4(1, 80)), network(Address::v4(1, 81)));
}

TEST(ByNetwork, FallsBackToTheKeyOfWhomItDoesNotKnow) {
    const ByNetwork source{{}};
    EXPECT_EQ(source.hash({.key = "k"}), ByKey{{}}.hash({.key = "k"}));
    EXPECT_NE(source.hash({.key = "k"}), source.hash({.key = "l"}));
    EXPECT_EQ(source.hash({.key = "k", .client = Address::v4(1)}),
              source.hash({.key = "l", .client = Address::v4(1)}));
}

TEST(ByFlow, TellsConnectionsOfOneClientApart) {
    const ByFlow source{{}};
    const auto flow = [&](std::uint32_t address, std::uint16_t port) {
        return source.hash({.key = "k", .client = Address::v4(address, port)});
    };
    EXPECT_EQ(flow(1, 80), flow(1, 80));
    EXPECT_NE(flow(1, 80), flow(1, 81));
    EXPECT_NE(flow(1, 80), flow(2, 80));
    EXPECT_NE(flow(1, 80), source.hash({.client = v6({0, 0, 0, 1})}));
    EXPECT_EQ(source.hash({.key = "k"}), ByKey{{}}.hash({.key = "k"}));
}

}  // namespace
