#pragma once

#include "balancer/policies.hpp"
#include "cli/options.hpp"
#include "cli/status.hpp"

namespace lbsim {

/// Does what a command line says.  Throws UsageError, ScenarioError, ReplayError, OutputError or
/// Interrupted; cli() turns them into messages and exit statuses.
Status execute(const Options& options, const lb::Policies& policies);

// Those with files of their own.
Status check(const Options& options, const lb::Policies& policies);
Status sweep(const Options& options, const lb::Policies& policies);
void merge(const Options& options);
Status capacity(const Options& options, const lb::Policies& policies);
Status validate(const Options& options, const lb::Policies& policies);

}  // namespace lbsim
