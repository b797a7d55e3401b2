#include "balancer/hashing/ipvs.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "balancer/hashing/ring.hpp"

namespace {

using lb::Address;
using lb::MhTable;

// The fifth of test_vectors_hsiphash in Linux's lib/test_siphash.c: bytes 0, 1, 2, 3.
TEST(Hsiphash, HashesAWordAsTheKernelDoes) {
    EXPECT_EQ(lb::hsiphash(0x03020100, {0x0706050403020100u, 0x0f0e0d0c0b0a0908u}), 0x88d38328u);
}

TEST(MhTable, AddsThePortToTheAddress) {
    const auto address = Address::v4(0x0a000001, 80);
    EXPECT_EQ(MhTable::word_of(address, false), 0x0a000001u);
    EXPECT_EQ(MhTable::word_of(address, true), 0x0a000051u);
    EXPECT_EQ(MhTable::word_of("10.0.0.1:80"), 0x0a000051u);
    EXPECT_EQ(MhTable::word_of("10.0.0.1"), 0x0a000001u);
    EXPECT_EQ(MhTable::word_of("255.255.255.255:1"), 0u) << "it wraps";
}

TEST(MhTable, JoinsThePartsOfAnIpv6AddressByExclusiveOr) {
    Address address{.size = 16, .port = 1};
    address.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0xff, 0x11, 0, 0, 0, 0, 0, 0, 0x01};
    EXPECT_EQ(MhTable::word_of(address, false), 0x31010d46u);
    EXPECT_EQ(MhTable::word_of(address, true), 0x31010d47u);
}

TEST(MhTable, HashesNamesThatAreNoIpv4Addresses) {
    for (const char* name :
         {"b0", "", "10.0.0", "10.0.0.256", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:80x",
          "10.0.0.1x", "10..0.1", "10-0-0-1", "999999999999.0.0.1"})
        EXPECT_EQ(MhTable::word_of(name), static_cast<std::uint32_t>(lb::hash_of(name))) << name;
}

// ---- Against ip_vs_mh.c's own functions, compiled in user space and run, for destinations
// 10.0.0.1:80, 10.0.0.2:80, …

struct Recorded {
    std::vector<std::int64_t> weights;
    unsigned index;
    std::vector<int> counts, first;
    std::uint64_t digest;  // FNV-1a over the owners.
};
const std::vector<Recorded> kRecorded{
    {{1, 1, 1}, 12, {1365, 1364, 1364}, {0, 1, 1, 2, 2, 0, 1, 2, 2, 0}, 0x8bd46da7dc8817ff},
    {{5, 1, 2, 100}, 12, {152, 76, 76, 3789}, {3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, 0x498b82a796f4c958},
    {{300, 200, 100}, 12, {2047, 1364, 682}, {0, 0, 1, 1, 0, 0, 1, 2, 2, 0}, 0x7fb282f48b83f315},
    {{1, 1, 1}, 8, {84, 84, 83}, {0, 1, 0, 0, 0, 0, 1, 1, 1, 0}, 0x076175f908ab0c5d},
    {{5, 1, 2, 100}, 8, {17, 17, 17, 200}, {3, 3, 3, 3, 3, 3, 1, 3, 1, 3}, 0xf85eff19136bcb5c},
    {{300, 200, 100}, 8, {126, 84, 41}, {0, 0, 0, 0, 0, 0, 1, 1, 1, 0}, 0x4c14947a52abdfdf},
};

TEST(MhTable, IsFilledAsTheKernelFillsIt) {
    for (const auto& recorded : kRecorded) {
        std::vector<MhTable::Destination> destinations;
        for (std::size_t i = 0; i != recorded.weights.size(); ++i)
            destinations.push_back(
                {MhTable::word_of(Address::v4(0x0a000001 + std::uint32_t(i), 80), true),
                 recorded.weights[i]});
        MhTable table;
        table.build(destinations, recorded.index);
        std::vector<int> counts(destinations.size()), first;
        std::uint64_t digest = 0xcbf29ce484222325u;
        for (std::size_t entry = 0; entry != table.size(); ++entry) {
            const auto owner = table.owner(entry);
            ++counts[owner];
            digest = (digest ^ owner) * 0x100000001b3u;
            if (first.size() != recorded.first.size()) first.push_back(static_cast<int>(owner));
        }
        EXPECT_EQ(counts, recorded.counts);
        EXPECT_EQ(first, recorded.first);
        EXPECT_EQ(digest, recorded.digest);
    }
}

TEST(MhTable, HasAPrimeNumberOfEntriesOfTheSizeAskedFor) {
    const std::vector<MhTable::Destination> one{{1, 1}};
    MhTable table;
    table.build(one, 12);
    EXPECT_EQ(table.size(), 4093u);
    table.build(one, 17);
    EXPECT_EQ(table.size(), 131071u);
}

TEST(MhTable, GivesTheLastOfTooManyNothing) {
    std::vector<MhTable::Destination> many;
    for (std::uint32_t i = 0; i != 300; ++i) many.push_back({i, 1});
    MhTable table;
    table.build(many, 8);
    std::vector<int> counts(300);
    for (std::size_t entry = 0; entry != table.size(); ++entry) ++counts[table.owner(entry)];
    for (std::size_t i = 0; i != 300; ++i) EXPECT_EQ(counts[i], i < 251 ? 1 : 0);
}

}  // namespace
