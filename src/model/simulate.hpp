#pragma once

#include <atomic>
#include <cstdint>

#include "model/tally.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// A line to a simulation that runs in another thread.
struct Control {
    std::atomic<bool> stop{false};       ///< Set it, and simulate() throws Interrupted soon.
    std::atomic<std::uint64_t> done{0};  ///< Measured requests that arrived so far, of all runs.
};

/// What simulate() throws when it was told to stop.
struct Interrupted {};

/// Runs one replication.  A pure function of (scenario, replication): the same bytes on every
/// machine, in every thread, in any order.  Replication r of every variant of a scenario meets the
/// same requests.
///
/// Throws ReplayError if a trace that the scenario replays turns out to be damaged.
Replication simulate(const Scenario& scenario, std::uint64_t replication,
                     Control* control = nullptr);

}  // namespace lbsim
