#include "stats/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using lbsim::Histogram;
using lbtest::Every;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

/// A value of any magnitude, each as likely as another.
std::int64_t any_value(lb::Rng& rng) {
    return static_cast<std::int64_t>((rng() >> 1) >> rng.below(63));
}

std::vector<std::int64_t> any_values(lb::Rng& rng, std::size_t count) {
    std::vector<std::int64_t> values(count);
    for (auto& value : values) value = any_value(rng);
    return values;
}

Histogram of(const std::vector<std::int64_t>& values, int digits = 3) {
    Histogram histogram{digits};
    for (const std::int64_t value : values) histogram.record(value);
    return histogram;
}

/// Values around the places where buckets change: the first octave of width 2, and the ends.
const std::vector<std::int64_t> kCorners = {
    0, 1, 1023, 1024, 2047, 2048, 2049, 4095, 4096, std::int64_t{1} << 62, kLargest};

// ---- Buckets

TEST(Histogram, KeepsEveryValueWithinItsRelativeError) {
    std::int64_t scale = 1;
    for (int digits = 1; digits <= 5; ++digits) {
        scale *= 10;
        const Histogram histogram{digits};
        lb::Rng rng{static_cast<std::uint64_t>(digits)};
        for (int i = 0; i != 100'000; ++i) {
            const std::int64_t value = any_value(rng);
            const std::int64_t low = histogram.lowest_equivalent(value);
            const std::int64_t high = histogram.highest_equivalent(value);
            ASSERT_LE(low, value);
            ASSERT_GE(high, value);
            ASSERT_LE(high - low, low / scale) << value << " at " << digits << " digits";
        }
    }
}

TEST(Histogram, CutsEveryOctaveIntoTheNumberOfBucketsItStates) {
    const std::vector<std::int64_t> parts = {16, 128, 1024, 16'384, 131'072};
    for (int digits = 1; digits <= 5; ++digits) {
        const Histogram histogram{digits};
        const std::int64_t part = parts[static_cast<std::size_t>(digits - 1)];
        for (std::int64_t start = 2 * part; start <= kLargest / 4; start *= 2)
            ASSERT_EQ(histogram.highest_equivalent(start) + 1 - start, start / part);
    }
}

TEST(Histogram, TellsAllValuesBelowTwiceTenToTheDigitsApart) {
    std::int64_t exact = 2;
    for (int digits = 1; digits <= 5; ++digits) {
        exact *= 10;
        const Histogram histogram{digits};
        for (std::int64_t value = 0; value <= exact; ++value)
            ASSERT_FALSE(histogram.equivalent(value, value + 1)) << digits << " digits, " << value;
    }
}

TEST(Histogram, LeavesNoGapBetweenBuckets) {
    for (int digits = 1; digits <= 3; ++digits) {
        const Histogram histogram{digits};
        std::int64_t low = 0;
        for (;;) {
            const std::int64_t high = histogram.highest_equivalent(low);
            ASSERT_EQ(histogram.lowest_equivalent(low), low);
            ASSERT_EQ(histogram.lowest_equivalent(high), low);
            ASSERT_TRUE(histogram.equivalent(low, high));
            if (high == kLargest) break;
            ASSERT_FALSE(histogram.equivalent(high, high + 1));
            low = high + 1;
        }
    }
}

TEST(Histogram, ListsTheBucketsThatHoldSomethingFromTheLowestUp) {
    const Histogram histogram = of({5000, 7, 4096, 7, 4097, kLargest});
    const std::int64_t width = std::int64_t{1} << 52;
    EXPECT_EQ(histogram.buckets(), (std::vector<Histogram::Bucket>{
                                       {7, 7, 2},
                                       {4096, 4099, 2},
                                       {5000, 5003, 1},
                                       {kLargest - width + 1, kLargest, 1},
                                   }));
}

TEST(Histogram, PutsEveryRecordedValueIntoItsBucket) {
    lb::Rng rng{1};
    for (int digits = 1; digits <= 4; ++digits) {
        auto values = any_values(rng, 5000);
        const Histogram histogram = of(values, digits);
        std::sort(values.begin(), values.end());
        auto value = values.begin();
        for (const auto& bucket : histogram.buckets()) {
            ASSERT_GT(bucket.count, 0u);
            for (std::uint64_t i = 0; i != bucket.count; ++i, ++value) {
                ASSERT_NE(value, values.end());
                ASSERT_GE(*value, bucket.low);
                ASSERT_LE(*value, bucket.high);
            }
        }
        EXPECT_EQ(value, values.end());
    }
}

// ---- Quantiles

