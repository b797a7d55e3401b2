#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace lbsim {

/// How many of the first values belong to the warm-up: MSER-5 (White, An Effective Truncation
/// Heuristic for Bias Reduction in Simulation Output, Simulation 69(6), 1997; in batches of five:
/// Spratt 1998).
///
/// Of all that could be cut off, that many after which the mean of the rest has the smallest
/// standard error, as if the rest were independent.  Batches of five smooth what is not.  Nothing
/// if that is more than half of them: then no steady state is in sight.  O(values).
std::optional<std::size_t> mser5(std::span<const double> values);

}  // namespace lbsim
