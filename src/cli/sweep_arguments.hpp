#pragma once

#include <string>

#include "experiment/sweep.hpp"

namespace lbsim {

// What is typed behind the options of sweep.  All throw UsageError, which says where.

/// "PATH=a,b,c", or "PATH=from:to:step" with numbers in one unit, both ends included if the steps
/// reach them: "clients.web.arrivals.poisson.rate=100/s:500/s:100/s".  A comma within brackets,
/// braces or quotes does not part.  At most 100,000 values.
Vary vary_argument(const std::string& text);

/// "2/3": the second of three.
Shard shard_argument(const std::string& text);

}  // namespace lbsim
