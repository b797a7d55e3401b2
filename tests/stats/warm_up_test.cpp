#include "stats/warm_up.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/math.hpp"
#include "base/rng.hpp"

namespace {

using lbsim::mser5;

/// Noise about 1, and at first something that decays with that time constant.
std::vector<double> settling(double from, double steps, std::size_t n, std::uint64_t seed) {
    lb::Rng rng{seed};
    std::vector<double> out;
    for (std::size_t i = 0; i != n; ++i)
        out.push_back(1 + from * lb::exp(-static_cast<double>(i) / steps) + rng.unit() - 0.5);
    return out;
}

TEST(Mser5, CutsWhatHasNotSettled) {
    for (std::uint64_t seed = 0; seed != 20; ++seed) {
        const auto cut = mser5(settling(-20, 20, 1000, seed));
        ASSERT_TRUE(cut);
        // By 60 steps the rest of it is as large as the noise of a batch; by 150 it is gone.
        EXPECT_GE(*cut, 60u);
        EXPECT_LE(*cut, 200u);
        EXPECT_EQ(*cut % 5, 0u);
    }
}

TEST(Mser5, CutsLittleOfWhatIsSettled) {
    double cut = 0;
    for (std::uint64_t seed = 0; seed != 50; ++seed)
        cut += static_cast<double>(mser5(settling(0, 1, 1000, seed)).value_or(500));
    EXPECT_LT(cut / 50, 150);  // Of a thousand, on average.
}

TEST(Mser5, KnowsWhenNothingSettles) {
    std::vector<double> grows;
    for (int i = 0; i != 1000; ++i) grows.push_back(i);
    EXPECT_FALSE(mser5(grows));
    EXPECT_FALSE(mser5(std::vector<double>{1, 2, 3}));
}

}  // namespace
