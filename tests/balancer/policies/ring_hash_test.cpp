#include "balancer/policies/ring_hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::RingHash;
using lbtest::make;
using lbtest::Pool;

constexpr int kKeys = 20'000;

/// Who gets each key, by name.
std::vector<std::string> owners(Pool& pool, int keys = kKeys) {
    std::vector<std::string> out;
    for (int i = 0; i != keys; ++i)
        out.push_back(
            pool.fleet.backend(pool.pick(lbtest::numbered("key-", static_cast<std::uint64_t>(i))))
                .name);
    return out;
}

Pool& fill(Pool& pool, const std::vector<std::string>& names) {
    for (const auto& name : names) pool.add(name);
    return pool;
}

const std::vector<std::string> kNames{"red", "green", "blue", "white", "black"};

TEST(RingHash, SendsAKeyWhereItAlwaysGoes) {
    Pool one{make<RingHash>()}, other{make<RingHash>(), 77};
    fill(one, kNames);
    fill(other, kNames);
    EXPECT_EQ(owners(one), owners(one));
    EXPECT_EQ(owners(one), owners(other));  // Whatever the seed.
}

TEST(RingHash, DoesNotCareInWhichOrderBackendsCame) {
    Pool sorted{make<RingHash>()};
    const auto expected = owners(fill(sorted, kNames));
    auto names = kNames;
    lb::Rng rng{1};
    for (int round = 0; round != 10; ++round) {
        for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[rng.below(i)]);
        Pool shuffled{make<RingHash>()};
        EXPECT_EQ(owners(fill(shuffled, names)), expected);
    }
}

TEST(RingHash, MovesOnlyTheKeysThatANewBackendGains) {
    Pool pool{make<RingHash>()};
    const auto before = owners(fill(pool, kNames));
    pool.add("new");
    const auto after = owners(pool);
    int gained = 0;
    for (std::size_t k = 0; k != before.size(); ++k) {
        if (after[k] == before[k]) continue;
        ASSERT_EQ(after[k], "new");
        ++gained;
    }
    // A sixth, give or take five standard deviations of a share of 160 points in 960 (1.2 %).
    EXPECT_NEAR(gained / double(kKeys), 1 / 6.0, 0.06);
}

TEST(RingHash, MovesOnlyTheKeysThatALeavingBackendLoses) {
    Pool pool{make<RingHash>()};
    const auto before = owners(fill(pool, kNames));
    pool.remove(pool.ids[2]);
    const auto after = owners(pool);
    for (std::size_t k = 0; k != before.size(); ++k) {
        if (before[k] == "blue")
            ASSERT_NE(after[k], "blue");
        else
            ASSERT_EQ(after[k], before[k]);
    }
    pool.add("blue");
    EXPECT_EQ(owners(pool), before);
}

TEST(RingHash, SendsTheKeysOfAnExcludedBackendWhereTheyWouldGoWithoutIt) {
    Pool pool{make<RingHash>()}, without{make<RingHash>()};
    const auto before = owners(fill(pool, kNames));
    fill(without, {"red", "blue", "white"});
    pool.exclude(pool.ids[1]);
    pool.exclude(pool.ids[4]);
    EXPECT_EQ(owners(pool), owners(without));
    pool.admit(pool.ids[1]);
    pool.admit(pool.ids[4]);
    EXPECT_EQ(owners(pool), before) << "they come home";
}

TEST(RingHash, MovesKeysOnlyToABackendThatGainsWeight) {
    Pool pool{make<RingHash>()};
    const auto before = owners(fill(pool, kNames));
    pool.reweigh(pool.ids[3], 2);
    const auto after = owners(pool);
    std::size_t moved = 0;
    for (std::size_t k = 0; k != before.size(); ++k) {
        if (after[k] == before[k]) continue;
        ASSERT_EQ(after[k], "white");
        ++moved;
    }
    EXPECT_GT(moved, before.size() / 20);
    pool.reweigh(pool.ids[3], 1);
    EXPECT_EQ(owners(pool), before);
}

// The share of a backend with v of V random points is a Beta(v, V - v) variable, of variance
// p (1 - p) / (V + 1); n keys add p (1 - p) / n.  The bound is 5.5 standard deviations, for eight
// shares: a false alarm of 3e-7 if they were normal.  Weight 2 taken for 1 is 30 of them away.
TEST(RingHash, SharesOutKeysInProportionToWeight) {
    constexpr int kMany = 100'000;
    for (const std::int64_t vnodes : {160, 1000}) {
        RingHash::Config config;
        config.vnodes = vnodes;
        Pool pool{make<RingHash>(config)};
        const double weights[] = {1, 1, 2, 4};
        for (const double weight : weights) pool.add(weight);
        std::map<std::string, double> counts;
        for (const auto& name : owners(pool, kMany)) ++counts[name];
        for (std::size_t i = 0; i != 4; ++i) {
            const double p = weights[i] / 8, points = 8.0 * static_cast<double>(vnodes);
            const double deviation = std::sqrt(p * (1 - p) * (1 / (points + 1) + 1.0 / kMany));
            EXPECT_NEAR(counts[lbtest::numbered("b", i)] / kMany, p, 5.5 * deviation)
                << vnodes << " points";
        }
    }
}

TEST(RingHash, GivesALightBackendOnePointAtLeast) {
    RingHash::Config config;
    config.vnodes = 1;
    Pool pool{make<RingHash>(config)};
    for (int i = 0; i != 3; ++i) pool.add(0.001);
    std::map<std::string, int> counts;
    for (const auto& name : owners(pool)) ++counts[name];
    EXPECT_EQ(counts.size(), 3u);
}

TEST(RingHash, TakesARequestWithoutAKeyForTheEmptyKey) {
    Pool pool{make<RingHash>()};
    fill(pool, kNames);
    const auto home = pool.pick();
    for (int i = 0; i != 10; ++i) EXPECT_EQ(pool.pick(""), home);
}

}  // namespace
