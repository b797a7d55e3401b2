#include "balancer/policies/traefik/hrw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::traefik::Hrw;
using lbtest::make;
using lbtest::numbered;
using lbtest::Pool;

constexpr std::uint64_t kKeys = 20'000;

/// Keys that look random: FNV-1a leaves much of the last bytes' order in place.
std::string key(std::uint64_t k) { return std::to_string(lb::splitmix(k)); }

std::vector<std::size_t> owners(Pool& pool) {
    std::vector<std::size_t> out;
    for (std::uint64_t k = 0; k != kKeys; ++k) out.push_back(index(pool.pick(key(k))));
    return out;
}

// Recorded with Traefik's formula, run in Go (tests/vectors/public-traefik.json).
TEST(TraefikHrw, SendsKeysWhereTraefikDoes) {
    Pool pool{make<Hrw>()};
    for (const char* name : {"a", "b", "c"}) pool.add(name);
    EXPECT_EQ(pool.pick("68.205.104.83"), pool.ids[2]);
    EXPECT_EQ(pool.pick("68.205.104.160"), pool.ids[0]);
    EXPECT_EQ(pool.pick("120.61.130.77"), pool.ids[1]);
}

TEST(TraefikHrw, MovesOnlyTheKeysOfTheExcludedAndBringsThemHome) {
    Pool pool{make<Hrw>()};
    for (int i = 0; i != 5; ++i) pool.add(numbered("http://10.0.0.", 10 + i) + ":80");
    const auto before = owners(pool);
    pool.exclude(pool.ids[2]);
    const auto meanwhile = owners(pool);
    for (std::size_t k = 0; k != kKeys; ++k)
        if (before[k] != 2) { ASSERT_EQ(meanwhile[k], before[k]); }
    pool.admit(pool.ids[2]);
    EXPECT_EQ(owners(pool), before);
}

TEST(TraefikHrw, MovesKeysOnlyToABackendThatGainsWeight) {
    Pool pool{make<Hrw>()};
    for (int i = 0; i != 5; ++i) pool.add(numbered("http://10.0.0.", 10 + i) + ":80");
    const auto before = owners(pool);
    pool.reweigh(pool.ids[3], 2);
    const auto after = owners(pool);
    std::size_t moved = 0;
    for (std::size_t k = 0; k != kKeys; ++k) {
        if (after[k] == before[k]) continue;
        ASSERT_EQ(after[k], 3u);
        ++moved;
    }
    EXPECT_GT(moved, kKeys / 20);
}

// For long, different names FNV-1a is as good as chance; a share off by 0.02 is seen with 0.999.
TEST(TraefikHrw, SharesOutKeysInProportionToWeight) {
    Pool pool{make<Hrw>()};
    pool.add("red-7fh2k", 1);
    pool.add("a-quite-different-name", 2);
    pool.add("0192837465", 5);
    std::vector<std::uint64_t> counts(3);
    for (const auto owner : owners(pool)) ++counts[owner];
    EXPECT_TRUE(lbtest::fits(counts, {1 / 8.0, 2 / 8.0, 5 / 8.0}));
}

}  // namespace
