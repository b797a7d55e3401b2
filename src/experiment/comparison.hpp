#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "experiment/observation.hpp"
#include "experiment/result.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// Compares every variant with every later one, replication by replication, in good (if all have
/// a service level), error_rate, p50 and p99 of all requests.
///
/// Replications are paired, as under common random numbers they meet the same requests; variants
/// with other seeds or other numbers of replications have nothing to be paired with and are left
/// out.  O(variants²).
std::vector<Comparison> compare(std::span<const Variant> variants,
                                std::span<const std::vector<Observation>> replications);

/// Orders the runs: see Result::ranking.
///
/// First by good (without a service level by error_rate).  Those not told apart from the best of
/// them are ordered by the p99 of all requests, infinite last, and of these again those not told
/// apart from the best share a place.  So are the rest, and so on.  With one replication nothing is
/// told apart: all share one place, within which values decide.
std::vector<std::vector<std::size_t>> rank(std::span<const RunResult> runs,
                                           std::span<const Comparison> comparison);

}  // namespace lbsim
