#include "balancer/hashing/katran.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using lb::katran_ring::build;
using lb::katran_ring::Endpoint;
using lb::katran_ring::Version;

using Ring = std::vector<std::uint32_t>;

std::vector<int> counts(const Ring& ring, std::size_t endpoints) {
    std::vector<int> out(endpoints);
    for (const auto who : ring) ++out[who];
    return out;
}

// These and the rings of seven and eleven: recorded from Katran's own files, compiled and run (see
// tests/vectors/public-katran-maglev.json, which the conformance runner goes through).
TEST(KatranRing, StartsAndStepsByMurmurHash) {
    const auto order = lb::katran_ring::order_of(0, 65537);
    EXPECT_EQ(order.offset, 22292u);
    EXPECT_EQ(order.skip, 48325u);
}

TEST(KatranRing, IsFilledInTurns) {
    const std::vector<Endpoint> two{{1000, 1}, {2000, 1}};
    const Ring expected{1, 1, 0, 1, 0, 0, 0};
    EXPECT_EQ(build(two, 7, Version::V1), expected);
    EXPECT_EQ(build(two, 7, Version::V2), expected);
}

TEST(KatranRing, CountsWeightsInTheFirstRoundOnlyOrInProportion) {
    const std::vector<Endpoint> two{{111, 1}, {222, 2}};
    EXPECT_EQ(build(two, 11, Version::V1), (Ring{1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0}));
    EXPECT_EQ(build(two, 11, Version::V2), (Ring{1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0}));
}

TEST(KatranRing, HardlyHeedsWeightsOfV1OnALargeRing) {
    const std::vector<Endpoint> three{{0, 6}, {1, 1}, {2, 1}};
    EXPECT_EQ(counts(build(three, 65537, Version::V1), 3), (std::vector{21849, 21844, 21844}));
    EXPECT_EQ(counts(build(three, 65537, Version::V2), 3), (std::vector{49153, 8192, 8192}));
}

TEST(KatranRing, StopsWhenAWeightFillsIt) {
    const std::vector<Endpoint> two{{5, 1000}, {6, 1}};
    EXPECT_EQ(counts(build(two, 101, Version::V1), 2), (std::vector{101, 0}));
}

TEST(KatranRing, BelongsToTheOnlyEndpoint) {
    const std::vector<Endpoint> one{{77, 3}};
    for (const auto version : {Version::V1, Version::V2})
        EXPECT_EQ(build(one, 7, version), Ring(7, 0));
}

}  // namespace
