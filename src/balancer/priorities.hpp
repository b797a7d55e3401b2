#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/fields.hpp"

namespace lb {

/// How many backends a priority has, and how many of them are healthy.
struct PriorityBackends {
    std::uint32_t healthy, total;
};

/// How requests are spread over the priorities of a pool.
struct PrioritySpread {
    std::vector<std::uint32_t>
        health{};                       ///< Percent of its load that each could take; 100 at most.
    std::vector<std::uint32_t> load{};  ///< Percent of all requests; they add up to 100.
    /// Too few are healthy to believe it: requests go to all of its backends, healthy or not, but
    /// to none that drains or is in maintenance.  (In Envoy to those, too, that are to drain.)
    std::vector<bool> panic{};

    /// The priority that a hash, or 64 random bits, falls to.  O(priorities).
    std::size_t at(std::uint64_t hash) const;
};

/// When lower priorities get a part of the requests, and when health is not believed any more.
struct PriorityRules {
    std::int64_t overprovisioning = 140;
    std::int64_t panic_threshold = 50;
    void describe(Fields& f) {
        f.field("overprovisioning_factor", overprovisioning,
                "Percent of its load that a priority could take if all were healthy",
                {.low = 100, .high = 1e6});
        f.field("healthy_panic_threshold", panic_threshold,
                "Percent of healthy backends below which a priority uses all of them; 0: never",
                {.low = 0, .high = 100});
    }
};

/// Whether less than `threshold` percent of them are healthy: of none, none are.
bool in_panic(const PriorityBackends& backends, std::int64_t threshold);

/// What each priority could take, in percent: with fewer healthy than 100 / overprovisioning it is
/// less than 100, and the rest is left to later priorities.  All arithmetic is in whole percent.
std::vector<std::uint32_t> priority_health(std::span<const PriorityBackends> backends,
                                           std::int64_t overprovisioning);

/// Percent of the requests for each: what it could take, the first ones first; scaled up if all
/// together could take less than 100.  What rounding leaves goes to the first that has any health.
/// All 0 if none has.
std::vector<std::uint32_t> priority_loads(std::span<const std::uint32_t> health);

/// Percent of the requests for each by the number of its backends, healthy or not: when all are in
/// panic.  What rounding leaves goes to the first that has any.  Requires a priority.
std::vector<std::uint32_t> panic_loads(std::span<const PriorityBackends> backends);

/// All of it.  A priority is in panic if all together could take less than 100 percent, and less
/// than the threshold of its own are healthy.  O(priorities).  Requires a priority.
///
/// Source: Envoy, load_balancer_impl.cc (LoadBalancerBase: recalculatePerPriorityState,
/// recalculatePerPriorityPanic, recalculateLoadInTotalPanic, choosePriority), whose arithmetic
/// differs from the tables in its manual by a percent here and there.  We differ: no backend is
/// degraded, and none is excluded from the counts.
PrioritySpread spread_over(std::span<const PriorityBackends> backends, const PriorityRules& rules);

}  // namespace lb
