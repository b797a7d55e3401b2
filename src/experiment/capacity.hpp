#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiment/expectation.hpp"
#include "experiment/run.hpp"
#include "experiment/sweep.hpp"

namespace lbsim {

/// How precisely a limit is sought.
struct CapacityOptions {
    double precision = 0.01;   ///< The ends of the interval are found to within that part.
    double confidence = 0.95;  ///< Of each verdict about a load, one-sided.
    /// Replications beyond the scenario's are added, twice as many each time, as long as neither
    /// side is shown, up to so many.
    std::int64_t most_replications = 40;
    bool curve = false;
};

/// What a load makes of the variant.
struct LoadPoint {
    double factor = 1;  ///< Of the scenario's own load.
    std::uint64_t replications = 0;
    SweepRun::Span figures;
};

/// The largest load that one variant bears.
struct CapacityRow {
    std::string variant;
    /// As factors of the scenario's own load.  `low` is shown to meet all levels, `high` to miss
    /// one, each at the confidence asked for; between them `value` is where the mean still meets
    /// them.  No `low`: no load meets them.  No `high`: none misses them (or none that is a million
    /// times as large).
    std::optional<double> value, low, high;
    std::string broken;  ///< The level that is missed first.
    LoadPoint at;        ///< At `value`.
    std::vector<LoadPoint> curve;
};

struct CapacityResult {
    std::string lbsim, scenario;
    std::vector<std::string> levels;  ///< As typed.
    double offered_per_s = 0;  ///< The scenario's own load; 0 if it does not say, as of a trace.
    double confidence = 0.95;
    std::vector<CapacityRow> rows;

    bool holds() const;  ///< Whether every variant bears the scenario's own load.
};

/// Looks for the largest load that meets the service levels, by doubling or halving and then by
/// bisection.  All loads meet the same requests, closer together or further apart, so verdicts
/// change little from one load to the next, and all but the last few are certain.
///
/// `levels` are what the scenario expects: assertions that compare a metric with a value by <, <=,
/// > or >=.  Each is judged alone, by Student's one-sided interval over replications.  A level that
/// nothing is known about at some load (no request succeeded) is missed there.
///
/// Requires at least two replications, and clients whose load can be changed.
CapacityResult find_capacity(const Experiment& experiment, const CapacityOptions& options,
                             const ForEach& for_each, const Simulate& simulate,
                             const std::string& version);

/// The smallest n for which the variant that `make` gives meets the levels at its own load, if at
/// most `most` do.  Requires that more are never worse.
std::optional<std::size_t> fewest(std::size_t most,
                                  const std::function<Experiment(std::size_t)>& make,
                                  std::size_t variant, const CapacityOptions& options,
                                  const ForEach& for_each, const Simulate& simulate);

}  // namespace lbsim
