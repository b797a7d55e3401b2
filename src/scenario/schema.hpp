#pragma once

#include <string>

#include "balancer/policies.hpp"

namespace lbsim {

/// The JSON Schema (draft-07) of a scenario with these policies, indented, ending in a newline.
///
/// Made from the same description that the reader follows (describe.hpp).  It is weaker only where
/// a schema cannot speak: names that must exist, sums, orders in time.  It is stricter in one
/// thing: to the reader, null stands for a key that is not there.
std::string scenario_schema(const lb::Policies& policies);

}  // namespace lbsim
