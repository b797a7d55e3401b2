#include "balancer/policies/katran/maglev.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::katran::Maglev;
using lb::katran_ring::Version;
using lbtest::make;
using lbtest::numbered;
using lbtest::Pool;

constexpr std::uint64_t kKeys = 5000;

std::vector<std::string> owners(Pool& pool) {
    std::vector<std::string> out;
    for (std::uint64_t k = 0; k != kKeys; ++k)
        out.push_back(pool.fleet.backend(pool.pick(numbered("key-", k))).name);
    return out;
}

Pool& fill(Pool& pool, int reals) {
    for (int i = 0; i != reals; ++i) pool.add();
    return pool;
}

Maglev::Config config(Version version, std::int64_t ring = 65537) {
    Maglev::Config c;
    c.version = version;
    c.ring = ring;
    return c;
}

TEST(KatranMaglev, LooksUpTheRingOfItsRealsByHash) {
    Pool pool{make<Maglev>(config(Version::V2, 251))};
    for (const double weight : {1, 2, 3}) pool.add(weight);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> reals;
    for (std::uint32_t i = 0; i != 3; ++i) reals.emplace_back(lb::hash_of(numbered("b", i)), i);
    std::sort(reals.begin(), reals.end());
    std::vector<lb::katran_ring::Endpoint> endpoints;
    for (const auto& [hash, i] : reals) endpoints.push_back({hash, i + 1});
    const auto ring = lb::katran_ring::build(endpoints, 251, Version::V2);
    for (std::uint64_t k = 0; k != 500; ++k) {
        const auto key = numbered("key-", k);
        EXPECT_EQ(index(pool.pick(key)), reals[ring[lb::hash_of(key) % 251]].second);
    }
}

TEST(KatranMaglev, BuildsTheRingWithoutTheExcluded) {
    Pool pool{make<Maglev>()}, without{make<Maglev>()};
    const auto before = owners(fill(pool, 5));
    for (int i : {0, 1, 2, 4}) without.add(numbered("b", static_cast<std::uint64_t>(i)));
    pool.exclude(pool.ids[3]);
    EXPECT_EQ(owners(pool), owners(without));
    pool.admit(pool.ids[3]);
    EXPECT_EQ(owners(pool), before);
}

// With V1 a lone entry may move from one of the others to another: some do, few.
TEST(KatranMaglev, MovesFewKeysOfTheOthersWhenOneLeaves) {
    Pool pool{make<Maglev>()};
    const auto before = owners(fill(pool, 10));
    pool.remove(pool.ids[3]);
    const auto after = owners(pool);
    std::size_t moved = 0, mine = 0;
    for (std::size_t k = 0; k != before.size(); ++k) {
        mine += before[k] == "b3";
        moved += before[k] != "b3" && before[k] != after[k];
    }
    EXPECT_GT(mine, kKeys / 15);
    EXPECT_GT(moved, 0u);
    EXPECT_LT(moved, kKeys / 20);
}

TEST(KatranMaglev, HeedsWeightsWithV2Only) {
    for (const auto version : {Version::V1, Version::V2}) {
        Pool pool{make<Maglev>(config(version))};
        pool.add(9);
        pool.add(1);
        const auto all = owners(pool);
        const auto share = static_cast<double>(std::count(all.begin(), all.end(), "b0")) / kKeys;
        EXPECT_NEAR(share, version == Version::V1 ? 0.5 : 0.9, 0.04);  // Five deviations.
    }
}

TEST(KatranMaglev, PassesTheKeysOfTheFullToTheNextPlaceAndKeepsTheRing) {
    Pool pool{make<Maglev>()};
    fill(pool, 2);
    const auto full = pool.ids.emplace_back(pool.fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "b2", .max_in_flight = 1}), 1, {}));
    const auto before = owners(pool);
    pool.load(full, 1);
    const auto meanwhile = owners(pool);
    for (std::size_t k = 0; k != before.size(); ++k) {
        ASSERT_NE(meanwhile[k], "b2");
        if (before[k] != "b2") { ASSERT_EQ(meanwhile[k], before[k]); }
    }
    pool.fleet.done(full, {});
    EXPECT_EQ(owners(pool), before);
}

struct Reader final : lb::Defaults {
    using Defaults::field;
    std::int64_t ring = 65537;
    std::vector<std::string> problems;
    void field(std::string_view name, std::int64_t& to, std::string_view, lb::Range) override {
        if (name == "ring") to = ring;
    }
    void problem(std::string_view name, std::string message, std::string hint) override {
        problems.push_back(std::string{name} + ": " + message + "; " + hint);
    }
};

TEST(KatranMaglev, WantsAPrimeNumberOfPlaces) {
    for (const std::int64_t ring : {65537, 7, 65536}) {
        Reader reader;
        reader.ring = ring;
        Maglev::Config{}.describe(reader);
        if (ring == 65536)
            EXPECT_EQ(reader.problems,
                      std::vector<std::string>{"ring: 65536 is not a prime; 65537"});
        else
            EXPECT_TRUE(reader.problems.empty());
    }
}

}  // namespace
