#pragma once

#include <algorithm>
#include <cstdint>

#include "balancer/circuit_breaker/grid_window.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// Turns requests away at the client once the backends accept clearly fewer than it asks for, since
/// refusing costs them, too.
///
/// Of the requests of the last `window`, also those turned away here, the backends accepted some:
/// the next is turned away with probability max(0, (requests - k accepts) / (requests + 1)).  So k
/// times as many are sent as are accepted: k = 2 wastes as much as it serves, and sees early that
/// things are better.  O(1).
///
/// Source: Beyer et al. (ed.), Site Reliability Engineering, O'Reilly, 2016, chapter 21, equation
/// (1).
class ClientThrottle {
public:
    struct Config {
        double k = 2;
        Duration window = 2min;

        void describe(Fields& f) {
            f.field("k", k, "Requests sent for each that is accepted", {.low = 1, .high = 1000});
            f.field("window", window, "Over what time both are counted",
                    {.low = 1e-3, .high = 86'400});
        }
    };
    ClientThrottle(const Config& config, Instant now)
        : k_{config.k}, requests_{window(config, now)}, accepts_{window(config, now)} {}

    static double reject_probability(double k, std::int64_t requests, std::int64_t accepts) {
        const auto n = static_cast<double>(requests);
        return std::max(0.0, (n - k * static_cast<double>(accepts)) / (n + 1));
    }
    double reject_probability(Instant now) {
        requests_.advance(now);
        accepts_.advance(now);
        return reject_probability(k_, requests_.tally().calls, accepts_.tally().calls);
    }
    /// A request: whether to send it.  One draw, whatever the answer.
    bool on_request(Instant now, Rng& rng) {
        const bool sent = !rng.chance(reject_probability(now));
        requests_.call(requests_.place(now), 1);
        return sent;
    }
    /// A backend accepted one.
    void on_accepted(Instant now) {
        accepts_.advance(now);
        accepts_.call(accepts_.place(now), 1);
    }

private:
    static breaker::GridWindow window(const Config& config, Instant now) {
        constexpr int kBuckets = 24;
        return {config.window / kBuckets, kBuckets, false, false, now};
    }

    double k_;
    breaker::GridWindow requests_, accepts_;
};

}  // namespace lb
