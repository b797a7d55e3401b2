#include "balancer/health/outliers.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/expects.hpp"

namespace lb {

RateBand rate_band(std::span<const double> rates, double stdev_factor) {
    expects(!rates.empty());
    const auto n = static_cast<double>(rates.size());
    double sum = 0, squares = 0;
    for (const double rate : rates) sum += rate;
    const double mean = sum / n;
    for (const double rate : rates) squares += (rate - mean) * (rate - mean);
    return {mean, mean - stdev_factor * std::sqrt(squares / n)};
}

std::vector<double> medians_of_others(std::span<const double> values) {
    expects(values.size() >= 2);
    std::vector<double> sorted{values.begin(), values.end()};
    std::sort(sorted.begin(), sorted.end());
    const std::size_t others = sorted.size() - 1;
    std::vector<double> out;
    out.reserve(values.size());
    for (const double value : values) {
        const auto own = static_cast<std::size_t>(
            std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
        const auto other = [&](std::size_t rank) { return sorted[rank < own ? rank : rank + 1]; };
        out.push_back((other((others - 1) / 2) + other(others / 2)) / 2);
    }
    return out;
}

}  // namespace lb
