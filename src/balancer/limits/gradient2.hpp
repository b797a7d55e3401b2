#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "balancer/limits/adaptive_limit.hpp"
#include "base/fields.hpp"

namespace lb {

/// Follows the quotient of the latency in the long run and that of the last answer: below one
/// requests queue, and the limit shrinks by as much; else it grows by a small queue.
///
/// The limit does not grow while less than half of it is used, for then it is not what keeps
/// latency down.  A drop is a sample as any other: what it took is what it says.  After a long time
/// of overload the long average, which overload has raised, is cut by a twentieth with each answer
/// until it is near again.
///
/// Source: Netflix concurrency-limits 0.5, Gradient2Limit.java.  O(1).  There the samples usually
/// are averages over a window (WindowedLimit); here each answer is one.
class Gradient2Limit final : public AdaptiveLimit {
public:
    static constexpr std::string_view kName = "gradient2";
    static constexpr std::string_view kSummary =
        "By the latency in the long run over that of the last answer";
    static constexpr std::string_view kSource = "Netflix concurrency-limits, Gradient2Limit.java";
    struct Config {
        std::int64_t initial = 20, min = 20, max = 200;
        double smoothing = 0.2;
        std::int64_t queue_size = 4;
        std::int64_t long_window = 600;
        double rtt_tolerance = 1.5;

        void describe(Fields& f) {
            f.field("initial", initial, "The limit at first", {.low = 1, .high = 1e6});
            f.field("min", min, "It is never less", {.low = 1, .high = 1e6});
            f.field("max", max, "Nor more", {.low = 1, .high = 1e6});
            f.field("smoothing", smoothing, "How much of each step is taken",
                    {.low = 0, .high = 1, .low_included = false});
            f.field("queue_size", queue_size, "By how much it grows while nothing queues",
                    {.low = 0, .high = 1e6});
            f.field("long_window", long_window, "The long run, in answers",
                    {.low = 1, .high = 1e9});
            f.field("rtt_tolerance", rtt_tolerance,
                    "How many times as long as in the long run an answer may take",
                    {.low = 1, .high = 1000});
            if (min > max) f.problem("min", "more than max", "make it less");
        }
    };
    explicit Gradient2Limit(const Config& config)
        : config_{config}, estimate_{static_cast<double>(config.initial)} {}

    std::int64_t limit() const override { return static_cast<std::int64_t>(estimate_); }
    void on_sample(const Sample& sample, Instant) override {
        const double last = std::max(1.0, static_cast<double>(sample.latency.count()));
        const double long_run = averaged(last);
        if (long_run / last > 2) average_ *= 0.95;
        if (static_cast<double>(sample.in_flight) < estimate_ / 2) return;

        const double gradient =
            std::max(0.5, std::min(1.0, config_.rtt_tolerance * long_run / last));
        const double aim = estimate_ * gradient + static_cast<double>(config_.queue_size);
        const double next = estimate_ * (1 - config_.smoothing) + aim * config_.smoothing;
        estimate_ = std::max(static_cast<double>(config_.min),
                             std::min(static_cast<double>(config_.max), next));
    }

private:
    static constexpr std::int64_t kWarmUp = 10;  // So many answers are averaged plainly.

    double averaged(double latency) {
        if (seen_ < kWarmUp) {
            sum_ += latency;
            average_ = sum_ / static_cast<double>(++seen_);
        } else {
            const double share = 2 / (static_cast<double>(config_.long_window) + 1);
            average_ = average_ * (1 - share) + latency * share;
        }
        return average_;
    }

    Config config_;
    double estimate_;
    double average_ = 0, sum_ = 0;  // Nanoseconds.
    std::int64_t seen_ = 0;
};

}  // namespace lb
