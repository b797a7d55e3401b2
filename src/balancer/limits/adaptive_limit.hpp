#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace lb {

/// How many requests may be in flight at the same time, found out from how long they take.
///
/// Whoever holds it lets a request through while fewer than limit() are in flight, and hands in a
/// sample for each that ends.  As everything in lb it is told the time, which never goes back.
class AdaptiveLimit {
public:
    struct Sample {
        Instant sent;
        Duration latency;
        std::int64_t in_flight;  ///< When it was sent, itself included.
        /// It timed out, or was turned away for there was too much: a sign of overload, whatever
        /// its latency.
        bool dropped = false;
    };

    virtual ~AdaptiveLimit() = default;
    virtual std::int64_t limit() const = 0;
    virtual void on_sample(const Sample&, Instant now) = 0;
    /// When due() wants to be called, if at all.  A limit that has a timer is right only as far as
    /// it was called by then.
    virtual std::optional<Instant> next_due() const { return std::nullopt; }
    virtual void due(Instant /*now*/) {}
};

}  // namespace lb
