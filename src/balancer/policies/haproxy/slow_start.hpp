#pragma once

#include <cstdint>

#include "base/expects.hpp"
#include "base/time.hpp"

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

/// What HAProxy shows of an effective weight in its statistics: the weight, rounded up, and, while
/// the server starts slowly, that in percent of what is configured, rounded down.
constexpr std::uint32_t shown_weight(std::uint32_t effective) { return (effective + 15) / 16; }
constexpr std::uint32_t shown_throttle(std::uint32_t effective, std::uint32_t weight) {
    return (100 * effective + 15) / (16 * weight);
}

}  // namespace lb::haproxy
