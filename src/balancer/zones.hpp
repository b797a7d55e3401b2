#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/fields.hpp"

namespace lb {

/// When requests stay in the balancer's own zone.
struct ZoneRules {
    std::int64_t routing_enabled = 100;
    std::int64_t min_cluster_size = 6;
    void describe(Fields& f) {
        f.field("routing_enabled", routing_enabled, "Percent of the requests that go by zone",
                {.low = 0, .high = 100});
        f.field("min_cluster_size", min_cluster_size,
                "Healthy backends, of all zones, below which none goes by zone", at_least(0));
    }
};

/// How many balancers and healthy backends a zone has.
struct Zone {
    std::uint32_t balancers, backends;
};

/// Where the requests of the balancers of one zone go, so that each backend anywhere gets as many
/// as without zones, while as few as possible leave their zone.
///
/// A zone with at least as large a part of the backends as of the balancers keeps its requests.
/// One with a smaller part keeps what its backends can take, and sends the rest to the zones that
/// have capacity to spare, in proportion to it.  Parts are counted in whole ten-thousandths.
///
/// Source: Envoy, load_balancer_impl.cc (ZoneAwareLoadBalancerBase:
/// regenerateLocalityRoutingStructures, tryChooseLocalLocalityHosts).  We differ: Envoy also stops
/// routing by zone when most of the balancers are unhealthy; ours never are.
class ZoneRouting {
public:
    /// The first zone is the balancer's own.  O(zones).
    ZoneRouting(std::span<const Zone> zones, const ZoneRules& rules);

    /// The zone for one request; nothing: any backend of any zone.  O(zones), at most three draws.
    template <class R>
    std::optional<std::size_t> pick(R& rng) const {
        if (kind_ == Kind::Off || rng.below(100) >= enabled_) return std::nullopt;
        if (kind_ == Kind::Local || rng.below(10'000) < stays_) return 0;
        const auto spare = spare_.back();
        if (spare == 0) return rng.below(spare_.size());  // All of it was lost in rounding.
        const auto point = rng.below(spare);
        const auto at = std::upper_bound(spare_.begin(), spare_.end(), point);
        return static_cast<std::size_t>(at - spare_.begin());
    }
    /// Whether zones count at all: there are two with backends and two with balancers, one of
    /// these its own, and backends enough.
    bool by_zone() const { return kind_ != Kind::Off; }
    bool all_stay() const { return kind_ == Kind::Local; }
    /// Of 10000 requests, how many stay in the zone.  Requires by_zone() and not all_stay().
    std::uint64_t stays() const { return stays_; }
    /// Capacity to spare, in ten-thousandths of all backends, summed up to each zone.
    std::span<const std::uint64_t> spare() const { return spare_; }

private:
    enum class Kind : std::uint8_t { Off, Local, Residual };
    Kind kind_ = Kind::Off;
    std::uint64_t enabled_;
    std::uint64_t stays_ = 0;
    std::vector<std::uint64_t> spare_;
};

/// What a zone's configured weight counts for while some of its backends are not healthy: all of
/// it down to 100 / overprovisioning of them, then less in proportion.  Zones are then picked by
/// earliest deadline (see Edf).  Source: Envoy, locality_wrr.cc (effectiveLocalityWeight).
constexpr double effective_zone_weight(double weight, std::uint32_t healthy, std::uint32_t total,
                                       std::int64_t overprovisioning) {
    if (total == 0) return 0;
    const double available = 1.0 * healthy / total;
    return weight * std::min(1.0, static_cast<double>(overprovisioning) / 100.0 * available);
}

}  // namespace lb
