#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "balancer/limits/adaptive_limit.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"

namespace lb {

/// As TCP Vegas: from the least latency seen and that of the last answer follows how many requests
/// queue; few, and the limit grows, many, and it shrinks.
///
/// How much is few or many, and by how much it changes, grows with the number of the limit's
/// digits.  The least latency is forgotten now and then, after a random number of answers, in case
/// the backend has become slower for good.
///
/// Source: Netflix concurrency-limits 0.5, VegasLimit.java; Brakmo & Peterson, TCP Vegas: End to
/// End Congestion Avoidance on a Global Internet, IEEE JSAC 13(8), 1995.  O(1).
class VegasLimit final : public AdaptiveLimit {
public:
    static constexpr std::string_view kName = "vegas";
    static constexpr std::string_view kSummary =
        "By how many requests seem to queue, given the least latency seen";
    static constexpr std::string_view kSource = "Netflix concurrency-limits, VegasLimit.java";
    struct Config {
        std::int64_t initial = 20, max = 1000;
        double smoothing = 1;
        std::int64_t probe_multiplier = 30;

        void describe(Fields& f) {
            f.field("initial", initial, "The limit at first", {.low = 1, .high = 1e6});
            f.field("max", max, "It is never more", {.low = 1, .high = 1e6});
            f.field("smoothing", smoothing, "How much of each step is taken",
                    {.low = 0, .high = 1, .low_included = false});
            f.field("probe_multiplier", probe_multiplier,
                    "The least latency is forgotten after half to all of so many times the limit",
                    {.low = 1, .high = 1e6});
        }
    };
    VegasLimit(const Config& config, const Rng& rng, Instant)
        : config_{config}, estimate_{static_cast<double>(config.initial)}, rng_{rng} {
        draw();
    }

    std::int64_t limit() const override { return static_cast<std::int64_t>(estimate_); }
    void on_sample(const Sample& sample, Instant) override {
        const Duration latency = std::max(sample.latency, Duration{1});
        ++since_probe_;
        const auto patience = jitter_ * static_cast<double>(config_.probe_multiplier) * estimate_;
        const bool probe = patience <= static_cast<double>(since_probe_);
        if (probe) {
            draw();
            since_probe_ = 0;
        }
        if (probe || least_ == Duration{} || latency < least_) {
            least_ = latency;
            return;
        }
        const double next =
            std::max(1.0, std::min(static_cast<double>(config_.max), aim(sample, latency)));
        estimate_ = (1 - config_.smoothing) * estimate_ + config_.smoothing * next;
    }

private:
    void draw() { jitter_ = 0.5 + rng_.unit() / 2; }

    double aim(const Sample& sample, Duration latency) const {
        const std::int64_t step = root(limit());
        const double quotient =
            static_cast<double>(least_.count()) / static_cast<double>(latency.count());
        const auto queued = rounded_up(estimate_ * (1 - quotient));
        if (sample.dropped) return estimate_ - static_cast<double>(step);
        if (2 * static_cast<double>(sample.in_flight) < estimate_) return estimate_;
        if (queued <= step) return estimate_ + static_cast<double>(6 * step);
        if (queued < 3 * step) return estimate_ + static_cast<double>(step);
        if (queued > 6 * step) return estimate_ - static_cast<double>(step);
        return estimate_;
    }
    static std::int64_t rounded_up(double x) {
        const auto whole = static_cast<std::int64_t>(x);
        return static_cast<double>(whole) < x ? whole + 1 : whole;
    }
    /// The whole part of the decimal logarithm, at least 1.
    static std::int64_t root(std::int64_t n) {
        std::int64_t log = 0;
        for (; n >= 10; n /= 10) ++log;
        return std::max<std::int64_t>(1, log);
    }

    Config config_;
    double estimate_;
    Rng rng_;
    double jitter_ = 1;
    Duration least_{};  // 0: not known.
    std::int64_t since_probe_ = 0;
};

}  // namespace lb