TEST(Histogram, FindsTheRankThatTheDecimalNumberMeans) {
    // 1 ... n are told apart, so that the quantile is the rank.  Rounding up 0.07 * 100 as it comes
    // would give 8.
    Histogram histogram{4};
    for (std::int64_t n = 1; n <= 2000; ++n) {
        histogram.record(n);
        for (const std::int64_t parts : {std::int64_t{100}, std::int64_t{1000}, n})
            for (std::int64_t k = 1; k <= parts; k += (n > 200 ? 7 : 1)) {
                const double q = static_cast<double>(k) / static_cast<double>(parts);
                ASSERT_EQ(histogram.at_quantile(q), (k * n + parts - 1) / parts)
                    << k << "/" << parts << " of " << n;
            }
    }
}

TEST(Histogram, FindsTheRankAmongBillions) {
    for (std::uint64_t n = 10; n <= 1'000'000'000'000; n *= 10)
        for (std::uint64_t k = 1; k != 10'000; ++k) {
            const std::uint64_t rank = (k * n + 9999) / 10'000;
            Histogram histogram;
            histogram.record(1, rank - 1);
            histogram.record(2, 1);
            histogram.record(3, n - rank);
            ASSERT_EQ(histogram.at_quantile(static_cast<double>(k) / 10'000), 2) << k << " " << n;
        }
}

TEST(Histogram, AgreesWithASortedListOnEveryShortSequenceOfValues) {
    for (Every e; e.next();) {
        std::vector<std::int64_t> values(1 + e.below(std::size_t{4}));
        for (auto& value : values) value = kCorners[e.below(kCorners.size())];
        const Histogram histogram = of(values);
        std::sort(values.begin(), values.end());
        ASSERT_EQ(histogram.min(), values.front());
        ASSERT_EQ(histogram.max(), values.back());
        ASSERT_EQ(histogram.count(), values.size());
        for (std::size_t rank = 1; rank <= values.size(); ++rank) {
            const double q = static_cast<double>(rank) / static_cast<double>(values.size());
            ASSERT_EQ(histogram.at_quantile(q),
                      std::min(histogram.highest_equivalent(values[rank - 1]), values.back()));
            ASSERT_EQ(histogram.at_quantile(q - 0.125), histogram.at_quantile(q));
        }
    }
}

TEST(Histogram, AgreesWithASortedListOnManyValues) {
    lb::Rng rng{2};
    for (int round = 0; round != 50; ++round) {
        const int digits = 1 + round % 5;
        auto values = any_values(rng, 1 + rng.below(20'000));
        const Histogram histogram = of(values, digits);
        std::sort(values.begin(), values.end());
        for (std::size_t k = 1; k <= 1000; k += (digits < 4 ? 3 : 111)) {
            const std::size_t rank = (k * values.size() + 999) / 1000;
            ASSERT_EQ(histogram.at_quantile(static_cast<double>(k) / 1000),
                      std::min(histogram.highest_equivalent(values[rank - 1]), values.back()));
        }
    }
}

TEST(Histogram, GivesTheExactExtremesAsTheQuantilesZeroAndOne) {
    const Histogram histogram = of({1'000'003, 7'654'321, 123'456'789});
    EXPECT_EQ(histogram.at_quantile(0), 1'000'003);
    EXPECT_EQ(histogram.at_quantile(1), 123'456'789);
}

TEST(Histogram, GivesTheLastValueAsQuantileOneWhenCountsExceedTheIntegersOfADouble) {
    Histogram histogram;
    histogram.record(1, (std::uint64_t{1} << 53) + 2);
    histogram.record(2, 1);
    EXPECT_EQ(histogram.at_quantile(1), 2);
}

TEST(Histogram, CountsInfiniteValuesBeyondAllRecordedOnes) {
    lb::Rng rng{3};
    for (int round = 0; round != 200; ++round) {
        auto values = any_values(rng, rng.below(200));
        const std::uint64_t infinite = rng.below(200) + (values.empty() ? 1 : 0);
        const Histogram histogram = of(values);
        std::sort(values.begin(), values.end());
        for (std::size_t k = 1; k <= 1000; ++k) {
            const std::size_t rank = (k * (values.size() + infinite) + 999) / 1000;
            std::optional<std::int64_t> expected;
            if (rank <= values.size())
                expected = std::min(histogram.highest_equivalent(values[rank - 1]), values.back());
            ASSERT_EQ(histogram.at_quantile(static_cast<double>(k) / 1000, infinite), expected);
        }
    }
}

TEST(Histogram, GivesTheQuantileZeroAsTheMinimumUnlessAllValuesAreInfinite) {
    EXPECT_EQ(of({5000, 6000}).at_quantile(0, 10), 5000);
    EXPECT_EQ(Histogram{}.at_quantile(0, 10), std::nullopt);
}

TEST(Histogram, CountsValuesAboveAndAtMostAnotherByBucket) {
    lb::Rng rng{4};
    for (int round = 0; round != 50; ++round) {
        const auto values = any_values(rng, rng.below(500));
        const Histogram histogram = of(values, 1 + round % 3);
        for (int i = 0; i != 200; ++i) {
            const std::int64_t bound = any_value(rng);
            const auto above = std::count_if(values.begin(), values.end(), [&](std::int64_t value) {
                return value > histogram.highest_equivalent(bound);
            });
            ASSERT_EQ(histogram.count_above(bound), static_cast<std::uint64_t>(above));
            ASSERT_EQ(histogram.count_at_most(bound), values.size() - histogram.count_above(bound));
        }
    }
}

TEST(Histogram, HasNothingAtMostANegativeValue) {
    EXPECT_EQ(of({0, 1}).count_at_most(-1), 0u);
    EXPECT_EQ(of({0, 1}).count_above(std::numeric_limits<std::int64_t>::min()), 2u);
}

// ---- Moments

TEST(Histogram, KnowsTheMeanOfWhatWasRecordedAndNotOfItsBuckets) {
    EXPECT_EQ(of({1'000'001, 1'000'002, 1'000'006}).mean(), 1'000'003.0);
    EXPECT_EQ(of({0, 1}).mean(), 0.5);
}

TEST(Histogram, AddsUpMoreThanSixtyFourBits) {
    Histogram histogram;
    histogram.record(std::int64_t{1} << 62, 1'000'000'000'000);
    histogram.record(0, 3'000'000'000'000);
    EXPECT_EQ(histogram.mean(), 0x1p60);
    const Histogram singly = of({kLargest, kLargest, kLargest, kLargest, kLargest});
    EXPECT_EQ(singly.mean(), 0x1p63);  // As a double.
}

// ---- Recording and merging

TEST(Histogram, RecordsManyAtOnceAsOneByOne) {
    lb::Rng rng{5};
    Histogram at_once, one_by_one;
    for (int i = 0; i != 300; ++i) {
        const std::int64_t value = any_value(rng);
        const std::uint64_t count = rng.below(5);
        at_once.record(value, count);
        for (std::uint64_t k = 0; k != count; ++k) one_by_one.record(value);
        ASSERT_EQ(at_once, one_by_one);
    }
}

TEST(Histogram, IsTheSameInWhateverOrderValuesCome) {
    lb::Rng rng{6};
    for (int round = 0; round != 50; ++round) {
        auto values = any_values(rng, 1 + rng.below(50));
        const Histogram histogram = of(values);
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[rng.below(i)]);
        ASSERT_EQ(of(values), histogram);
    }
}

TEST(Histogram, MergesIntoWhatRecordingAllValuesGives) {
    for (Every e; e.next();) {
        std::vector<std::int64_t> left(e.below(std::size_t{3})), right(e.below(std::size_t{3}));
        for (auto& value : left) value = kCorners[e.below(kCorners.size())];
        for (auto& value : right) value = kCorners[e.below(kCorners.size())];
        Histogram merged = of(left);
        merged.merge(of(right));
        left.insert(left.end(), right.begin(), right.end());
        ASSERT_EQ(merged, of(left));
    }
}

TEST(Histogram, DoublesWhenMergedWithItself) {
    const std::vector<std::int64_t> values = {3, 5000, 70'000'000};
    Histogram doubled = of(values);
    doubled.merge(doubled);
    Histogram expected = of(values);
    for (const std::int64_t value : values) expected.record(value);
    EXPECT_EQ(doubled, expected);
}

TEST(Histogram, DiffersFromOneThatHasSeenOtherValues) {
    EXPECT_NE(of({5000}), of({5001}));  // One bucket, but another mean.
    EXPECT_NE(of({5000}), of({5000, 5000}));
    EXPECT_NE(of({5}, 2), of({5}, 3));
}

// ---- Memory

TEST(Histogram, TakesMemoryForTheOctavesBetweenTheSmallestAndTheLargestValueOnly) {
    const std::size_t octave = 1024 * sizeof(std::uint64_t);
    Histogram histogram;
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram);
    histogram.record(1'000'000);
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + octave);
    histogram.record(1'000'000, 1'000'000'000'000);
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + octave);
    histogram.record(4'000'000);
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + 3 * octave);
    histogram.record(400'000);
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + 4 * octave);
    for (int i = 400'000; i != 4'000'000; ++i) histogram.record(i);
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + 4 * octave);
}

