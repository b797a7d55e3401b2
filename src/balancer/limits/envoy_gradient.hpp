#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "balancer/limits/adaptive_limit.hpp"
#include "balancer/limits/two_digit_histogram.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"

namespace lb {

/// Follows the quotient of the latency without a queue and that of the last update interval.
///
/// The former, minRTT, is measured now and then: the limit goes down to `min_concurrency` until
/// `request_count` requests that were sent since have been answered.  That costs throughput for as
/// long as it takes, so it is done seldom, and with jitter, lest all proxies do it together.  It is
/// also done when the limit has been at its least for five updates.  Drops are no samples, as in
/// Envoy, where what is reset has no latency.
///
/// Source: Envoy, extensions/filters/http/adaptive_concurrency/controller/gradient_controller.cc.
/// O(1); an update O(700).
class EnvoyGradientLimit final : public AdaptiveLimit {
public:
    static constexpr std::string_view kName = "envoy_gradient";
    static constexpr std::string_view kSummary =
        "By the latency without a queue, measured now and then, over the present one";
    static constexpr std::string_view kSource = "Envoy, gradient_controller.cc";
    struct Config {
        Duration update_interval = 100ms;
        Duration min_rtt_interval = 60s;
        std::int64_t request_count = 50;
        double jitter = 0.15;
        std::int64_t min_concurrency = 3, max_concurrency = 1000;
        double min_rtt_buffer = 0.25;
        double quantile = 0.5;

        void describe(Fields&);
    };
    EnvoyGradientLimit(const Config&, const Rng&, Instant now);

    /// What an update does.
    struct Update {
        double gradient;
        std::int64_t limit;
    };
    static Update updated(const Config&, std::int64_t limit, Duration min_rtt, Duration sample_rtt);

    std::int64_t limit() const override { return limit_; }
    void on_sample(const Sample&, Instant now) override;
    std::optional<Instant> next_due() const override;
    void due(Instant now) override;

    /// Whether it is measuring the latency without a queue.
    bool is_measuring() const { return measuring_; }
    Duration min_rtt() const { return min_rtt_; }

private:
    void measure(Instant now);
    void measured(Instant now);
    void set(std::int64_t limit, Instant now);

    Config config_;
    Rng rng_;
    TwoDigitHistogram latencies_;
    std::int64_t limit_;
    std::int64_t deferred_;  // What the limit was before it measures.
    bool measuring_ = false;
    std::int64_t times_least_ = 0;  // Updates in a row that left it at its least.
    Duration min_rtt_{};
    Instant since_{};  // What was sent before is no sample.
    Instant next_measure_{}, next_update_{};
};

}  // namespace lb
