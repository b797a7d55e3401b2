#include "balancer/least_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"

namespace {

using lb::LeastTree;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Whether it finds what a scan of the keys finds.
void expect_least(const LeastTree<>& tree, const std::vector<std::optional<double>>& keys,
                  lb::Rng& rng) {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i != keys.size(); ++i)
        if (keys[i] && (!first || *keys[i] < *keys[*first])) first = i;
    ASSERT_EQ(tree.empty(), !first.has_value());
    if (!first) return;
    ASSERT_EQ(tree.least(), *keys[*first]);
    ASSERT_EQ(tree.first(), *first);
    const auto drawn = tree.draw(rng);
    ASSERT_LT(drawn, keys.size());
    ASSERT_EQ(keys[drawn], keys[*first]);
    std::optional<double> second;
    for (std::size_t i = 0; i != keys.size(); ++i)
        if (i != *first && keys[i] && (!second || *keys[i] < *second)) second = keys[i];
    double found = 0;
    ASSERT_EQ(tree.second(found), second.has_value());
    ASSERT_EQ(found, second.value_or(0));
}

TEST(LeastTree, FindsTheLeastAfterEveryShortHistory) {
    for (lbtest::Every e; e.next();) {
        lb::Rng rng{1};
        LeastTree<> tree;
        std::vector<std::optional<double>> keys;
        for (int step = 0; step != 4; ++step) {
            const auto place = static_cast<std::size_t>(e.below(3));
            if (place >= keys.size()) keys.resize(place + 1);
            tree.resize(keys.size());
            const double key[] = {1, -kInfinity, kInfinity};
            if (const auto what = e.below(4); what < 3)
                tree.set(place, key[what]), keys[place] = key[what];
            else
                tree.clear(place), keys[place].reset();
            ASSERT_NO_FATAL_FAILURE(expect_least(tree, keys, rng));
        }
    }
}

TEST(LeastTree, FindsTheLeastOfManyThroughRandomHistories) {
    lb::Rng rng{1};
    LeastTree<> tree;
    std::vector<std::optional<double>> keys;
    for (int step = 0; step != 30'000; ++step) {
        if (keys.size() < 100 && rng.below(10) == 0)
            tree.resize(keys.size() + 1), keys.emplace_back();
        if (keys.empty()) continue;
        const auto place = rng.below(keys.size());
        if (rng.below(3) == 0)
            tree.clear(place), keys[place].reset();
        else
            keys[place] = static_cast<double>(rng.below(20)), tree.set(place, *keys[place]);
        ASSERT_NO_FATAL_FAILURE(expect_least(tree, keys, rng));
    }
}

// 60,000 draws see a share off by 0.02 with probability 0.999.
TEST(LeastTree, DrawsUniformlyAmongEquals) {
    LeastTree<> tree;
    tree.resize(11);
    for (const std::size_t place : {0u, 3u, 4u, 5u, 9u, 10u}) tree.set(place, place == 4 ? 2 : 1);
    lb::Rng rng{1};
    std::vector<std::uint64_t> counts(11);
    for (int i = 0; i != 60'000; ++i) ++counts[tree.draw(rng)];
    EXPECT_TRUE(lbtest::fits(counts, {0.2, 0, 0, 0.2, 0, 0.2, 0, 0, 0, 0.2, 0.2}));
}

}  // namespace
