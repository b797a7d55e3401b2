#pragma once

#include <filesystem>

#include "balancer/policies.hpp"
#include "scenario/load.hpp"

namespace lbsim {

/// Reads a scenario to be run: itself and what it expects.  Throws one ScenarioError with all that
/// is wrong with any of them.
///
/// What a scenario expects is about its own variants: if others are compared, it is not looked at
/// and not kept.
Experiment load_to_run(const std::filesystem::path& as_typed, const lb::Policies& policies,
                       const LoadOptions& options = {});

/// The same of a draft.
Experiment finish(Draft draft, const LoadOptions& options = {});

}  // namespace lbsim
