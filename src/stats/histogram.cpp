#include "stats/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/expects.hpp"

namespace lbsim {
namespace {

/// The magnitude m of an octave such that 2^(m+1) >= 2 x 10^digits: single units must be told apart
/// up to there, as 1999 may be off by one part in 1000 but not by two units.
int magnitude_for(int digits) {
    lb::expects(digits >= 1 && digits <= 5);
    std::uint64_t exact = 2;
    for (int i = 0; i != digits; ++i) exact *= 10;
    return 63 - std::countl_zero(exact - 1);
}

/// Which of `count` values in order is the quantile q, from 1 up.
std::uint64_t rank_of(double q, std::uint64_t count) {
    lb::expects(q >= 0 && q <= 1 && count > 0);
    if (q == 1) return count;  // Above 2^53 the product could fall short.
    const double product = q * static_cast<double>(count);
    // The decimal behind q is within half a unit in the last place of it, and the product is
    // rounded once more, so a whole number may come out one unit too high, but never two.
    const double rank = std::ceil(std::nextafter(product, 0.0));
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, count);
}

}  // namespace

Histogram::Histogram(int digits)
    : exact_{(std::uint64_t{2} << magnitude_for(digits)) - 1},
      magnitude_{magnitude_for(digits)},
      digits_{digits} {}

void Histogram::record(std::int64_t value, std::uint64_t count) {
    lb::expects(value >= 0);
    if (count == 0) return;
    const std::size_t bucket = index(value);
    cover(bucket, bucket);
    counts_[bucket - base_] += count;
    count_ += count;
    sum_ += static_cast<Sum>(value) * count;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
    lb::expects(digits_ == other.digits_);
    if (other.count_ == 0) return;
    cover(other.base_, other.base_ + other.counts_.size() - 1);
    const std::size_t offset = other.base_ - base_;
    for (std::size_t i = 0; i != other.counts_.size(); ++i) counts_[offset + i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

std::int64_t Histogram::min() const {
    lb::expects(count_ > 0);
    return min_;
}

std::int64_t Histogram::max() const {
    lb::expects(count_ > 0);
    return max_;
}

double Histogram::mean() const {
    lb::expects(count_ > 0);
    // The mean fits 63 bits, the sum may not: divided first, nothing is lost in a conversion.
    const auto whole = static_cast<std::uint64_t>(sum_ / count_);
    const auto rest = static_cast<std::uint64_t>(sum_ % count_);
    return static_cast<double>(whole) + static_cast<double>(rest) / static_cast<double>(count_);
}

std::int64_t Histogram::at_quantile(double q) const {
    const std::uint64_t rank = rank_of(q, count_);
    return q == 0 ? min_ : at_rank(rank);
}

std::optional<std::int64_t> Histogram::at_quantile(double q, std::uint64_t infinite) const {
    const std::uint64_t rank = rank_of(q, count_ + infinite);
    if (rank > count_) return std::nullopt;
    return q == 0 ? min_ : at_rank(rank);
}

std::uint64_t Histogram::count_at_most(std::int64_t value) const {
    if (value < 0 || index(value) < base_) return 0;
    const std::size_t end = std::min(index(value) - base_ + 1, counts_.size());
    std::uint64_t seen = 0;
    for (std::size_t slot = 0; slot != end; ++slot) seen += counts_[slot];
    return seen;
}

std::int64_t Histogram::lowest_equivalent(std::int64_t value) const {
    lb::expects(value >= 0);
    return low_of(index(value));
}

std::int64_t Histogram::highest_equivalent(std::int64_t value) const {
    lb::expects(value >= 0);
    return high_of(index(value));
}

bool Histogram::equivalent(std::int64_t a, std::int64_t b) const {
    lb::expects(a >= 0 && b >= 0);
    return index(a) == index(b);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
    std::vector<Bucket> filled;
    for (std::size_t slot = 0; slot != counts_.size(); ++slot)
        if (counts_[slot] != 0)
            filled.push_back({low_of(base_ + slot), high_of(base_ + slot), counts_[slot]});
    return filled;
}

std::size_t Histogram::memory_bytes() const {
    return sizeof *this + counts_.capacity() * sizeof counts_[0];
}

/// The inverse of index().
std::int64_t Histogram::low_of(std::size_t index) const {
    const std::size_t row = index >> magnitude_;
    if (row < 2) return static_cast<std::int64_t>(index);
    const std::size_t octave = row - 1;
    const std::uint64_t sub_bucket = index - (octave << magnitude_);
    return static_cast<std::int64_t>(sub_bucket << octave);
}

std::int64_t Histogram::high_of(std::size_t index) const {
    // Unsigned, as the bucket after the very last one would begin at 2^63.
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low_of(index + 1)) - 1);
}

std::int64_t Histogram::at_rank(std::uint64_t rank) const {
    std::size_t slot = 0;
    for (std::uint64_t seen = counts_[0]; seen < rank; seen += counts_[slot]) ++slot;
    return std::min(high_of(base_ + slot), max_);
}

/// Makes room for the buckets [first, last], and for no octave more.
void Histogram::cover(std::size_t first, std::size_t last) {
    const std::size_t octave = std::size_t{1} << magnitude_;
    first = first / octave * octave;
    last = (last / octave + 1) * octave;
    if (!counts_.empty()) {
        first = std::min(first, base_);
        last = std::max(last, base_ + counts_.size());
    }
    if (last - first == counts_.size()) return;
    std::vector<std::uint64_t> wider(last - first);
    std::copy(counts_.begin(), counts_.end(),
              wider.begin() + static_cast<std::ptrdiff_t>(counts_.empty() ? 0 : base_ - first));
    counts_ = std::move(wider);
    base_ = first;
}

}  // namespace lbsim
