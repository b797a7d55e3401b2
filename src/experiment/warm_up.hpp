#pragma once

#include "experiment/run.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// Gives all variants a warm-up if theirs is to be detected: the longest that any of them needs, as
/// all must meet the same requests.
///
/// Eight replications of each run without warm-up and without anything that happens on the
/// timeline, and MSER-5 cuts the mean latency over time, averaged over them (as Welch averages). If
/// no steady state is in sight, half of the pilots' time is taken.  Other experiments come back as
/// they are.
Experiment with_warm_up(Experiment experiment, const ForEach& for_each, const Simulate& simulate);

}  // namespace lbsim
