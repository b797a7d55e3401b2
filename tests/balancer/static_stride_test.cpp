#include "balancer/static_stride.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using lb::StaticStride;
using Rule = StaticStride::Rule;
using Scaled = std::vector<std::uint16_t>;

Scaled scaled(const std::vector<double>& weights, Rule rule) {
    const auto made = StaticStride::make(weights, rule);
    return made ? Scaled(made->scaled().begin(), made->scaled().end()) : Scaled{};
}

TEST(StaticStride, ScalesWeightsSoThatTheGreatestIs65535) {
    EXPECT_EQ(scaled({5, 1, 1}, Rule::Go), (Scaled{65535, 13107, 13107}));
    EXPECT_EQ(scaled({0.5, 0.25, 0.125}, Rule::Go), (Scaled{65535, 32768, 16384}));
}

TEST(StaticStride, TakesAnUnknownWeightForTheMeanOfTheKnown) {
    EXPECT_EQ(scaled({100, 200, 300, 0}, Rule::Go), (Scaled{21845, 43690, 65535, 43690}));
    EXPECT_EQ(scaled({100, 0, 200, 300}, Rule::Cpp), (Scaled{21845, 43690, 43690, 65535}));
}

TEST(StaticStride, CapsWeightsInCppButNotInGo) {
    std::vector<double> weights(20, 1);
    weights.push_back(1000);
    EXPECT_EQ(scaled(weights, Rule::Cpp).front(), 135);
    EXPECT_EQ(scaled(weights, Rule::Go).front(), 66);
    EXPECT_EQ(scaled({1000, 1000, 1000, 0.5}, Rule::Cpp).back(), 492);
    EXPECT_EQ(scaled({1000, 1000, 1000, 0.5}, Rule::Go).back(), 33);
}

TEST(StaticStride, IsNothingWhenPlainTurnsDo) {
    for (const auto& weights :
         std::vector<std::vector<double>>{{}, {3}, {0, 0}, {0, 2, 0}, {1, 1, 1}})
        EXPECT_FALSE(StaticStride::make(weights, Rule::Go)) << weights.size();
    EXPECT_FALSE(StaticStride::make(std::vector<double>{0, 0}, Rule::Cpp));
    EXPECT_TRUE(StaticStride::make(std::vector<double>{0, 2, 0}, Rule::Cpp)) << "one is enough";
}

TEST(StaticStride, PicksEachExactlyAsOftenAsItsWeightSaysInAWholePeriod) {
    const auto made = *StaticStride::make(std::vector<double>{5, 1, 3}, Rule::Go);
    std::vector<std::uint32_t> counts(3);
    for (std::uint32_t v = 0;;) {
        const auto picked = made.pick(v);
        if (v > 3 * 65535) break;
        ++counts[picked];
    }
    EXPECT_EQ(counts[0], 65535u);
    EXPECT_EQ(counts[1], 13107u);
    EXPECT_EQ(counts[2], 39321u);
}

// Recorded from grpc-go: neither smooth nor by deadlines.
TEST(StaticStride, PicksAsGrpcDoes) {
    const auto made = *StaticStride::make(std::vector<double>{5, 1, 1}, Rule::Go);
    std::uint32_t v = 0;
    for (const std::size_t expected : {0, 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1})
        EXPECT_EQ(made.pick(v), expected);
    v = 7;
    EXPECT_EQ(made.pick(v), 1u);
    EXPECT_EQ(v, 8u);
}

TEST(StaticStride, WrapsItsSequenceAround) {
    const auto made = *StaticStride::make(std::vector<double>{2, 1}, Rule::Go);
    std::uint32_t v = 0xffffffffu - 3;
    for (int i = 0; i != 10; ++i) EXPECT_LT(made.pick(v), 2u);
    EXPECT_LT(v, 20u);
}

}  // namespace
