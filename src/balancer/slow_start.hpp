#pragma once

#include <algorithm>
#include <cstdint>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "base/time.hpp"

namespace lb {

// How programs let a backend start slowly: what it counts for after so long.  See Ramps.

/// As Envoy does.
struct EnvoySlowStart {
    Duration window = 0s;
    double aggression = 1;
    double min_weight = 0.1;

    /// The part of its weight that a backend counts for when it has been healthy for so long: the
    /// part of the window that has passed, to the power of 1 / aggression; never less than
    /// min_weight.  In whole milliseconds, the first of which counts as passed.
    ///
    /// Only Envoy's round robin and least request look at it, which are then scheduled by earliest
    /// deadline; they do so when a backend is put back after a pick.
    /// Source: Envoy, load_balancer_impl.cc (EdfLoadBalancerBase::applySlowStartFactor).
    double factor(Duration healthy_for) const {
        const auto ms = healthy_for / 1ms, all = window / 1ms;
        if (ms >= all) return 1;
        const double passed =
            static_cast<double>(std::max<std::int64_t>(1, ms)) / static_cast<double>(all);
        return std::max(min_weight, aggression == 1 ? passed : pow(passed, 1 / aggression));
    }
};

}  // namespace lb

namespace lb::haproxy {

/// The effective weight, in sixteenths, of a server that came up so long ago and starts slowly:
/// server_recalc_eweight() in src/server.c, HAProxy 2.6.
///
/// It grows by whole sixteenths of the weight and with whole seconds, from one sixteenth on.  There
/// is no slow start at boot.  HAProxy looks once a second.  Requires a window of whole seconds.
constexpr std::uint32_t slow_start(std::uint32_t weight, Duration since_up, Duration window) {
    const auto elapsed = since_up / 1s, whole = window / 1s;
    expects(elapsed >= 0 && whole * 1s == window);
    if (elapsed >= whole) return 16 * weight;
    return weight * static_cast<std::uint32_t>((16 * elapsed + whole) / whole);
}

/// How many connections a server that came up so long ago takes: maxconn in proportion to the whole
/// percents of the window that have passed, 1 at least; srv_dynamic_maxconn() in src/queue.c,
/// HAProxy 2.6.  Requires a window of whole seconds.
constexpr std::uint32_t slow_start_connections(std::uint32_t most, Duration since_up,
                                               Duration window) {
    const auto elapsed = since_up / 1s, whole = window / 1s;
    expects(elapsed >= 0 && whole * 1s == window);
    if (elapsed >= whole) return most;
    const auto percent = static_cast<std::uint64_t>(100 * elapsed / whole);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, most * percent / 100));
}

/// What HAProxy shows of an effective weight in its statistics: the weight, rounded up, and, while
/// the server starts slowly, that in percent of what is configured, rounded down.
constexpr std::uint32_t shown_weight(std::uint32_t effective) { return (effective + 15) / 16; }
constexpr std::uint32_t shown_throttle(std::uint32_t effective, std::uint32_t weight) {
    return (100 * effective + 15) / (16 * weight);
}

}  // namespace lb::haproxy
