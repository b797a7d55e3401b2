#pragma once

#include <span>

#include "balancer/health/outlier_rules.hpp"
#include "balancer/health/preset.hpp"

namespace lb {

/// How programs eject outliers unless they are told otherwise, and how we do: "default", the first.
std::span<const Preset<OutlierRules>> outlier_presets();

}  // namespace lb
