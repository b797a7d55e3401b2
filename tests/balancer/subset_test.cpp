#include "balancer/subset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/hashing/ring.hpp"
#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using Places = std::vector<std::size_t>;

// ---- Deterministic, of the book

TEST(SreSubset, ShufflesAsTheBookPrintsIt) {
    EXPECT_EQ(lb::sre_order(12, 0), (Places{0, 6, 3, 5, 1, 7, 11, 9, 2, 4, 8, 10}));
    EXPECT_EQ(lb::sre_order(12, 1), (Places{8, 11, 4, 0, 5, 6, 10, 3, 2, 7, 9, 1}));
    EXPECT_EQ(lb::sre_order(0, 0), Places{});
    EXPECT_EQ(lb::sre_order(1, 5), Places{0});
}

// The expected lists come from CPython.
TEST(SreSubset, ShufflesLateRoundsAsPythonDoes) {
    EXPECT_EQ(lb::sre_order(10, 0xffff'ffff), (Places{7, 0, 3, 5, 8, 9, 2, 4, 1, 6}));
    EXPECT_EQ(lb::sre_order(10, std::uint64_t{1} << 32), (Places{8, 7, 5, 2, 9, 6, 4, 0, 3, 1}));
    EXPECT_EQ(lb::sre_order(10, (std::uint64_t{1} << 40) + 7),
              (Places{9, 5, 1, 0, 4, 2, 3, 8, 7, 6}));
}

TEST(SreSubset, GivesEachBackendToOneClientOfARound) {
    for (std::uint64_t round = 0; round != 20; ++round) {
        std::set<std::size_t> seen;
        for (std::uint64_t client = 4 * round; client != 4 * round + 4; ++client)
            for (const auto backend : lb::sre_subset(12, client, 3))
                EXPECT_TRUE(seen.insert(backend).second);
        EXPECT_EQ(seen.size(), 12u);
    }
}

TEST(SreSubset, LeavesOutARemainderThatDiffersFromRoundToRound) {
    std::set<std::size_t> left_out;
    for (std::uint64_t round = 0; round != 50; ++round) {
        std::set<std::size_t> seen;
        for (std::uint64_t client = 3 * round; client != 3 * round + 3; ++client)
            for (const auto backend : lb::sre_subset(10, client, 3)) seen.insert(backend);
        ASSERT_EQ(seen.size(), 9u);
        for (std::size_t i = 0; i != 10; ++i)
            if (!seen.contains(i)) left_out.insert(i);
    }
    EXPECT_EQ(left_out.size(), 10u);
}

TEST(SreSubset, IsAllIfThereAreNoMore) {
    for (const std::uint64_t client : {0, 1, 7}) {
        EXPECT_EQ(lb::sre_subset(3, client, 5).size(), 3u);
        EXPECT_EQ(lb::sre_subset(0, client, 5).size(), 0u);
        EXPECT_EQ(lb::sre_subset(5, client, 5).size(), 5u);
    }
}

// ---- Random, of gRPC

struct Addresses {
    explicit Addresses(std::size_t n) {
        for (std::size_t i = 0; i != n; ++i) texts.push_back(lbtest::numbered("10.0.0.", i));
        for (const auto& text : texts) views.push_back(text);
    }
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
};

TEST(RandomSubset, KeepsTheLowestHashesInTheirOrder) {
    const Addresses all{20};
    for (std::uint64_t seed = 0; seed != 20; ++seed) {
        const auto subset = lb::random_subset(all.views, seed, 6);
        ASSERT_EQ(subset.size(), 6u);
        const auto hash = [&](std::size_t i) { return lb::hash_of(all.views[i], seed); };
        for (std::size_t i = 1; i != 6; ++i) EXPECT_LT(hash(subset[i - 1]), hash(subset[i]));
        for (std::size_t i = 0; i != 20; ++i) {
            const bool in = std::count(subset.begin(), subset.end(), i) != 0;
            EXPECT_EQ(hash(i) <= hash(subset.back()), in);
        }
    }
}

TEST(RandomSubset, IsAllIfThereAreNoMore) {
    const Addresses all{4};
    auto subset = lb::random_subset(all.views, 1, 9);
    std::sort(subset.begin(), subset.end());
    EXPECT_EQ(subset, (Places{0, 1, 2, 3}));
    EXPECT_TRUE(lb::random_subset({}, 1, 9).empty());
}

TEST(RandomSubset, ChangesInOneAtMostWhenAnAddressGoes) {
    const Addresses all{20};
    for (std::uint64_t seed = 0; seed != 50; ++seed) {
        const auto before = lb::random_subset(all.views, seed, 5);
        for (std::size_t gone = 0; gone != 20; ++gone) {
            auto rest = all.views;
            rest.erase(rest.begin() + static_cast<long>(gone));
            std::size_t kept = 0;
            for (auto i : lb::random_subset(rest, seed, 5)) {
                if (i >= gone) ++i;
                kept += static_cast<std::size_t>(std::count(before.begin(), before.end(), i));
            }
            const bool was_in = std::count(before.begin(), before.end(), gone) != 0;
            ASSERT_EQ(kept, was_in ? 4u : 5u);
        }
    }
}

// A subset's members are not independent: the first of each is counted.
TEST(RandomSubset, TreatsAllAlikeOverManySeeds) {
    const Addresses all{10};
    std::vector<std::uint64_t> counts(10);
    for (std::uint64_t seed = 0; seed != 50'000; ++seed)
        ++counts[lb::random_subset(all.views, seed, 3).front()];
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(10, 0.1)));
}

// ---- Aperture, of Finagle

Places from_to(std::size_t first, std::size_t last) {
    Places out(last - first + 1);
    std::iota(out.begin(), out.end(), first);
    return out;
}

// The weights and the expected places are those of Finagle's WeightedApertureTest.
TEST(Aperture, TakesTheEndpointsThatFinagleTakes) {
    const std::vector<double> ten{0.08754127852514175,  0.07160485112997249, 0.007191702249367171,
                                  0.07962609718390336,  0.05787169373422368, 0.09081256181340881,
                                  0.014891457880475457, 0.0975219897302887,  0.006559603048899776,
                                  0.0069517882499888};
    EXPECT_EQ(lb::aperture_subset(ten, lb::aperture_arc(10, 1, 4, 12)), from_to(0, 9));
    const std::vector<double> fifteen{
        0.06818127601781632,  0.02676535334991952, 0.024259669941850928, 0.060227644665411986,
        0.021662557088166313, 0.04581934074401264, 0.008902600511190118, 0.012225295738506748,
        0.03381119880745816,  0.09320068787692642, 0.06778865989313106,  1.8821268751749722E-4,
        0.04998637327300792,  0.09808325343250059, 0.08018058428232361};
    const auto one = lb::aperture_arc(15, 1, 5, 12), zero = lb::aperture_arc(15, 0, 5, 12);
    EXPECT_EQ(lb::aperture_subset(fifteen, one), from_to(3, 14));
    EXPECT_EQ(lb::aperture_subset(fifteen, zero), from_to(0, 13));
    const auto within = lb::aperture_weights(fifteen, one);
    EXPECT_NEAR(std::accumulate(within.begin(), within.end(), 0.0), 0.8, 1e-12);
}

TEST(Aperture, OfAllPeersTogetherCoversEveryEndpointByItsWeight) {
    for (const std::size_t endpoints : {1u, 3u, 12u, 13u, 40u, 101u})
        for (const std::uint64_t peers : {1u, 2u, 7u, 30u}) {
            std::vector<double> weights, covered(endpoints);
            double total = 0, width = 0;
            for (std::size_t i = 0; i != endpoints; ++i)
                total += weights.emplace_back(1 + static_cast<double>(i % 4));
            for (std::uint64_t peer = 0; peer != peers; ++peer) {
                const auto arc = lb::aperture_arc(endpoints, peer, peers, 12);
                const auto within = lb::aperture_weights(weights, arc);
                for (std::size_t i = 0; i != endpoints; ++i) covered[i] += within[i];
                width += arc.width;
            }
            EXPECT_NEAR(width, std::round(width), 1e-9);  // Whole turns.
            for (std::size_t i = 0; i != endpoints; ++i)
                EXPECT_NEAR(covered[i], width * weights[i] / total, 1e-9);
        }
}

TEST(Aperture, CoversAtLeastSoManyAlikeEndpoints) {
    for (const std::size_t endpoints : {13u, 40u, 101u})
        for (const std::uint64_t peers : {2u, 7u, 30u, 200u})
            for (std::uint64_t peer = 0; peer != peers; ++peer) {
                const auto arc = lb::aperture_arc(endpoints, peer, peers, 12);
                ASSERT_GE(lb::aperture_subset(std::vector<double>(endpoints, 1), arc).size(), 12u);
            }
}

TEST(Aperture, IsTheWholeRingForOnePeerAndForFewEndpoints) {
    EXPECT_EQ(lb::aperture_arc(1000, 0, 1, 12).width, 1);
    EXPECT_EQ(lb::aperture_arc(12, 3, 8, 12).width, 1);
    EXPECT_LT(lb::aperture_arc(24, 3, 8, 12).width, 1);
}

TEST(Aperture, MayBeNarrowerThanOneEndpoint) {
    const std::vector<double> weights{98, 1, 1};
    const auto within = lb::aperture_weights(weights, {.offset = 0.5, .width = 0.25});
    EXPECT_EQ(within, (std::vector<double>{0.25, 0, 0}));
}

}  // namespace
