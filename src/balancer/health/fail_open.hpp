#pragma once

#include <cstdint>
#include <span>

#include "balancer/health/preset.hpp"
#include "balancer/priorities.hpp"
#include "base/fields.hpp"

namespace lb {

/// When so few backends are healthy that requests go to all of them: to believe the checks would
/// bury the rest.
///
/// It comes last: a cap bounds what ejection may take out, circuit breakers and health checks
/// exclude, and this overrides all of them.  Whoever drains or is in maintenance stays out, since
/// no verdict took it out, and is not among the total.  Any of its three rules is enough.
///
/// Sources: Envoy, load_balancer_impl.cc (isHostSetInPanic); AWS, target group health, routing
/// failover.  (Envoy's panic also sends to hosts that its control plane drains.)  With several
/// priorities Envoy asks more: see spread_over().
struct FailOpen {
    std::int64_t panic_threshold_percent = 50;
    std::int64_t min_healthy_count = 1;
    std::int64_t min_healthy_percent = 0;

    void describe(Fields& f) {
        static constexpr Range kPercent{.low = 0, .high = 100};
        f.field("panic_threshold_percent", panic_threshold_percent,
                "If a smaller part is healthy, all are used, as Envoy does; 0: never", kPercent);
        f.field("min_healthy_count", min_healthy_count,
                "If fewer are healthy, all are used, as an ALB does; 0: no matter", kNotNegative);
        f.field("min_healthy_percent", min_healthy_percent,
                "The same as a part of all; 0: no matter", kPercent);
    }

    /// Whether all are used.  Degraded backends count as healthy.  Of none, all may be used as
    /// well.
    bool opens(const PriorityBackends& backends) const {
        return in_panic(backends, panic_threshold_percent) ||
               backends.healthy < min_healthy_count || in_panic(backends, min_healthy_percent);
    }
};

/// When programs do unless they are told otherwise, and when we do: "default", the first.
std::span<const Preset<FailOpen>> fail_open_presets();

}  // namespace lb