TEST(Histogram, MergesWithoutMoreMemoryThanBothRangesTogether) {
    const std::size_t octave = 1024 * sizeof(std::uint64_t);
    Histogram histogram = of({1'000'000});
    histogram.merge(of({4'000'000}));
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + 3 * octave);
    histogram.merge(Histogram{});
    EXPECT_EQ(histogram.memory_bytes(), sizeof histogram + 3 * octave);
}

// ---- What the caller owes

TEST(HistogramDeathTest, TakesNoNegativeValue) {
    for (const std::int64_t value : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
        Histogram histogram = of(kCorners, 1);
        EXPECT_DEATH(histogram.record(value), "broken expectation");
        EXPECT_DEATH(histogram.record(value, 2), "broken expectation");
    }
}

TEST(HistogramDeathTest, TakesOneToFiveDigits) {
    EXPECT_DEATH(Histogram{0}, "broken expectation");
    EXPECT_DEATH(Histogram{6}, "broken expectation");
}

TEST(HistogramDeathTest, MergesNoOtherNumberOfDigits) {
    Histogram histogram{2};
    EXPECT_DEATH(histogram.merge(Histogram{3}), "broken expectation");
}

TEST(HistogramDeathTest, HasNoQuantilesWithoutValues) {
    const Histogram histogram;
    EXPECT_DEATH(static_cast<void>(histogram.at_quantile(0.5)), "broken expectation");
    EXPECT_DEATH(static_cast<void>(histogram.at_quantile(0.5, 0)), "broken expectation");
    EXPECT_DEATH(static_cast<void>(histogram.min()), "broken expectation");
    EXPECT_DEATH(static_cast<void>(histogram.max()), "broken expectation");
    EXPECT_DEATH(static_cast<void>(histogram.mean()), "broken expectation");
}

