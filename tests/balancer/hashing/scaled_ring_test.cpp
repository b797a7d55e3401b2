#include "balancer/hashing/scaled_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/hashing/murmur2.hpp"

namespace {

using lb::BackendId;
using lb::fill;
using lb::NamedShare;
using lb::Ring;
using lb::RingScale;

std::vector<std::size_t> counts(const std::vector<NamedShare>& shares, const RingScale& scale) {
    Ring ring;
    fill(ring, shares, scale);
    std::vector<std::size_t> out(shares.size());
    for (const auto& p : ring.points()) ++out[index(p.backend)];
    return out;
}
std::vector<NamedShare> shares(const std::vector<double>& parts) {
    static const std::vector<std::string> names{"a", "b", "c", "d", "e"};
    std::vector<NamedShare> out;
    for (std::uint32_t i = 0; i != parts.size(); ++i)
        out.push_back({names[i], BackendId{i}, parts[i]});
    return out;
}
using Counts = std::vector<std::size_t>;

TEST(ScaledRing, HasAsManyPointsAsGiveTheSmallestShareAWholeNumber) {
    EXPECT_EQ(counts(shares({0.5, 0.5}), {.least = 3}), (Counts{2, 2}));
    EXPECT_EQ(counts(shares({0.2, 0.2, 0.2, 0.2, 0.2}), {}), (Counts(5, 205)));
    EXPECT_EQ(counts(shares({1 / 6., 2 / 6., 3 / 6.}), {.least = 6}), (Counts{1, 2, 3}));
}

TEST(ScaledRing, RoundsSharesInARunningSumWhenItWouldGrowTooLarge) {
    EXPECT_EQ(counts(shares({0.25, 0.25, 0.25, 0.25}), {.least = 6, .most = 6}),
              (Counts{2, 1, 2, 1}));
    EXPECT_EQ(counts(shares({0.1, 0.1, 0.8}), {.least = 1, .most = 5}), (Counts{1, 0, 4}))
        << "some get no point";
    EXPECT_EQ(counts(shares({0.8, 0.1, 0.1}), {.least = 1, .most = 5}), (Counts{4, 1, 0}))
        << "who does depends on the order";
}

TEST(ScaledRing, PlacesPointsByNameAndNumber) {
    Ring ring;
    fill(ring, shares({1}), {.least = 2});
    std::vector<std::uint64_t> expected{lb::hash_of("a_0"), lb::hash_of("a_1")};
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(ring.size(), 2u);
    EXPECT_EQ(ring.points()[0].hash, expected[0]);
    EXPECT_EQ(ring.points()[1].hash, expected[1]);
}

// Asserted by Envoy's ring_hash_lb_test.cc, of which these are the points of 127.0.0.1:85 and :80.
TEST(ScaledRing, PlacesPointsByMurmurHash2IfTold) {
    const std::vector<NamedShare> six{{"127.0.0.1:85", BackendId{5}, 0.5},
                                      {"127.0.0.1:80", BackendId{0}, 0.5}};
    Ring ring;
    fill(ring, six, {.least = 4, .hash = RingScale::Hash::Murmur2});
    std::vector<std::uint64_t> hashes;
    for (const auto& p : ring.points()) hashes.push_back(p.hash);
    EXPECT_EQ(hashes, (std::vector<std::uint64_t>{1358027074129602068u, 15427156902705414897u,
                                                  16375050414328759093u, 17613279263364193813u}));
}

TEST(Murmur2, HashesEveryLengthDifferently) {
    std::string text;
    std::vector<std::uint64_t> seen;
    for (int i = 0; i != 40; ++i, text += '\0') seen.push_back(lb::murmur2_64(text));
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

}  // namespace
