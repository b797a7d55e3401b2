#pragma once

#include <string>

#include "balancer/policies.hpp"
#include "experiment/remap.hpp"

namespace lbsim {

/// A policy as a person types it: "maglev", "ring_hash:vnodes=10", "ring_hash:vnodes=10:hash=md5".
/// Throws UsageError if there is none of that name, or it has no such parameter or value.
RemapPolicy policy_argument(const std::string& text, const lb::Policies& policies);

}  // namespace lbsim
