#pragma once

#include "base/math.hpp"
#include "base/time.hpp"

namespace lb {

/// An average of latencies that leaps up to a slower one at once, and follows faster ones down
/// exponentially: the state that Finagle and tower keep of a backend.
///
/// How much a faster one counts depends on the time since the average was last touched, and looking
/// at it touches it, as if an answer had come in no time.  That is Finagle's way of letting an old
/// peak fade, and it has an effect beyond that: the more often one looks, the less do answers
/// below the peak count.  In nanoseconds, as there.
///
/// Source: Finagle, loadbalancer/PeakEwma.scala (observe); tower, load/peak_ewma.rs
/// (RttEstimate::update), which comes from it.
class PeakAverage {
public:
    PeakAverage(double start_ns, Instant now) : cost_ns_{start_ns}, touched_{now} {}

    void observe(double ns, Instant now, Duration decay) {
        if (ns > cost_ns_) {
            cost_ns_ = ns;
        } else {
            const double kept = exp(-nanoseconds(now - touched_) / nanoseconds(decay));
            cost_ns_ = cost_ns_ * kept + ns * (1 - kept);
        }
        touched_ = now;
    }
    void observe(Duration latency, Instant now, Duration decay) {
        observe(nanoseconds(latency), now, decay);
    }
    /// What is left of it; a second look at the same time changes nothing.
    double look(Instant now, Duration decay) {
        observe(0.0, now, decay);
        return cost_ns_;
    }

private:
    static double nanoseconds(Duration d) { return static_cast<double>(d.count()); }

    double cost_ns_;
    Instant touched_;
};

}  // namespace lb
