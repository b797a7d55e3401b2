#include "experiment/remap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace {

using namespace lbsim;
using lbsim::RemapFleet;

const lb::Policies kPolicies = lb::builtin_policies();

RemapPolicy policy(const std::string& name) {
    const auto* entry = kPolicies.find(name);
    lb::Defaults defaults;
    return {name, name, entry->configure(defaults)};
}
RemapFleet fleet(std::size_t n) {
    RemapFleet out;
    for (std::size_t i = 0; i != n; ++i) out.push_back({"b" + std::to_string(i), 1});
    return out;
}
RemapRow row_of(const std::string& name, const RemapFleet& from, const RemapFleet& to,
                std::uint64_t keys = 20'000) {
    const RemapPolicy one[] = {policy(name)};
    return remap(one, RemapKeys{keys}, from, to).rows.at(0);
}

TEST(MovedLeast, IsWhatSharesGrowBy) {
    EXPECT_DOUBLE_EQ(moved_least(fleet(5), fleet(6)), 1.0 / 6);
    EXPECT_DOUBLE_EQ(moved_least(fleet(6), fleet(5)), 1.0 / 6);
    EXPECT_DOUBLE_EQ(moved_least(fleet(4), fleet(4)), 0);
    EXPECT_DOUBLE_EQ(moved_least({{"a", 1}, {"b", 1}}, {{"c", 1}, {"d", 1}}), 1);
    EXPECT_DOUBLE_EQ(moved_least({{"a", 1}, {"b", 1}}, {{"a", 3}, {"b", 1}}), 0.25);
}

// With hash mod n a key stays if its hash has the same residue by 5 and by 6: one in six.  The
// bound is five standard deviations: a false alarm in 2 million.
TEST(Remap, OfHashModMovesFiveSixthsFromFiveToSix) {
    const auto row = row_of("hash_mod", fleet(5), fleet(6), 100'000);
    EXPECT_DOUBLE_EQ(*row.moved_theory, 5.0 / 6);
    EXPECT_NEAR(static_cast<double>(row.moved) / 1e5, 5.0 / 6, 5 * std::sqrt(5.0 / 36 / 1e5));
    EXPECT_DOUBLE_EQ(*row_of("hash_mod", fleet(4), fleet(6)).moved_theory, 1 - 4.0 / 12);
    EXPECT_EQ(row_of("hash_mod", fleet(5), fleet(5)).moved, 0u);
}

TEST(Remap, MovesNothingNeedlesslyWhereBackendsJoinOrLeave) {
    lb::Rng rng{1};
    for (int i = 0; i != 12; ++i) {
        const auto n = 2 + rng.below(12);
        RemapFleet few, many = fleet(n);
        for (auto& b : many) b.weight = static_cast<double>(1 + rng.below(3));
        for (const auto& b : many)
            if (few.empty() || rng.chance(0.6)) few.push_back(b);
        for (const auto* name : {"rendezvous", "ring_hash"}) {
            const auto row = row_of(name, few, many);
            EXPECT_TRUE(row.round_trip_identity && row.order_independent) << name << " of " << n;
            EXPECT_EQ(row_of(name, few, many).needless, 0u) << name << " of " << n;
            EXPECT_EQ(row_of(name, many, few).needless, 0u) << name << " of " << n;
        }
    }
    EXPECT_EQ(row_of("jump", fleet(5), fleet(9)).needless, 0u);
    EXPECT_EQ(row_of("jump", fleet(9), fleet(5)).needless, 0u);
    // From anywhere but the end it does.
    EXPECT_GT(row_of("jump", fleet(5), {{"b1"}, {"b2"}, {"b3"}, {"b4"}}).needless, 0u);
    EXPECT_FALSE(row_of("jump", fleet(5), fleet(6)).order_independent);
}

// Five standard deviations, again.
TEST(Remap, OfSchemesThatMoveTheLeastMovesThat) {
    for (const auto* name : {"rendezvous", "jump"}) {
        const auto row = row_of(name, fleet(10), fleet(11), 100'000);
        EXPECT_DOUBLE_EQ(*row.moved_theory, 1.0 / 11) << name;
        EXPECT_NEAR(static_cast<double>(row.moved) / 1e5, 1.0 / 11, 5 * 0.00091) << name;
        EXPECT_NEAR(row.max_over_mean, 1, 5 * 0.0101) << name;
    }
}

TEST(Remap, OfOneKeyOverOneBackend) {
    const auto row = row_of("maglev", fleet(1), {{"other"}}, 1);
    EXPECT_EQ(row.moved, 1u);
    EXPECT_EQ(row.needless, 0u);
    EXPECT_EQ(row.max_over_mean, 1);
    EXPECT_EQ(row.cv, 0);
}

TEST(RemapKeys, MayBeTheUsersOwn) {
    const RemapKeys keys{std::vector<std::string>{"x", "y", "x"}};
    std::vector<std::string> seen;
    keys.each(2, [&](std::uint64_t i, std::string_view key) {
        EXPECT_EQ(i, seen.size());
        seen.emplace_back(key);
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"x", "y"}));
    const RemapPolicy one[] = {policy("ring_hash")};
    const auto row = remap(one, keys, fleet(3), fleet(3)).rows[0];
    std::uint64_t most = 0;
    for (const auto& line : row.matrix)
        most = std::max(most, *std::max_element(line.begin(), line.end()));
    EXPECT_GE(most, 2u);  // Both x.
}

/// All that go by keys.
class EveryRemap : public testing::TestWithParam<std::string> {};

TEST_P(EveryRemap, AccountsForEveryKey) {
    const auto from = fleet(4);
    RemapFleet to{{"b3", 1}, {"new", 2}, {"b0", 1}};
    const auto row = row_of(GetParam(), from, to, 5000);
    std::uint64_t all = 0, stayed = 0, between = 0;
    for (std::size_t f = 0; f != from.size(); ++f)
        for (std::size_t t = 0; t != to.size(); ++t) {
            all += row.matrix[f][t];
            stayed += from[f].name == to[t].name ? row.matrix[f][t] : 0;
            const bool both = (f == 0 || f == 3) && t != 1;
            between += both && from[f].name != to[t].name ? row.matrix[f][t] : 0;
        }
    EXPECT_EQ(all, 5000u);
    EXPECT_EQ(row.moved, 5000 - stayed);
    EXPECT_EQ(row.needless, between);
    EXPECT_GE(row.max_over_mean, 1);
    // Nothing moves where nothing changes.
    EXPECT_EQ(row_of(GetParam(), from, from, 5000).moved, 0u);
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryRemap, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const auto& [name, entry] : kPolicies)
                                 if (entry.equalises == lb::Equalises::Keys)
                                     names.emplace_back(name);
                             return names;
                         }()),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace(name.begin(), name.end(), '/', '_');
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
