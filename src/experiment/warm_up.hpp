#pragma once

#include "experiment/run.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// Gives all variants a warm-up if theirs is to be detected: the longest that any of them needs, as
/// all must meet the same requests.
///
/// The first replication of each runs once without warm-up and without anything that happens on its
/// timeline, and MSER-5 cuts its mean latencies over time.  If no steady state is in sight, half of
/// that pilot run is taken.  Other experiments come back as they are.
Experiment with_warm_up(Experiment experiment, const ForEach& for_each, const Simulate& simulate);

}  // namespace lbsim
