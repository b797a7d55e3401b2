#include "base/sampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"

namespace {

using lb::KeyedRng;
using lb::Rng;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double exponential_cdf(double x) { return x <= 0 ? 0 : -std::expm1(-x); }

// 16 million draws in 256 cells of one size: a cell that is off by 0.7 % of its share in each half
// of them is seen with probability 0.999; each layer of a ziggurat has about a cell's share.
constexpr int kMany = 16'000'000;
constexpr std::size_t kCells = 256;

std::size_t cell(double share) {
    return std::min(static_cast<std::size_t>(share * kCells), kCells - 1);
}

template <class Draw>
std::vector<double> sample(std::size_t n, Draw&& draw) {
    std::vector<double> values(n);
    for (double& value : values) value = draw();
    return values;
}

TEST(Ziggurat, HasLayersOfOneAreaThatReachTheTop) {
    for (const auto* layers : {&lb::ziggurat::kExponential, &lb::ziggurat::kNormal}) {
        const double area = (*layers)[0].step * (*layers)[0].height;
        for (std::size_t i = 0; i < layers->size(); ++i)
            EXPECT_NEAR((*layers)[i].step * (*layers)[i].height / area, 1, 1e-12) << i;
        EXPECT_EQ(layers->back().low + layers->back().height, 1);
        EXPECT_EQ(layers->back().inside, 0);
    }
}

TEST(Ziggurat, HasItsCornersOnTheDensity) {
    for (std::size_t i = 1; i < 256; ++i) {
        const auto& e = lb::ziggurat::kExponential[i];
        EXPECT_NEAR(std::exp(-e.step * 0x1p53) / e.low, 1, 1e-13) << i;
        EXPECT_NEAR(std::exp(-e.inside) / (e.low + e.height), 1, 1e-13) << i;
        const auto& n = lb::ziggurat::kNormal[i];
        EXPECT_NEAR(std::exp(-0.5 * n.step * n.step * 0x1p106) / n.low, 1, 1e-13) << i;
        EXPECT_NEAR(std::exp(-0.5 * n.inside * n.inside) / (n.low + n.height), 1, 1e-13) << i;
    }
}

TEST(Ziggurat, HasABaseThatHoldsTheTail) {
    const auto& e = lb::ziggurat::kExponential[0];
    const double tail = lb::ziggurat::kExponentialTail;
    EXPECT_NEAR(e.step * 0x1p53 * e.height / ((tail + 1) * std::exp(-tail)), 1, 1e-14);
    const auto& n = lb::ziggurat::kNormal[0];
    const double edge = lb::ziggurat::kNormalTail;
    const double beyond = std::sqrt(M_PI / 2) * std::erfc(edge / std::sqrt(2.0));
    EXPECT_NEAR(n.step * 0x1p53 * n.height / (edge * std::exp(-0.5 * edge * edge) + beyond), 1,
                1e-14);
}

TEST(ExponentialDraw, HasItsDistributionInEveryPart) {
    KeyedRng rng{1};
    std::vector<std::uint64_t> counts(kCells);
    for (int i = 0; i < kMany; ++i) ++counts[cell(1 - lb::exp(-lb::exponential(rng)))];
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(kCells, 1.0 / kCells)));
}

TEST(ExponentialDraw, HasItsDistributionBetweenTheCellsToo) {
    Rng rng{2};
    EXPECT_TRUE(
        lbtest::fits_cdf(sample(1'000'000, [&] { return lb::exponential(rng); }), exponential_cdf));
}

TEST(ExponentialDraw, KeepsItsTail) {
    KeyedRng rng{3};
    const double edge = lb::ziggurat::kExponentialTail;
    std::vector<double> beyond;
    for (int i = 0; i < kMany; ++i)
        if (const double x = lb::exponential(rng); x > edge) beyond.push_back(x - edge);
    const double share = std::exp(-edge);
    EXPECT_TRUE(
        lbtest::fits(std::array{std::uint64_t{beyond.size()}, kMany - std::uint64_t{beyond.size()}},
                     {share, 1 - share}));
    EXPECT_TRUE(lbtest::fits_cdf(beyond, exponential_cdf));
}

TEST(NormalDraw, HasItsDistributionInEveryPart) {
    KeyedRng rng{4};
    std::vector<std::uint64_t> counts(kCells);
    for (int i = 0; i < kMany; ++i) ++counts[cell(normal_cdf(lb::normal(rng)))];
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(kCells, 1.0 / kCells)));
}

TEST(NormalDraw, HasItsDistributionBetweenTheCellsToo) {
    Rng rng{5};
    EXPECT_TRUE(lbtest::fits_cdf(sample(1'000'000, [&] { return lb::normal(rng); }), normal_cdf));
}

TEST(NormalDraw, KeepsBothTails) {
    KeyedRng rng{6};
    const double edge = lb::ziggurat::kNormalTail;
    std::vector<double> beyond;
    std::uint64_t left = 0;
    for (int i = 0; i < kMany; ++i)
        if (const double x = lb::normal(rng); std::abs(x) > edge) {
            beyond.push_back(std::abs(x));
            left += x < 0;
        }
    const std::uint64_t right = beyond.size() - left;
    const double share = normal_cdf(-edge);
    EXPECT_TRUE(
        lbtest::fits(std::array{left, right, kMany - left - right}, {share, share, 1 - 2 * share}));
    EXPECT_TRUE(
        lbtest::fits_cdf(beyond, [&](double x) { return 1 - normal_cdf(-x) / normal_cdf(-edge); }));
}

TEST(GammaDraw, HasItsDistributionForEveryShape) {
    // A million draws: a cell that is off by 13 % of its share is seen with probability 0.999.
    for (const double shape : {0.05, 0.3, 0.999, 1.0, 1.5, 4.0, 30.0, 1e4}) {
        std::vector<double> edges;
        for (std::size_t i = 1; i < kCells; ++i)
            edges.push_back(
                boost::math::gamma_p_inv(shape, static_cast<double>(i) / double{kCells}));
        Rng rng{static_cast<std::uint64_t>(shape * 1000)};
        std::vector<std::uint64_t> counts(kCells);
        for (int i = 0; i < 1'000'000; ++i) {
            const auto at = std::upper_bound(edges.begin(), edges.end(), lb::gamma(rng, shape));
            ++counts[static_cast<std::size_t>(at - edges.begin())];
        }
        EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(kCells, 1.0 / kCells))) << shape;
    }
}

TEST(GammaDraw, IsNeverNegativeAndNeverNaNForTinyShapes) {
    Rng rng{7};
    for (int i = 0; i < 10'000; ++i) {
        const double x = lb::gamma(rng, 1e-9);
        ASSERT_TRUE(x >= 0) << x;
    }
}

TEST(Sampling, GivesTheSameNumbersOnEveryPlatform) {
    KeyedRng rng{8};
    std::uint64_t hash = 0xcbf29ce484222325u;
    const auto add = [&](double x) {
        hash = (hash ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(x * 0x1p40))) *
               0x100000001b3u;
    };
    for (int i = 0; i < 100'000; ++i) {
        add(lb::exponential(rng));
        add(lb::normal(rng));
        add(lb::gamma(rng, 2.5));
        add(lb::gamma(rng, 0.5));
    }
    EXPECT_EQ(hash, 8565753881337268828u);
}

}  // namespace
