#include "balancer/policies/ketama/ketama.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::ketama::Ketama;
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

// Recorded from libketama, compiled and run (tests/vectors/public-libketama.json).
TEST(Ketama, SendsKeysWhereLibketamaDoes) {
    Pool pool{make<Ketama>()};
    pool.add("10.0.1.1:11211", 600);
    pool.add("10.0.1.2:11211", 300);
    pool.add("10.0.1.3:11211", 200);
    EXPECT_EQ(pool.pick("user0"), pool.ids[0]);
    EXPECT_EQ(pool.pick("/img/7.png"), pool.ids[2]);
    EXPECT_EQ(pool.pick("1b7b3222"), pool.ids[0]);
}

TEST(Ketama, MovesOnlyTheKeysOfALeavingServerAmongEquals) {
    Pool pool{make<Ketama>()};
    for (int i = 0; i != 5; ++i) pool.add();
    const auto before = owners(pool);
    pool.remove(pool.ids[2]);
    const auto after = owners(pool);
    for (std::size_t k = 0; k != kKeys; ++k)
        if (before[k] != "b2") { ASSERT_EQ(after[k], before[k]); }
}

TEST(Ketama, SendsTheKeysOfTheExcludedToTheNextPointAsIfTheyWereNotThere) {
    Pool pool{make<Ketama>()}, without{make<Ketama>()};
    for (int i = 0; i != 5; ++i) pool.add();
    for (int i : {0, 1, 3}) without.add(numbered("b", static_cast<std::uint64_t>(i)));
    const auto before = owners(pool);
    pool.exclude(pool.ids[2]);
    pool.exclude(pool.ids[4]);
    EXPECT_EQ(owners(pool), owners(without));
    pool.admit(pool.ids[2]);
    pool.admit(pool.ids[4]);
    EXPECT_EQ(owners(pool), before);
}

TEST(Ketama, DeclinesWhenTheEligibleHaveNoPoint) {
    Pool pool{make<Ketama>()};
    pool.add(1000);
    pool.add(1);
    pool.exclude(pool.ids[0]);
    const auto decision = pool.balancer.pick({.key = "k"}, {});
    EXPECT_EQ(std::get<lb::Rejection>(decision), lb::Rejection::Declined);
    pool.reweigh(pool.ids[0], 10);
    EXPECT_EQ(pool.pick("k"), pool.ids[1]);
}

TEST(Ketama, TakesARequestWithoutAKeyForTheEmptyKey) {
    Pool pool{make<Ketama>()};
    for (int i = 0; i != 5; ++i) pool.add();
    const auto home = pool.pick();
    for (int i = 0; i != 10; ++i) EXPECT_EQ(pool.pick(""), home);
}

}  // namespace
