#include "balancer/policies/envoy/hashing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "balancer/policies/envoy/maglev.hpp"
#include "balancer/policies/envoy/rendezvous_hash.hpp"
#include "balancer/policies/envoy/ring_hash.hpp"
#include "support/given.hpp"
#include "support/pool.hpp"

// What ring hash, Maglev and rendezvous hash have in common, and what each does alone.

namespace {

using lb::envoy::Maglev;
using lb::envoy::RendezvousHash;
using lb::envoy::RingHash;
using lbtest::make;
using lbtest::numbered;
using lbtest::Pool;
using lbtest::problems_of;
using Problems = std::vector<std::string>;

constexpr std::uint64_t kKeys = 5000;

/// Who gets each key, by name.
std::vector<std::string> owners(Pool& pool) {
    std::vector<std::string> out;
    for (std::uint64_t k = 0; k != kKeys; ++k)
        out.push_back(pool.fleet.backend(pool.pick(numbered("key-", k))).name);
    return out;
}
void fill(Pool& pool, const std::vector<std::string>& names) {
    for (const auto& name : names) pool.add(name);
}
lb::BackendId retried(Pool& pool, std::string_view key, std::vector<lb::BackendId> tried) {
    const auto decision = pool.balancer.pick({.key = key, .tried = tried}, {});
    const auto ticket = std::get<lb::Ticket>(decision);
    pool.done(ticket);
    return ticket.backend;
}
const std::vector<std::string> kNames{"red", "green", "blue", "white", "black"};

template <class P>
struct EnvoyTable : testing::Test {};
using Tables = testing::Types<Maglev, RendezvousHash, RingHash>;
TYPED_TEST_SUITE(EnvoyTable, Tables);

TYPED_TEST(EnvoyTable, IsBuiltOverTheHealthyOnly) {
    Pool pool{make<TypeParam>()}, without{make<TypeParam>()};
    fill(pool, kNames);
    fill(without, {"red", "blue", "white", "black"});
    const auto before = owners(pool);
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(owners(pool), owners(without));
    pool.admit(pool.ids[1]);
    EXPECT_EQ(owners(pool), before);
}

TYPED_TEST(EnvoyTable, SendsARequestWithoutAKeyAnywhere) {
    Pool pool{make<TypeParam>()};
    fill(pool, kNames);
    std::set<lb::BackendId> seen;
    for (int i = 0; i != 200; ++i) seen.insert(pool.pick());
    EXPECT_EQ(seen.size(), 5u);
}

TYPED_TEST(EnvoyTable, LetsARetryGoElsewhereMostly) {
    Pool pool{make<TypeParam>()};
    fill(pool, kNames);
    int same = 0;
    for (std::uint64_t k = 0; k != kKeys; ++k) {
        const auto key = numbered("key-", k);
        const auto home = retried(pool, key, {});
        same += retried(pool, key, {home}) == home;
    }
    EXPECT_NEAR(same / double(kKeys), 0.2, 0.06) << "but it may be the same";
}

TYPED_TEST(EnvoyTable, PassesOverAFullBackendWithoutMovingOtherKeys) {
    Pool pool{make<TypeParam>()};
    fill(pool, {"red", "green", "white"});
    const auto small = pool.ids.emplace_back(pool.fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "small", .max_in_flight = 1}), 1,
        {}));
    const auto before = owners(pool);
    pool.load(small, 1);
    const auto meanwhile = owners(pool);
    for (std::size_t k = 0; k != kKeys; ++k) {
        if (before[k] == "small")
            ASSERT_NE(meanwhile[k], "small");
        else
            ASSERT_EQ(meanwhile[k], before[k]);
    }
}

TYPED_TEST(EnvoyTable, SharesOutKeysInProportionToWeight) {
    typename TypeParam::Config config;
    Pool pool{make<TypeParam>(config)};
    for (const double weight : {1, 2, 5}) pool.add(weight);
    std::vector<double> counts(3);
    for (std::uint64_t k = 0; k != 40'000; ++k) ++counts[index(pool.pick(numbered("key-", k)))];
    // A ring of 1024 points is the roughest: five standard deviations of its shares.
    const double parts[] = {1 / 8., 2 / 8., 5 / 8.};
    for (std::size_t i = 0; i != 3; ++i) {
        const double p = parts[i];
        EXPECT_NEAR(counts[i] / 40'000, p, 5 * std::sqrt(p * (1 - p) * (1 / 1025. + 1 / 40'000.)));
    }
}

// At 100 percent and five alike, each has a fifth of the slots, and one more than they hold.
TYPED_TEST(EnvoyTable, KeepsEveryBackendWithinItsBound) {
    typename TypeParam::Config config;
    config.balance_factor = 100;
    Pool pool{make<TypeParam>(config)};
    fill(pool, kNames);
    for (int sent = 1; sent <= 500; ++sent) {
        pool.send("the one key");
        std::uint32_t most = 0;
        for (const auto id : pool.ids) most = std::max(most, pool.fleet.in_flight(id));
        ASSERT_LE(most, (static_cast<std::uint32_t>(sent) + 4) / 5 + 1);
    }
}

