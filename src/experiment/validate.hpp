#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"
#include "experiment/metrics.hpp"
#include "experiment/run.hpp"
#include "stats/estimate.hpp"

namespace lbsim {

/// How much of it, and with which seed.
struct ValidateOptions {
    bool full = false;  ///< Twenty times as many requests: minutes instead of seconds.
    std::uint64_t seed = 1;
};

/// One number of theory beside the same of the simulation.
struct TheoryCheck {
    std::string system;    ///< "M/M/4 at 0.9".
    std::string quantity;  ///< "mean".
    std::string source;    ///< The formula, by its name.
    Metric::Unit unit = Metric::Unit::Ratio;
    double expected = 0;
    /// How far the formula may be off, relative to itself: a limit that the system only comes near,
    /// a quantile that histograms round.
    double bias = 0;
    Estimate simulated;  ///< The mean, with the interval at the rate of false alarms.

    /// Whether expected, give or take its bias, lies in the interval.
    bool holds() const;
};

/// The simulator held against theory.
struct Validation {
    std::string lbsim;  ///< Version.
    std::uint64_t seed = 1;
    std::vector<TheoryCheck> checks;

    bool holds() const;
};

/// How many requests will be simulated, about.
std::uint64_t validation_requests(const ValidateOptions& options);

/// Simulates systems that theory solves, each in 40 replications, and compares.  What is compared
/// was computed by other means than simulation: see src/theory.
///
/// The interval of each check is such that all of them together raise a false alarm with
/// probability kFalseAlarm.  Its width is what the check would notice: an error of the simulator of
/// twice the half width is always found.  The result depends on the options only.
Validation validate(const lb::Policies& policies, const ValidateOptions& options,
                    const ForEach& for_each, const Simulate& simulate, std::string_view version);

}  // namespace lbsim
