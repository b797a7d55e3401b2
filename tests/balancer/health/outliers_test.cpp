#include "balancer/health/outliers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::medians_of_others;
using lb::rate_band;

TEST(RateBand, IsTheMeanAndSoManyDeviationsBelowIt) {
    struct Case {
        std::vector<double> rates;
        double factor, mean, threshold;
    };
    for (const auto& c :
         {Case{{100, 100, 100, 100, 50}, 1.9, 90, 52}, Case{{50, 100, 100, 100, 100}, 1.9, 90, 52},
          Case{{80}, 1.9, 80, 80}, Case{{0, 0, 0}, 5, 0, 0}, Case{{0, 100}, 1, 50, 0},
          Case{{20, 40, 60, 80}, 0, 50, 50}}) {
        const auto band = rate_band(c.rates, c.factor);
        EXPECT_DOUBLE_EQ(band.mean, c.mean);
        EXPECT_DOUBLE_EQ(band.threshold, c.threshold);
    }
}

// One of n is sqrt(n - 1) deviations from their mean at most: 1.73 of four, 2 of five.
TEST(RateBand, FindsOneThatFailsEverythingFromFiveBackendsOn) {
    for (std::size_t n = 1; n != 12; ++n) {
        std::vector<double> rates(n, 100);
        rates.back() = 0;
        EXPECT_EQ(0 < rate_band(rates, 1.9).threshold, n >= 5) << n;
    }
}

TEST(MediansOfOthers, LeaveOutOneOfEachValue) {
    struct Case {
        std::vector<double> values, medians;
    };
    for (const auto& c :
         {Case{{1, 2}, {2, 1}}, Case{{1, 2, 3}, {2.5, 2, 1.5}}, Case{{3, 1, 2}, {1.5, 2.5, 2}},
          Case{{5, 5, 5}, {5, 5, 5}}, Case{{1, 1, 9}, {5, 5, 1}}, Case{{1, 1, 9, 9}, {9, 9, 1, 1}}})
        EXPECT_EQ(medians_of_others(c.values), c.medians);
}

TEST(MediansOfOthers, AreThoseOfEachListWithoutItsOwn) {
    lb::Rng rng{1};
    for (int round = 0; round != 500; ++round) {
        std::vector<double> values(2 + rng.below(9));
        for (auto& value : values) value = static_cast<double>(rng.below(6));
        const auto medians = medians_of_others(values);
        for (std::size_t i = 0; i != values.size(); ++i) {
            auto others = values;
            others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
            std::sort(others.begin(), others.end());
            const auto n = others.size();
            EXPECT_EQ(medians[i], (others[(n - 1) / 2] + others[n / 2]) / 2);
        }
    }
}

}  // namespace
