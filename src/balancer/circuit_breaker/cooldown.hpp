#pragma once

#include <cstdint>

#include "balancer/circuit_breaker/config.hpp"

namespace lb::breaker {

/// How long a circuit stays open that opened for the nth time since it was last closed, from 1.
/// `chance` in [0, 1) says what of the jitter it gets.  O(log n).
///
/// Jitter only ever lengthens a wait, as in linkerd2's and Envoy's, so that the configured one is
/// what a backend is spared at least.
Duration cooldown(const Open&, std::int64_t n, double chance);

}  // namespace lb::breaker
