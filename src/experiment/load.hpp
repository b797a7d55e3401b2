#pragma once

#include <filesystem>
#include <vector>

#include "balancer/policies.hpp"
#include "model/tally.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// What may be run.
struct Loaded {
    Experiment experiment;
    std::vector<TraceNote> traces;  ///< Of each that is replayed: what was noticed, to its end.
};

/// Reads a scenario to be run: itself, what it expects, and the traces that it replays, to their
/// ends.  Throws one ScenarioError with all that is wrong with any of them.
///
/// What a scenario expects is about its own variants: if others are compared, it is not looked at
/// and not kept.
Loaded load_to_run(const std::filesystem::path& as_typed, const lb::Policies& policies,
                   const LoadOptions& options = {});

/// The same of a draft.
Loaded finish(Draft draft, const LoadOptions& options = {});

}  // namespace lbsim
