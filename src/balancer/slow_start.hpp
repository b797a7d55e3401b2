#pragma once

#include <algorithm>

#include "base/fields.hpp"
#include "base/math.hpp"
#include "base/time.hpp"

namespace lb {

/// How Envoy starts a backend slowly.
struct EnvoySlowStart {
    Duration window = 0s;
    double aggression = 1;
    double min_weight = 0.1;
    void describe(Fields& f) {
        f.field("slow_start_window", window, "How long a backend starts slowly; 0: not at all",
                kNotNegative);
        f.field("aggression", aggression,
                "1: its weight grows evenly; above: faster at first; below: slower at first",
                kPositive);
        f.field("min_weight_percent", min_weight, "The part of its weight that it starts with",
                kProbability, Unit::Fraction);
    }

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
