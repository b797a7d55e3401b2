#pragma once

#include <span>

#include "balancer/health/health_check_config.hpp"
#include "balancer/health/preset.hpp"

namespace lb {

/// How programs check health unless they are told otherwise, and how we do: "default", the first.
std::span<const Preset<HealthCheckConfig>> health_check_presets();

}  // namespace lb
