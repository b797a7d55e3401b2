#pragma once

#include <cstdint>

#include "base/expects.hpp"
#include "base/time.hpp"

namespace lb {

/// Lets requests back to what was shut, more of them as time passes.
///
/// A request is admitted if with it the admitted share of all that asked stays below a target,
/// which grows from 0 to one half over the duration.  From its end on all are.
///
/// Source: vulcand/oxy, cbreaker/ratio.go and cbreaker.go, which is Traefik's circuit breaker.
class AdmissionRamp {
public:
    /// Requires duration > 0.
    AdmissionRamp(Duration duration, Instant start) : duration_{duration}, start_{start} {
        expects(duration > 0ns);
    }

    /// A request asks.  Whether it is admitted.  O(1).
    bool admit(Instant now) {
        const bool yes = ended(now) || share_with_one_more() < target(now);
        ++(yes ? admitted_ : denied_);
        return yes;
    }
    bool ended(Instant now) const { return now - start_ > duration_; }
    std::uint64_t admitted() const { return admitted_; }
    std::uint64_t denied() const { return denied_; }

private:
    double share_with_one_more() const {
        return static_cast<double>(admitted_ + 1) / static_cast<double>(admitted_ + 1 + denied_);
    }
    double target(Instant now) const {
        return 0.5 / static_cast<double>(duration_.count()) *
               static_cast<double>((now - start_).count());
    }

    Duration duration_;
    Instant start_;
    std::uint64_t admitted_ = 0, denied_ = 0;
};

}  // namespace lb
