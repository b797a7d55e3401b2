#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace lbsim {

/// Counts of many latencies in little memory, from which any quantile can be read within a known
/// relative error.
///
/// Values are whole numbers >= 0, nanoseconds by convention.  Each falls into one of a fixed set of
/// buckets.  With m = 4, 7, 10, 14, 17 for 1, 2, 3, 4, 5 digits: values below 2^(m+1) have a bucket
/// each; above, every octave [2^k, 2^(k+1)) is cut into 2^m buckets of equal width.  Hence a value
/// v and the highest value of its bucket differ by less than v / 2^m, that is by less than 6.25 %,
/// 0.79 %, 0.098 %, 0.0062 %, 0.00077 %, always better than one part in 10^digits; and by nothing
/// below 2 x 10^digits.
///
/// The buckets are those of HdrHistogram (Gil Tene; checked against hdr-histogram-js 3.0.1) with a
/// lowest discernible value of 1.  We differ in that there is no highest trackable value to
/// configure: the counts cover the octaves between the smallest and the largest value seen, and
/// grow when a value falls outside.  Memory is 8 x 2^m bytes an octave (8 KiB at 3 digits),
/// whatever the number of values.  Minimum, maximum and mean are exact, where HdrHistogram knows
/// the mean only to the width of a bucket.
///
/// Two histograms are equal if they have the same digits, counts, minimum, maximum and sum.
class Histogram {
public:
    /// The values in [low, high] that are not told apart, and how many of them were recorded.
    struct Bucket {
        std::int64_t low = 0, high = 0;
        std::uint64_t count = 0;
        bool operator==(const Bucket&) const = default;
    };

    /// An empty histogram.  Requires 1 <= digits <= 5.
    explicit Histogram(int digits = 3);

    /// Counts one value.  O(1) but for the first value in a new octave.  Requires value >= 0.
    void record(std::int64_t value) {
        const std::size_t slot = index(value) - base_;  // Wraps to something huge below the base.
        if (slot >= counts_.size()) [[unlikely]] {
            record(value, 1);
            return;
        }
        ++counts_[slot];
        ++count_;
        sum_ += static_cast<std::uint64_t>(value);
        // Branches, as they are foreseen: chained minima would wait for memory on every call.
        if (value < min_) [[unlikely]]
            min_ = value;
        if (value > max_) [[unlikely]]
            max_ = value;
    }

    /// Counts a value `count` times, in one go.  A count of 0 changes nothing.  Requires value >=
    /// 0.
    void record(std::int64_t value, std::uint64_t count);

    /// Adds all that `other` has counted, as if it had been recorded here.  In whatever order
    /// histograms are merged, the result is the same.  Requires as many digits there as here.
    void merge(const Histogram& other);

    int digits() const { return digits_; }
    std::uint64_t count() const { return count_; }

    /// The smallest and the largest value recorded, exactly.  Require count() > 0.
    std::int64_t min() const;
    std::int64_t max() const;

    /// The mean of the values as they were recorded, not as they were bucketed.  Requires
    /// count() > 0.
    double mean() const;

    /// The value that the share q of the recorded values do not exceed: the highest value of the
    /// bucket that holds the ceil(q * count())-th smallest value, or max() if that is lower.  q = 0
    /// gives min().  O(buckets).
    ///
    /// q stands for the decimal number it was written as: 0.07 of 100 values is the 7th, though
    /// 0.07 * 100 > 7 in floating point.  A product less than a unit in the last place above a
    /// whole number is taken for that number, as HdrHistogram does.  We differ from it in the clamp
    /// to max(), and at q = 0, where it gives the lowest value of the first bucket.
    ///
    /// Requires 0 <= q <= 1 and count() > 0.
    std::int64_t at_quantile(double q) const;

    /// The same, if another `infinite` values lie beyond every recorded one: requests that never
    /// succeeded have no latency, but leaving them out would make a policy that loses its slow
    /// requests look fast.  Nothing if the quantile falls among them.  Requires 0 <= q <= 1 and
    /// count() + infinite > 0.
    std::optional<std::int64_t> at_quantile(double q, std::uint64_t infinite) const;

    /// How many recorded values are at most `value`, or not told apart from it.  O(buckets).
    std::uint64_t count_at_most(std::int64_t value) const;

    /// How many are above `value` and told apart from it: all that count_at_most() leaves.
    std::uint64_t count_above(std::int64_t value) const { return count_ - count_at_most(value); }

    /// The range of values that share a bucket with `value`, recorded or not.  Require value >= 0.
    std::int64_t lowest_equivalent(std::int64_t value) const;
    std::int64_t highest_equivalent(std::int64_t value) const;

    /// Whether two values share a bucket.  Requires both >= 0.
    bool equivalent(std::int64_t a, std::int64_t b) const;

    /// The buckets that hold something, from the lowest up.
    std::vector<Bucket> buckets() const;

    /// What this histogram occupies, itself included.
    std::size_t memory_bytes() const;

    bool operator==(const Histogram&) const = default;

private:
    __extension__ using Sum = unsigned __int128;

    /// The number of a value's bucket, were all buckets stored from 0 up.  A negative value gets a
    /// number that no other has and that is never covered, so record() meets it on its slow path.
    std::size_t index(std::int64_t value) const {
        const auto bits = static_cast<std::uint64_t>(value);
        const int octave = 63 - std::countl_zero(bits | exact_) - magnitude_;
        return (static_cast<std::size_t>(octave) << magnitude_) +
               static_cast<std::size_t>(bits >> octave);
    }
    std::int64_t low_of(std::size_t index) const;
    std::int64_t high_of(std::size_t index) const;
    std::int64_t at_rank(std::uint64_t rank) const;
    void cover(std::size_t first, std::size_t last);

    std::vector<std::uint64_t> counts_;  // Of the buckets base_, base_ + 1, ...; whole octaves.
    std::size_t base_ = 0;
    std::uint64_t exact_;  // The highest value up to which every value has its own bucket.
    int magnitude_;        // An octave has 2^magnitude_ buckets.
    int digits_;
    std::uint64_t count_ = 0;
    Sum sum_ = 0;
    std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t max_ = -1;
};

}  // namespace lbsim
