#pragma once

#include <cstdint>
#include <string>

#include "experiment/run.hpp"

namespace lbsim {

/// How precisely something is to be known.
struct Until {
    const Metric* metric = nullptr;
    bool relative = true;      ///< `width` is a part of the value; else in the metric's unit.
    double width = 0.01;       ///< Half the 95 % interval.
    std::int64_t most = 1000;  ///< Replications.
};

/// Adds replications until the interval of that metric is narrow enough for every variant; from as
/// many as the scenario says, each time as many more as the spread so far suggests.  What came of
/// it is in Result::until.
///
/// An interval that was waited for is a little too narrow: with five replications to begin with and
/// few looks, by less than a tenth (Law, Simulation Modeling and Analysis, 5th ed., 9.4.1).
Result run_until(const Experiment& experiment, const Until& until, const ForEach& for_each,
                 const Simulate& simulate, const RunOptions& options = {});

}  // namespace lbsim
