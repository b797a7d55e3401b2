#include "balancer/limits/envoy_gradient.hpp"

#include <algorithm>

#include "base/math.hpp"

namespace lb {

void EnvoyGradientLimit::Config::describe(Fields& f) {
    f.field("update_interval", update_interval, "How often the limit is updated");
    f.field("min_rtt_interval", min_rtt_interval,
            "How long after a measurement of the latency without a queue the next begins");
    f.field("request_count", request_count, "By how many requests it is measured",
            {.low = 1, .high = 1e6});
    f.field("jitter", jitter, "The interval is longer by up to this part of it, at random",
            kProbability, Unit::Fraction);
    f.field("min_concurrency", min_concurrency, "The limit while it is measured, and at least",
            {.low = 1, .high = 1e6});
    f.field("max_concurrency", max_concurrency, "The limit at most", {.low = 1, .high = 1e6});
    f.field("min_rtt_buffer", min_rtt_buffer,
            "By what part of it the latency may be longer before the limit shrinks", kNotNegative,
            Unit::Fraction);
    f.field("quantile", quantile, "Which of the latencies counts",
            {.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
    if (min_concurrency > max_concurrency)
        f.problem("min_concurrency", "more than max_concurrency", "make it less");
}

EnvoyGradientLimit::EnvoyGradientLimit(const Config& config, const Rng& rng, Instant now)
    : config_{config},
      rng_{rng},
      limit_{config.min_concurrency},
      deferred_{config.min_concurrency} {
    measure(now);
}

EnvoyGradientLimit::Update EnvoyGradientLimit::updated(const Config& config, std::int64_t limit,
                                                       Duration min_rtt, Duration sample_rtt) {
    const auto least = static_cast<double>(min_rtt / std::chrono::microseconds{1});
    const auto sample = static_cast<double>(sample_rtt / std::chrono::microseconds{1});
    const double raw = (least + least * config.min_rtt_buffer) / sample;
    const double gradient = std::max(0.5, std::min(2.0, raw));
    const double scaled = static_cast<double>(limit) * gradient;
    const auto next = static_cast<std::int64_t>(scaled + sqrt(scaled));
    return {gradient, std::max(config.min_concurrency, std::min(config.max_concurrency, next))};
}

void EnvoyGradientLimit::on_sample(const Sample& sample, Instant now) {
    if (sample.dropped || sample.sent < since_) return;
    latencies_.add(sample.latency);
    if (measuring_ && latencies_.count() >= config_.request_count) measured(now);
}

std::optional<Instant> EnvoyGradientLimit::next_due() const {
    if (measuring_) return std::nullopt;
    return std::min(next_measure_, next_update_);
}

void EnvoyGradientLimit::due(Instant now) {
    while (!measuring_ && std::min(next_measure_, next_update_) <= now) {
        if (next_measure_ <= next_update_) {
            measure(next_measure_);
            continue;
        }
        const auto at = next_update_;
        next_update_ += config_.update_interval;
        if (latencies_.count() == 0) continue;
        const auto sample = latencies_.quantile(config_.quantile);
        latencies_.clear();
        set(updated(config_, limit_, min_rtt_, sample).limit, at);
    }
}

void EnvoyGradientLimit::measure(Instant now) {
    measuring_ = true;
    deferred_ = limit_;
    limit_ = config_.min_concurrency;
    times_least_ = 0;
    latencies_.clear();
    since_ = now;
}

void EnvoyGradientLimit::measured(Instant now) {
    min_rtt_ = latencies_.quantile(config_.quantile);
    latencies_.clear();
    measuring_ = false;
    times_least_ = 0;
    limit_ = deferred_;
    const double jitter = rng_.unit() * config_.jitter;
    next_measure_ =
        now + config_.min_rtt_interval + duration_of(seconds(config_.min_rtt_interval) * jitter);
    next_update_ = now + config_.update_interval;
}

void EnvoyGradientLimit::set(std::int64_t limit, Instant now) {
    const bool stays_least = limit_ == config_.min_concurrency && limit == config_.min_concurrency;
    times_least_ = stays_least ? times_least_ + 1 : 0;
    limit_ = limit;
    if (times_least_ >= 5) measure(now);
}

}  // namespace lb
