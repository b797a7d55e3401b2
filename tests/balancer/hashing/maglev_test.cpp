#include "balancer/hashing/maglev.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/hashing/ring.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::hash_of;
using lb::MaglevTable;

/// Entrants as Envoy makes them, numbered from 0.
std::vector<MaglevTable::Entrant> entrants(const std::vector<std::string>& names,
                                           std::uint64_t size,
                                           const std::vector<double>& weights = {}) {
    std::vector<MaglevTable::Entrant> out;
    for (std::uint32_t i = 0; i != names.size(); ++i)
        out.push_back({BackendId{i}, hash_of(names[i]) % size,
                       hash_of(names[i], 1) % (size - 1) + 1, weights.empty() ? 1 : weights[i]});
    return out;
}

std::vector<std::uint32_t> filled(std::uint64_t size, const std::vector<MaglevTable::Entrant>& e) {
    MaglevTable table;
    table.build(size, e);
    std::vector<std::uint32_t> out;
    for (const auto id : table.entries()) out.push_back(static_cast<std::uint32_t>(id));
    return out;
}

std::vector<std::uint32_t> shares(std::uint64_t size, const std::vector<MaglevTable::Entrant>& e) {
    std::vector<std::uint32_t> out(e.size());
    for (const auto id : filled(size, e)) ++out[id];
    return out;
}

std::vector<std::string> names(std::uint64_t n) {
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i != n; ++i) out.push_back(lbtest::numbered("backend-", i));
    return out;
}

// The example of the paper's table 1: three backends with these lists of wishes.
TEST(MaglevTable, FillsTheTableOfThePaper) {
    const std::vector<MaglevTable::Entrant> three{
        {BackendId{0}, 3, 4}, {BackendId{1}, 0, 2}, {BackendId{2}, 3, 1}};
    EXPECT_EQ(filled(7, three), (std::vector<std::uint32_t>{1, 0, 1, 0, 2, 2, 0}));
    const std::vector<MaglevTable::Entrant> without{three[0], three[2]};
    EXPECT_EQ(filled(7, without), (std::vector<std::uint32_t>{0, 0, 0, 0, 2, 2, 2}));
}

// Asserted by Envoy's maglev_lb_test.cc.
TEST(MaglevTable, FillsTheTablesOfEnvoysTests) {
    const std::vector<std::string> six{"127.0.0.1:90", "127.0.0.1:91", "127.0.0.1:92",
                                       "127.0.0.1:93", "127.0.0.1:94", "127.0.0.1:95"};
    EXPECT_EQ(filled(7, entrants(six, 7)), (std::vector<std::uint32_t>{2, 4, 0, 1, 5, 0, 3}));
    EXPECT_EQ(filled(17, entrants({six[0], six[1]}, 17, {0.8, 0.2})),
              (std::vector<std::uint32_t>{1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(MaglevTable, GivesEqualsPartsThatDifferByOneEntryAtMost) {
    for (const std::uint64_t n : {1u, 2u, 3u, 10u, 100u, 1009u}) {
        const auto parts = shares(1009, entrants(names(n), 1009));
        const auto [least, most] = std::minmax_element(parts.begin(), parts.end());
        EXPECT_LE(*most - *least, 1u) << n;
    }
}

TEST(MaglevTable, GivesPartsInProportionToWeightToWithinTwoEntries) {
    const std::vector<double> weights{1, 2, 3.5, 10, 0.25};
    const auto parts = shares(65537, entrants(names(5), 65537, weights));
    for (std::size_t i = 0; i != 5; ++i)
        EXPECT_NEAR(parts[i], 65537 * weights[i] / 16.75, 2) << weights[i];
}

TEST(MaglevTable, IsTheSameTableForWeightsOfTheSameProportions) {
    EXPECT_EQ(filled(1009, entrants(names(4), 1009, {1, 2, 4, 8})),
              filled(1009, entrants(names(4), 1009, {0.5, 1, 2, 4})));
}

// The paper's figure 12: few entries change hands between those that stay.
TEST(MaglevTable, MovesFewEntriesOfOthersWhenOneLeaves) {
    const auto all = entrants(names(50), 65537);
    auto rest = all;
    rest.erase(rest.begin() + 17);
    const auto before = filled(65537, all), after = filled(65537, rest);
    int moved = 0;
    for (std::size_t i = 0; i != before.size(); ++i)
        moved += before[i] != 17 && before[i] != after[i];
    EXPECT_LT(moved, 65537 * 2 / 100);
    EXPECT_GT(moved, 0) << "it is not a ring";
}

TEST(MaglevTable, LooksUpAHashByItsRemainder) {
    MaglevTable table;
    table.build(7, entrants(names(3), 7));
    for (std::uint64_t hash : {0ull, 6ull, 7ull, 1'000'000ull, ~0ull})
        EXPECT_EQ(table.at(hash), table.entries()[hash % 7]);
}

TEST(NextPrime, IsTheLeastPrimeNotBelow) {
    EXPECT_EQ(lb::next_prime(0), 2u);
    EXPECT_EQ(lb::next_prime(2), 2u);
    EXPECT_EQ(lb::next_prime(4), 5u);
    EXPECT_EQ(lb::next_prime(25), 29u);
    EXPECT_EQ(lb::next_prime(65536), 65537u);
    EXPECT_EQ(lb::next_prime(65538), 65539u);
    EXPECT_EQ(lb::next_prime(5'000'000), 5'000'011u);
}

}  // namespace
