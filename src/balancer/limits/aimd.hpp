#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "balancer/limits/adaptive_limit.hpp"
#include "base/fields.hpp"

namespace lb {

/// Additive increase, multiplicative decrease: one more with each answer while at least half of the
/// limit is used, and a part of it, rounded down, after a drop or an answer that took too long.
///
/// Source: Netflix concurrency-limits 0.5, AIMDLimit.java.  O(1).
class AimdLimit final : public AdaptiveLimit {
public:
    static constexpr std::string_view kName = "aimd";
    static constexpr std::string_view kSummary =
        "One more with each answer, a tenth less after a drop";
    static constexpr std::string_view kSource = "Netflix concurrency-limits, AIMDLimit.java";
    struct Config {
        std::int64_t initial = 20, min = 20, max = 200;
        double backoff_ratio = 0.9;
        Duration timeout = 5s;

        void describe(Fields& f) {
            f.field("initial", initial, "The limit at first", {.low = 1, .high = 1e6});
            f.field("min", min, "It is never less", {.low = 1, .high = 1e6});
            f.field("max", max, "Nor more", {.low = 1, .high = 1e6});
            f.field("backoff_ratio", backoff_ratio, "What part of it is left after a drop",
                    {.low = 0.5, .high = 1});
            f.field("timeout", timeout, "What takes longer counts as a drop");
            if (min > max) f.problem("min", "more than max", "make it less");
        }
    };
    explicit AimdLimit(const Config& config) : config_{config}, limit_{config.initial} {}

    std::int64_t limit() const override { return limit_; }
    void on_sample(const Sample& sample, Instant) override {
        if (sample.dropped || sample.latency > config_.timeout)
            limit_ = static_cast<std::int64_t>(static_cast<double>(limit_) * config_.backoff_ratio);
        else if (2 * sample.in_flight >= limit_)
            ++limit_;
        limit_ = std::min(config_.max, std::max(config_.min, limit_));
    }

private:
    Config config_;
    std::int64_t limit_;
};

}  // namespace lb
