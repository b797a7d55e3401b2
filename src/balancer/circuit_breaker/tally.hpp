#pragma once

#include <cstdint>

namespace lb::breaker {

/// How one result is filed.
struct Mark {
    bool failed = false, slow = false;
    bool operator==(const Mark&) const = default;
};

/// What a window holds.
struct Tally {
    std::int64_t calls = 0;  ///< By what rates are of: Trip::Denominator.
    std::int64_t failed = 0, slow = 0;

    constexpr Tally& operator+=(const Tally& other) {
        calls += other.calls;
        failed += other.failed;
        slow += other.slow;
        return *this;
    }
    constexpr Tally& operator-=(const Tally& other) {
        calls -= other.calls;
        failed -= other.failed;
        slow -= other.slow;
        return *this;
    }
    friend constexpr Tally operator-(Tally a, const Tally& b) { return a -= b; }
    bool operator==(const Tally&) const = default;
};

/// What a circuit is judged by.
struct Rates {
    std::int64_t calls = 0;
    /// Infinite if something failed of no calls at all, which can be when requests are counted as
    /// they are sent, and a late result outlived its request in the window.
    double failed = 0, slow = 0;
};
constexpr Rates rates_of(const Tally& tally) {
    const auto calls = static_cast<double>(tally.calls);
    return {tally.calls, static_cast<double>(tally.failed) / calls,
            static_cast<double>(tally.slow) / calls};
}

}  // namespace lb::breaker
