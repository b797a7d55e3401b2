#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lb {

/// The axis every instant lies on.
///
/// It has no now(): code that needs the time is handed it.  That omission is why the same balancer
/// runs under simulated and under real time, and why no test can be made to wait.
struct Timeline {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<Timeline>;
    static constexpr bool is_steady = true;
};

/// Nanoseconds in 64 bits: exact, and 292 years of them.
using Duration = Timeline::duration;

/// A moment.  Only differences between moments mean anything.
using Instant = Timeline::time_point;

using namespace std::chrono_literals;  // 10ms, 2s: a bare number is never a time.

/// `d` after `t`, or the last moment there is: for waits that grow without bound.  Requires d >= 0.
constexpr Instant later(Instant t, Duration d) {
    return d > Instant::max() - std::max(t, Instant{}) ? Instant::max() : t + d;
}

/// For formulas only.  Never convert a result back and compare it for equality.
constexpr double seconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }

/// The whole nanoseconds nearest to `s` seconds; ties away from zero.  Clamped to what a Duration
/// can hold, so that an infinite or absurd formula gives the longest time and not a wrapped one.
constexpr Duration duration_of(double s) {
    const double ns = s * 1e9;
    if (!(ns < 9.2e18)) return Duration::max();
    if (!(ns > -9.2e18)) return Duration::min();
    return Duration{static_cast<Duration::rep>(ns < 0 ? ns - 0.5 : ns + 0.5)};
}

}  // namespace lb
