#include "balancer/zones.hpp"

#include "base/expects.hpp"

namespace lb {

ZoneRouting::ZoneRouting(std::span<const Zone> zones, const ZoneRules& rules)
    : enabled_{static_cast<std::uint64_t>(rules.routing_enabled)} {
    expects(!zones.empty());
    std::uint64_t balancers = 0, backends = 0;
    int with_balancers = 0, with_backends = 0;
    for (const auto& z : zones) {
        balancers += z.balancers;
        backends += z.backends;
        with_balancers += z.balancers > 0;
        with_backends += z.backends > 0;
    }
    const bool enough = backends >= static_cast<std::uint64_t>(rules.min_cluster_size);
    if (with_backends < 2 || with_balancers < 2 || zones[0].balancers == 0 || !enough) return;

    const auto demand = [&](const Zone& z) {
        return std::uint64_t{10'000} * z.balancers / balancers;
    };
    const auto supply = [&](const Zone& z) {
        return std::uint64_t{10'000} * z.backends / backends;
    };
    const auto own_demand = demand(zones[0]), own_supply = supply(zones[0]);
    if (own_supply > 0 && own_supply >= own_demand) {
        kind_ = Kind::Local;
        return;
    }
    kind_ = Kind::Residual;
    stays_ = own_demand == 0 ? 0 : own_supply * 10'000 / own_demand;
    std::uint64_t sum = 0;
    for (const auto& z : zones) {
        if (&z != &zones[0] && supply(z) > demand(z)) sum += supply(z) - demand(z);
        spare_.push_back(sum);
    }
}

}  // namespace lb