TEST(HistogramDeathTest, HasNoQuantileOutsideZeroToOne) {
    const Histogram histogram = of({1});
    EXPECT_DEATH(static_cast<void>(histogram.at_quantile(-0.1)), "broken expectation");
    EXPECT_DEATH(static_cast<void>(histogram.at_quantile(1.1)), "broken expectation");
}

// ---- Against the JavaScript original

/// The values that tests/vectors/hdr-histogram-js.mjs recorded.
std::vector<std::int64_t> recorded_values(const nlohmann::json& known) {
    std::uint64_t state = known.at("seed").get<std::uint64_t>();
    const auto spread = known.at("spread").get<std::uint64_t>();
    const auto step = [&] { return state = state * 6364136223846793005u + 1442695040888963407u; };
    std::vector<std::int64_t> values(known.at("size").get<std::size_t>());
    for (auto& value : values) {
        const std::uint64_t base = step() >> 19;
        value = static_cast<std::int64_t>(base >> ((step() >> 33) % spread));
    }
    return values;
}

void expect_same_readings(const nlohmann::json& known, const Histogram& histogram) {
    EXPECT_EQ(histogram.count(), known.at("count").get<std::uint64_t>());
    EXPECT_EQ(histogram.max(), known.at("max").get<std::int64_t>());
    if (histogram.min() != 0) {
        EXPECT_EQ(histogram.min(), known.at("min_non_zero").get<std::int64_t>());
    }
    for (const auto& reading : known.at("percentiles")) {
        const double percentile = reading.at(0).get<double>();
        const auto theirs = reading.at(1).get<std::int64_t>();
        const std::int64_t ours = histogram.at_quantile(percentile / 100);
        if (percentile == 0) {  // Where we give the exact minimum, and they its bucket.
            EXPECT_EQ(histogram.lowest_equivalent(ours), theirs);
            continue;
        }
        EXPECT_EQ(histogram.highest_equivalent(ours), theirs) << percentile << " %";
        EXPECT_EQ(ours, std::min(theirs, histogram.max())) << percentile << " %";
    }
}

TEST(Histogram, ReadsAsHdrHistogramJs301) {
    std::ifstream file{LBSIM_SOURCE "/tests/vectors/hdr-histogram-js.json"};
    const auto vectors = nlohmann::json::parse(file);
    ASSERT_EQ(vectors.at("cases").size(), 35u);
    for (const auto& known : vectors.at("cases")) {
        SCOPED_TRACE("seed " + known.at("seed").dump());
        const Histogram histogram = of(recorded_values(known), known.at("digits").get<int>());
        expect_same_readings(known, histogram);
        if (histogram.count() > 100) continue;
        std::vector<Histogram::Bucket> theirs;
        for (const auto& bucket : known.at("buckets"))
            theirs.push_back({bucket.at(0).get<std::int64_t>(), bucket.at(1).get<std::int64_t>(),
                              bucket.at(2).get<std::uint64_t>()});
        EXPECT_EQ(histogram.buckets(), theirs);
    }
}

}  // namespace
