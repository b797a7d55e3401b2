#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"
#include "experiment/remap.hpp"

namespace lbsim {

// What a person types after the options of remap.  All throw UsageError or ScenarioError, with a
// hint, if it cannot be understood.

/// "5" (b0 to b4), "a,b,c" or "a=2,b=1".  `option` is what messages call it: "--from".
RemapFleet fleet_argument(std::string_view option, const std::string& text);

/// "+b5,+c=2,-b0,b1=3": a change after the other, each as a fleet.  "+" joins, "-" leaves, a weight
/// for one that is there is a new one.
std::vector<RemapFleet> steps_argument(const std::string& text, RemapFleet from);

/// How many, or a file with a key on each line; empty lines are left out.  With `zipf` as many
/// requests for as many keys of that popularity: see RemapKeys.
RemapKeys keys_argument(const std::string& text, std::optional<double> zipf);

/// "maglev", "ring_hash:vnodes=10": parameters, each after a colon, as in scenarios.
/// The policy must go by keys and take the weights of all fleets.
RemapPolicy policy_argument(const std::string& text, const lb::Policies& policies,
                            std::span<const RemapFleet> fleets);

}  // namespace lbsim
