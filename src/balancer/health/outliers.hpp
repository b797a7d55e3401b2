#pragma once

#include <span>
#include <vector>

namespace lb {

// Who stands out among others, as plain arithmetic.

/// The mean of success rates, and below what a rate stands out.
struct RateBand {
    double mean, threshold;
};

/// The threshold lies `stdev_factor` standard deviations below the mean.  Among few that can never
/// be reached: one of n is at most sqrt(n - 1) deviations from their mean, so that with the usual
/// 1.9 it takes five.  Requires a rate.  O(n).
///
/// Source: Envoy, outlier_detection_impl.cc (successRateEjectionThreshold), with the deviation of a
/// population; gRFC A50 is the same.
RateBand rate_band(std::span<const double> rates, double stdev_factor);

/// For each value the median of all others; the mean of the middle two if their number is even.
/// Requires at least two values.  O(n log n).
std::vector<double> medians_of_others(std::span<const double> values);

}  // namespace lb
