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
    const RemapFleet fleets[] = {from, to};
    return remap(one, RemapKeys{keys}, fleets).at(0).rows.at(0);
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
            EXPECT_TRUE(row.round_trip_identity() && row.order_independent())
                << name << " of " << n;
            EXPECT_EQ(row_of(name, few, many).needless, 0u) << name << " of " << n;
            EXPECT_EQ(row_of(name, many, few).needless, 0u) << name << " of " << n;
        }
    }
    EXPECT_EQ(row_of("jump", fleet(5), fleet(9)).needless, 0u);
    EXPECT_EQ(row_of("jump", fleet(9), fleet(5)).needless, 0u);
    // From anywhere but the end it does.
    EXPECT_GT(row_of("jump", fleet(5), {{"b1"}, {"b2"}, {"b3"}, {"b4"}}).needless, 0u);
    EXPECT_FALSE(row_of("jump", fleet(5), fleet(6)).order_independent());
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
    const RemapFleet fleets[] = {fleet(3), fleet(3)};
    const auto row = remap(one, keys, fleets)[0].rows[0];
    std::uint64_t most = 0;
    for (const auto& line : row.matrix)
        most = std::max(most, *std::max_element(line.begin(), line.end()));
    EXPECT_GE(most, 2u);  // Both x.
}

TEST(RemapKeys, TellAsMuchAsFewerThatDoNotRepeat) {
    EXPECT_EQ(RemapKeys{1000}.independent(), 1000);
    // 3 of one and 1 of another: (3 + 1)^2 / (9 + 1).
    EXPECT_DOUBLE_EQ((RemapKeys{std::vector<std::string>{"x", "y", "x", "x"}}.independent()), 1.6);
    EXPECT_DOUBLE_EQ(RemapKeys::zipf(1000, 0).independent(), 1 / (1e-3 + (1 - 1e-3) / 1000));
    // The first of Zipf's keys is asked for 1 / H(1000) of the time: 13.36 %, +- 5 times 0.108 %.
    const auto keys = RemapKeys::zipf(100'000, 1);
    std::size_t first = 0;
    keys.each(100'000, [&](std::uint64_t, std::string_view key) { first += key == "0"; });
    double all = 0;
    for (int k = 1; k <= 100'000; ++k) all += 1.0 / k;
    const double share = 1 / all;
    EXPECT_NEAR(static_cast<double>(first) / 1e5, share, 5 * std::sqrt(share * (1 - share) / 1e5));
    EXPECT_LT(keys.independent(), 100);
}

// b5 joins and leaves again, then b1 leaves: together b1 left.
TEST(Remap, GoesStepByStepAndTellsWhatTheyComeToTogether) {
    auto left = fleet(5);
    left.erase(left.begin() + 1);
    const RemapFleet fleets[] = {fleet(5), fleet(6), fleet(5), left};
    const RemapPolicy two[] = {policy("ring_hash"), policy("jump")};
    const auto steps = remap(two, RemapKeys{20'000}, fleets);
    ASSERT_EQ(steps.size(), 4u);
    const auto& whole = steps[3];
    EXPECT_EQ(whole.from, fleet(5));
    EXPECT_EQ(whole.to, left);
    EXPECT_DOUBLE_EQ(whole.moved_least, 0.2);
    for (std::size_t p = 0; p != 2; ++p) {
        EXPECT_EQ(steps[0].rows[p].moved, steps[1].rows[p].moved);
        EXPECT_EQ(steps[0].rows[p].matrix, row_of(two[p].name, fleet(5), fleet(6)).matrix);
        EXPECT_EQ(steps[2].rows[p].matrix, whole.rows[p].matrix);
        EXPECT_EQ(whole.rows[p].matrix, row_of(two[p].name, fleet(5), left).matrix);
    }
    EXPECT_EQ(whole.rows[0].needless, 0u);
    EXPECT_GT(whole.rows[1].needless, 0u);
    EXPECT_FALSE(whole.rows[1].round_trip_identity());  // b1 comes back as the last.
}

TEST(Remap, DrawsTheRingsOfThoseThatHaveOne) {
    const RemapFleet fleets[] = {fleet(3), {{"b2", 1}, {"b0", 2}}};
    RemapMeters meters;
    meters.rings = true;
    for (const auto* name : {"ring_hash", "multi_probe", "ketama/ketama", "envoy/ring_hash",
                             "grpc/ring_hash", "bounded_load"}) {
        const RemapPolicy one[] = {policy(name)};
        const auto row = remap(one, RemapKeys{100}, fleets, meters)[0].rows[0];
        for (const auto* ring : {&row.ring_from, &row.ring_to}) {
            ASSERT_FALSE(ring->empty()) << name;
            EXPECT_TRUE(std::is_sorted(ring->begin(), ring->end(), [](auto& a, auto& b) {
                return a.at < b.at;
            })) << name;
            std::set<std::uint32_t> owners;
            for (const auto& point : *ring) owners.insert(point.backend);
            EXPECT_EQ(owners.size(), ring == &row.ring_from ? 3u : 2u) << name;
        }
    }
    const RemapPolicy one[] = {policy("maglev")};
    EXPECT_TRUE(remap(one, RemapKeys{100}, fleets, meters)[0].rows[0].ring_from.empty());
    const RemapPolicy ring[] = {policy("ring_hash")};
    const auto row = remap(ring, RemapKeys{10}, fleets, meters)[0].rows[0];
    EXPECT_EQ(row.ring_from.size(), 480u);
    // Of b0, the second of the new fleet, which weighs 2.
    EXPECT_EQ(std::count_if(row.ring_to.begin(), row.ring_to.end(),
                            [](const auto& p) { return p.backend == 1; }),
              320);
}

// The mean of the largest of n gamma laws of so many points (theory vectors ring-N-V-peak), in
// which a million keys are nearly infinitely many; 1 % is what the cube of a normal law is off.
TEST(Remap, ExpectsThePeakOfARing) {
    const struct {
        std::size_t backends;
        double peak;
    } cases[] = {{10, 1.1251394}, {100, 1.2063}};
    const auto row = row_of("ring_hash", fleet(9), fleet(10), 1'000'000);
    EXPECT_NEAR(*row.max_over_mean_theory, cases[0].peak, 0.01 * cases[0].peak);
    EXPECT_NEAR(*row.cv_theory, std::sqrt(9.0 / 1601), 0.001);
    EXPECT_FALSE(row_of("multi_probe", fleet(4), fleet(5)).cv_theory);
    EXPECT_FALSE(row_of("ring_hash", fleet(2), {{"a", 1}, {"b", 2}}).cv_theory);
}

// Chance gives each a binomial number: over 40 fleets the squares average to the theory's within
// five standard errors (each is a chi-square of 9 degrees, so 5 * sqrt(2 / 9 / 40) = 37 %).
TEST(Remap, ExpectsTheVariationOfChance) {
    double sum = 0, due = 0;
    for (std::size_t i = 0; i != 40; ++i) {
        RemapFleet names;
        for (std::size_t b = 0; b != 10; ++b)
            names.push_back({"n" + std::to_string(i) + "-" + std::to_string(b), 1});
        const auto row = row_of("rendezvous", names, names, 5000);
        sum += row.cv * row.cv;
        due += *row.cv_theory * *row.cv_theory;
    }
    EXPECT_NEAR(sum / due, 1, 0.37);
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
