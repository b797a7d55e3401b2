#include "stats/warm_up.hpp"

#include <cstddef>
#include <limits>
#include <vector>

namespace lbsim {

std::optional<std::size_t> mser5(std::span<const double> values) {
    constexpr std::size_t kBatch = 5;
    std::vector<double> batches;
    for (std::size_t i = 0; i + kBatch <= values.size(); i += kBatch) {
        double sum = 0;
        for (std::size_t k = 0; k != kBatch; ++k) sum += values[i + k];
        batches.push_back(sum / kBatch);
    }
    if (batches.size() < 2) return {};
    // From the last one backwards, Welford's way: the squares of the rest about its mean.
    double mean = 0, squares = 0, best = std::numeric_limits<double>::infinity();
    std::size_t cut = 0;
    for (std::size_t d = batches.size(); d-- != 0;) {
        const auto n = static_cast<double>(batches.size() - d);
        const double off = batches[d] - mean;
        mean += off / n;
        squares += off * (batches[d] - mean);
        const double error = squares / (n * n);
        if (n >= kBatch && error <= best) best = error, cut = d;
    }
    if (2 * cut > batches.size()) return {};
    return cut * kBatch;
}

}  // namespace lbsim
