#pragma once

#include <cstdint>

#include "base/expects.hpp"

namespace lb {

/// The bucket of a key among `buckets`: a function of both, without a table.
///
/// When a bucket is added at the end, one key in `buckets` moves, and only to it.  O(log buckets).
/// Requires 0 < buckets <= 2^31.
/// Source: Lamping & Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, arXiv:1406.2294.
constexpr std::uint32_t jump_hash(std::uint64_t key, std::uint32_t buckets) {
    expects(buckets != 0);
    std::int64_t bucket = 0, next = 0;
    while (next < static_cast<std::int64_t>(buckets)) {
        bucket = next;
        key = key * 2862933555777941757u + 1;
        const double over_unit = 0x1p31 / static_cast<double>((key >> 33) + 1);
        next = static_cast<std::int64_t>(static_cast<double>(bucket + 1) * over_unit);
    }
    return static_cast<std::uint32_t>(bucket);
}

}  // namespace lb
