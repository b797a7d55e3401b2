#include "balancer/weight_tree.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"

namespace {

using lb::WeightTree;

WeightTree tree_of(const std::vector<double>& weights) {
    WeightTree tree;
    tree.resize(weights.size());
    for (std::size_t i = 0; i != weights.size(); ++i) tree.set(i, weights[i]);
    return tree;
}

/// The first place at which the sum of the weights so far exceeds the point.
std::size_t by_prefix_sums(const std::vector<double>& weights, double point) {
    std::size_t i = 0;
    for (double sum = weights[0]; sum <= point; sum += weights[++i]) {}
    return i;
}

TEST(WeightTree, FindsEveryPointWherePrefixSumsDo) {
    for (lbtest::Every e; e.next();) {
        std::vector<double> weights(static_cast<std::size_t>(1 + e.below(5)));
        int total = 0;
        for (auto& weight : weights) {
            const int whole = e.below(4);
            weight = whole;
            total += whole;
        }
        if (total == 0) continue;
        const auto tree = tree_of(weights);
        ASSERT_EQ(tree.total(), total);
        for (int point = 0; point != total; ++point)
            for (const double within : {0.25, 0.75})
                ASSERT_EQ(tree.at((point + within) / total),
                          by_prefix_sums(weights, point + within));
    }
}

TEST(WeightTree, AgreesWithPrefixSumsWhileItGrowsAndChanges) {
    lb::Rng rng{1};
    WeightTree tree;
    std::vector<double> weights;
    double total = 0;
    for (int step = 0; step != 20'000; ++step) {
        if (rng.below(40) == 0) {
            weights.resize(weights.size() + rng.below(4), 0);
            tree.resize(weights.size());
        }
        if (weights.empty()) continue;
        const auto place = rng.below(weights.size());
        const auto weight = static_cast<double>(rng.below(3) == 0 ? 0 : 1 + rng.below(100));
        total += weight - weights[place];
        weights[place] = weight;
        tree.set(place, weight);
        ASSERT_EQ(tree.size(), weights.size());
        ASSERT_EQ(tree.total(), total);
        if (total == 0) continue;
        const auto point = static_cast<double>(rng.below(static_cast<std::uint64_t>(total))) + 0.5;
        ASSERT_EQ(tree.at(point / total), by_prefix_sums(weights, point));
    }
}

TEST(WeightTree, NeverDrawsAPlaceWithoutWeightEvenWhereRoundingTempts) {
    constexpr double kJustBelowOne = 1 - 0x1.0p-53;
    lb::Rng rng{2};
    for (int round = 0; round != 20'000; ++round) {
        std::vector<double> weights(1 + rng.below(9));
        bool any = false;
        for (auto& weight : weights) {
            weight = rng.below(2) == 0 ? 0 : std::ldexp(rng.unit() + 1, 80 - int(rng.below(160)));
            any = any || weight != 0;
        }
        if (!any) continue;
        const auto tree = tree_of(weights);
        for (const double unit : {0.0, 0x1.0p-53, rng.unit(), kJustBelowOne})
            ASSERT_GT(weights[tree.at(unit)], 0) << "at " << unit;
    }
}

TEST(WeightTree, TakesTheFirstAndTheLastPlaceWithWeightAtTheEnds) {
    const auto tree = tree_of({0, 0, 3, 1, 2, 0, 0});
    EXPECT_EQ(tree.at(0), 2u);
    EXPECT_EQ(tree.at(1 - 0x1.0p-53), 4u);
}

TEST(WeightTree, ForgetsWeightsThatWereWithoutARemainder) {
    WeightTree tree = tree_of({0.1, 0.2, 0.3});
    const WeightTree fresh = tree;
    lb::Rng rng{3};
    for (int i = 0; i != 100'000; ++i) tree.set(rng.below(3), 1e9 * rng.unit());
    tree.set(0, 0.1);
    tree.set(1, 0.2);
    tree.set(2, 0.3);
    EXPECT_EQ(tree.total(), fresh.total());
}

// A share that is off by 0.005 is seen with probability 0.999: 400,000 draws.
TEST(WeightTree, DrawsInProportionToWeight) {
    const auto tree = tree_of({1, 0, 2.5, 0.5, 4});
    lb::Rng rng{4};
    std::vector<std::uint64_t> counts(5);
    for (int i = 0; i != 400'000; ++i) ++counts[tree.at(rng.unit())];
    EXPECT_TRUE(lbtest::fits(counts, {1 / 8.0, 0, 2.5 / 8, 0.5 / 8, 4 / 8.0}));
}

TEST(WeightTree, OfNothingWeighsNothing) {
    WeightTree tree;
    EXPECT_EQ(tree.total(), 0);
    tree.resize(3);
    EXPECT_EQ(tree.total(), 0);
    tree.resize(1);
    EXPECT_EQ(tree.size(), 3u);
}

TEST(WeightTreeDeathTest, StopsAtADrawFromNothingAndAtNegativeWeights) {
    WeightTree tree = tree_of({0, 0});
    EXPECT_DEATH(tree.at(0.5), "broken expectation");
    EXPECT_DEATH(tree.set(0, -1), "broken expectation");
    EXPECT_DEATH(tree.set(2, 1), "broken expectation");
}

}  // namespace