TYPED_TEST(EnvoyTable, LeavesAKeyAtHomeBelowTheBound) {
    typename TypeParam::Config config;
    config.balance_factor = 150;
    Pool bounded{make<TypeParam>(config)}, free{make<TypeParam>()};
    fill(bounded, kNames);
    fill(free, kNames);
    EXPECT_EQ(owners(bounded), owners(free));
    const auto home = bounded.pick("k");
    for (const auto id : bounded.ids) bounded.load(id, 10);
    EXPECT_EQ(bounded.pick("k"), home);
    bounded.load(home, 7);  // 17 > ceil(58 * 1.5 / 5) = 18 slots: not yet.
    EXPECT_EQ(bounded.pick("k"), home);
    bounded.load(home, 2);  // 19 against ceil(60 * 1.5 / 5) = 18.
    EXPECT_NE(bounded.pick("k"), home);
}

TYPED_TEST(EnvoyTable, RefusesABoundBelowTheAverage) {
    EXPECT_EQ(problems_of<TypeParam>({{"hash_balance_factor", 99}}),
              (Problems{"hash_balance_factor: a bound below the average load (100 or more)"}));
    EXPECT_TRUE(problems_of<TypeParam>({{"hash_balance_factor", 100}}).empty());
    EXPECT_TRUE(problems_of<TypeParam>({}).empty());
}

TEST(EnvoyMaglev, DoesNotCareInWhichOrderBackendsWereConfigured) {
    Pool one{make<Maglev>()}, other{make<Maglev>()};
    fill(one, kNames);
    fill(other, {"white", "black", "red", "blue", "green"});
    EXPECT_EQ(owners(one), owners(other));
}

TEST(EnvoyMaglev, TakesPrimesOnly) {
    EXPECT_EQ(problems_of<Maglev>({{"table_size", 65536}}),
              (Problems{"table_size: 65536 is not a prime (65537)"}));
    EXPECT_TRUE(problems_of<Maglev>({{"table_size", 7}}).empty());
}

// Asserted by Envoy's maglev_lb_test.cc.
TEST(EnvoyMaglev, TurnsTheHashOfARetryAsEnvoyDoes) {
    lb::envoy::MaglevHosts table{{.table_size = 7}};
    std::vector<std::string> names;
    std::vector<lb::NamedShare> shares;
    for (std::uint64_t i = 0; i != 6; ++i) names.push_back(numbered("127.0.0.1:9", i));
    for (std::uint32_t i = 0; i != 6; ++i) shares.push_back({names[i], lb::BackendId{i}, 1 / 6.});
    table.build(shares);
    for (const auto& [attempt, expected] : {std::pair{0u, 1u}, {1u, 0u}, {2u, 5u}})
        EXPECT_EQ(index(table.owner(table.find(10, attempt))), expected);
}

// Four backends on a ring of six: who gets two points depends on who was configured first.
TEST(EnvoyRingHash, RoundsSharesInTheOrderOfConfiguration) {
    RingHash::Config config;
    config.minimum_ring_size = config.maximum_ring_size = 6;
    Pool one{make<RingHash>(config)}, other{make<RingHash>(config)};
    fill(one, {"a", "b", "c", "d"});
    fill(other, {"b", "a", "d", "c"});
    EXPECT_NE(owners(one), owners(other));
}

TEST(EnvoyRingHash, DeclinesIfNobodyOnATinyRingHasRoom) {
    RingHash::Config config;
    config.minimum_ring_size = config.maximum_ring_size = 1;
    Pool pool{make<RingHash>(config)};
    pool.ids.push_back(pool.fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "full", .max_in_flight = 1}), 1,
        {}));
    pool.add("no point");
    pool.send();
    EXPECT_EQ(std::get<lb::Rejection>(pool.balancer.pick({}, {})), lb::Rejection::Declined);
}

TEST(EnvoyRingHash, RefusesALeastSizeAboveTheGreatest) {
    EXPECT_EQ(problems_of<RingHash>({{"maximum_ring_size", 512}}),
              (Problems{"minimum_ring_size: more than maximum_ring_size (512)"}));
}

TEST(EnvoyRendezvousHash, MovesOnlyTheKeysOfABackendThatLeaves) {
    Pool pool{make<RendezvousHash>()};
    fill(pool, kNames);
    const auto before = owners(pool);
    pool.remove(pool.ids[2]);
    const auto after = owners(pool);
    for (std::size_t k = 0; k != kKeys; ++k) {
        if (before[k] == "blue") continue;
        ASSERT_EQ(after[k], before[k]);
    }
}

}  // namespace
