#pragma once

#include <string>

#include "experiment/until.hpp"

namespace lbsim {

/// "p99 ±2%", or "mean +- 5ms": a metric that is not about a backend, and half the width that its
/// interval is to have, as a part of it or in its unit.  Throws UsageError.
Until until_argument(const std::string& text);

}  // namespace lbsim
