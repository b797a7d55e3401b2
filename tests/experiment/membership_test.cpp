#include "experiment/membership.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "experiment/made.hpp"

namespace {

using namespace lbtest;

std::string written(const RemapFleet& fleet) {
    std::string out;
    for (const auto& b : fleet)
        out += b.name + '=' + std::to_string(static_cast<int>(b.weight)) + ' ';
    return out;
}
std::string change(const Scenario& s, const std::vector<std::string>& backends) {
    const auto m = membership_of(s, backends);
    return written(m.from) + "-> " + written(m.to);
}

// b0, b1 of weight 2 and c; b2 joins.
Scenario weighted() {
    auto s = scenario();
    s.backends[0].weight = 2;
    return s;
}

TEST(Membership, IsWithoutThoseWhoLeaveOrWithThoseWhoJoin) {
    const auto s = weighted();
    EXPECT_EQ(change(s, {"b0"}), "b0=2 b1=2 c=1 -> b1=2 c=1 ");
    EXPECT_EQ(change(s, {"b2"}), "b0=2 b1=2 c=1 -> b0=2 b1=2 c=1 b2=2 ");
    // Of a group those leave that are there.
    EXPECT_EQ(change(s, {"b0", "b1", "b2"}), "b0=2 b1=2 c=1 -> c=1 ");
    EXPECT_EQ(change(s, {}), "b0=2 b1=2 c=1 -> b0=2 b1=2 c=1 ");
}

TEST(Membership, IsOfThoseThatShareTheKeys) {
    for (const auto apart : {0, 1, 2, 3}) {
        auto s = weighted();
        if (apart == 0) s.backends[1].pool = "other";
        if (apart == 1) s.backends[1].priority = 1;
        if (apart == 2) s.backends[1].weight = 0;
        if (apart == 3) {
            s.backends[1].tier = 1;
            s.behind.emplace_back().policy = "db";
        }
        EXPECT_EQ(change(s, {"b0"}), "b0=2 b1=2 -> b1=2 ") << apart;
        EXPECT_EQ(change(s, {"c"}), apart == 2 ? "b0=2 b1=2 -> b0=2 b1=2 " : "c=1 -> ") << apart;
        EXPECT_EQ(membership_of(s, std::vector<std::string>{"c"}).tier->policy == "db", apart == 3);
    }
}

Scenario hashing(const std::string& policy, const Keys& keys) {
    const auto all = lb::builtin_policies();
    auto s = scenario();
    s.clients.resize(1);
    s.clients[0].keys = keys;
    s.balancers.policy = policy;
    lb::Defaults defaults;
    s.balancers.make_policy = all.find(policy)->configure(defaults);
    return s;
}

TEST(MoveKeys, MovesAsManyAsClientsHaveByThePolicyOfTheScenario) {
    const std::vector<std::string> b0{"b0"}, b2{"b2"};
    auto s = hashing("rendezvous", UniformKeys{9000});
    s.clients.emplace_back().keys = ZipfKeys{.count = 5000, .s = 1};
    const auto moved = move_keys(s, b0);
    EXPECT_EQ(moved.keys, 9000u);
    ASSERT_EQ(moved.rows.size(), 1u);
    const auto& row = moved.rows.front();
    EXPECT_EQ(row.policy, "rendezvous");
    // Five standard deviations.
    EXPECT_NEAR(static_cast<double>(row.moved), 3000, 5 * std::sqrt(9000 * 2 / 9.0));
    EXPECT_EQ(row.needless, 0u);
    EXPECT_GT(move_keys(hashing("hash_mod", UniformKeys{9000}), b0).rows[0].needless, 2000u);
    EXPECT_GT(move_keys(hashing("jump", UniformKeys{9000}), b2).rows[0].reordered, 2000u);
}

TEST(MoveKeys, NumbersTheKeysOfAllKinds) {
    const auto count = [](const Keys& keys) {
        return move_keys(hashing("hash_mod", keys), {}).keys;
    };
    EXPECT_EQ(count(UniqueKeys{}), RemapRow::kTried);
    EXPECT_EQ(count(UniformKeys{7}), 7u);
    EXPECT_EQ(count(ZipfKeys{.count = 10'000'000, .s = 1}), RemapRow::kTried);
    EXPECT_EQ(count(IpKeys{.clients = 50}), 50u);
    EXPECT_EQ(count(SessionKeys{.count = 60, .lasts = {}}), 60u);
}

}  // namespace
