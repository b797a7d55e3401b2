#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace lb {

/// Quantiles of latencies, to about 6 %, in 1 KiB.
///
/// Buckets are eighths of powers of two, from 1 us to over an hour; what lies outside counts as
/// the nearest.  Adding costs O(1), a quantile O(buckets).
class LatencyDigest {
public:
    void add(Duration latency) {
        ++counts_[bucket(latency)];
        ++total_;
    }
    void clear() { *this = {}; }
    std::uint64_t count() const { return total_; }

    /// What about a part q of the latencies does not exceed: the middle of the bucket of the one of
    /// rank ceil(q n), of the first if q is 0.  0 if there is none.  Requires 0 <= q <= 1.
    Duration quantile(double q) const {
        if (total_ == 0) return {};
        const double rank = q * static_cast<double>(total_);
        std::uint64_t seen = 0;
        std::size_t i = 0;
        while (i + 1 != kBuckets) {
            seen += counts_[i];
            if (seen != 0 && static_cast<double>(seen) >= rank) break;
            ++i;
        }
        const std::int64_t width = std::int64_t{1} << (kLeast - 3 + i / 8);
        return Duration{(std::int64_t{8} + static_cast<std::int64_t>(i % 8)) * width + width / 2};
    }

private:
    static constexpr unsigned kLeast = 10;  // Below 2^10 ns all are alike.
    static constexpr std::size_t kBuckets = 256;

    static std::size_t bucket(Duration latency) {
        const auto least = std::int64_t{1} << kLeast;
        const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(least, latency.count()));
        const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
        const std::size_t eighth = (ns >> (power - 3)) & 7;
        return std::min<std::size_t>(kBuckets - 1, 8 * (power - kLeast) + eighth);
    }

    std::array<std::uint32_t, kBuckets> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace lb
