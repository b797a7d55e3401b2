#pragma once

#include <cstdint>

/// What is known of keys on backends.
namespace lbsim::theory {

/// The share of keys that hash mod n moves when n backends become m: uniform keys, numbered
/// backends.
double mod_moved(std::uint64_t before, std::uint64_t after);

/// The part of a ring that one backend of n holds, each at `points` random points, in units of the
/// average: Beta's law.
struct Ring {
    std::uint64_t backends = 10, points = 160;

    double cv() const;     ///< The standard deviation of one part.
    double peak() const;   ///< The largest part, on average: of n gamma variates over their mean.
    double moved() const;  ///< To one more backend, on average, as a share of all keys,
    double moved_sd() const;  ///< and its standard deviation.
};

/// The fullest of n bins into which `balls` balls were thrown at random, on average.  Exact:
/// O(balls² log n) for each load that is likely at all.  Requires balls <= 2000.
double fullest_bin(std::uint64_t balls, std::uint64_t bins);

/// The most keys that a backend may hold with bounded loads, as `factor` times the average
/// (Mirrokni, Thorup and Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018).
std::uint64_t bound(double factor, std::uint64_t keys, std::uint64_t backends);

}  // namespace lbsim::theory
