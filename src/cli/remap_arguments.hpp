#pragma once

#include <string>
#include <string_view>

#include "balancer/policies.hpp"
#include "experiment/remap.hpp"

namespace lbsim {

// What a person types after the options of remap.  All throw UsageError or ScenarioError, with a
// hint, if it cannot be understood.

/// "5" (b0 to b4), "a,b,c" or "a=2,b=1".  `option` is what messages call it: "--from".
RemapFleet fleet_argument(std::string_view option, const std::string& text);

/// How many, or a file with a key on each line; empty lines are left out.
RemapKeys keys_argument(const std::string& text);

/// "maglev", "ring_hash:vnodes=10": parameters, each after a colon, as in scenarios.
/// The policy must go by keys and take the weights of both fleets.
RemapPolicy policy_argument(const std::string& text, const lb::Policies& policies,
                            const RemapFleet& from, const RemapFleet& to);

}  // namespace lbsim
