#pragma once

#include "scenario/scenario.hpp"

namespace lbsim {

/// How many requests arrive in a second, of open clients: on average, but of a profile its highest
/// step, which may last.  0 of closed clients and of traces, which do not say.
double rate_of(const Arrivals& arrivals);

/// The same of all clients together.
double offered_per_s(const Scenario& scenario);

/// All rates times `factor` (a trace is replayed so much faster), and the load is meant, however
/// high.  Draws stay where they are: the same requests come, closer together.  Closed clients stay
/// as many as they are.  Requires factor > 0.
Scenario with_load(Scenario scenario, double factor);

}  // namespace lbsim
