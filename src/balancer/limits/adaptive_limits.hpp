#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "balancer/limits/adaptive_limit.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"

namespace lb {

/// An adaptive limit that a scenario may name.
struct AdaptiveLimitKind {
    /// Makes one more of the same configuration.  Who draws at random draws from the generator.
    using Factory = std::function<std::unique_ptr<AdaptiveLimit>(const Rng&, Instant now)>;

    std::string_view name, summary, source;
    Factory (*configure)(Fields&);  ///< Lets `Fields` read or list the parameters.
};

/// All of them, by name.
std::span<const AdaptiveLimitKind> adaptive_limits();
/// Null if there is none of that name.
const AdaptiveLimitKind* find_adaptive_limit(std::string_view name);

}  // namespace lb
