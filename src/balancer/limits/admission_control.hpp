#pragma once

#include <cstdint>
#include <string_view>

#include "balancer/circuit_breaker/on_demand_window.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// Turns a part of the requests away once the share of those that succeed falls below a threshold:
/// the more, the lower it is, so that a struggling backend gets what it can bear.
///
/// Of n requests in the last `window`, ok succeeded: of the next a share of
/// ((n - ok / success_threshold) / (n + 1)) ^ (1 / aggression) is turned away, max_reject at most;
/// nothing while there are fewer than `rps_threshold` a second.  What is turned away does not count
/// as a request.  O(1).
///
/// Source: Envoy, extensions/filters/http/admission_control, and its documentation.
class AdmissionControl {
public:
    struct Config {
        Duration window = 30s;
        double success_threshold = 0.95;
        double aggression = 1;
        double rps_threshold = 0;
        double max_reject = 0.8;

        void describe(Fields&);
    };
    explicit AdmissionControl(const Config&);

    static double reject_probability(const Config&, std::int64_t requests, std::int64_t successes);
    double reject_probability(Instant now);
    /// Whether to send the next request.  One draw, whatever the answer.
    bool admits(Instant now, Rng& rng) { return !rng.chance(reject_probability(now)); }
    void on_done(bool success, Instant now);

private:
    Config config_;
    breaker::OnDemandWindow results_;
};

}  // namespace lb
