#pragma once

#include <algorithm>

#include "base/fields.hpp"
#include "base/math.hpp"
#include "base/time.hpp"

namespace lb {

/// How fast requests may be sent to one backend, found out from how fast its answers come.
///
/// A bucket of tokens, one a request, that fills at `rate` tokens an interval.  Whenever an answer
/// comes, the rate is compared with that of the answers.  If less is allowed than comes back, the
/// rate grows along a cubic curve: fast up to where it was when it last had to be cut, slowly
/// around there, then faster again; by at most `max_step` at a time.  If more is allowed than comes
/// back, and the last growth has had time to show, it is cut to the part `beta`.
///
/// Source: Suresh et al., C3: Cutting Tail Latency in Cloud Data Stores via Adaptive Replica
/// Selection, NSDI 2015, section 3.2, and its simulator absim (client.py: updateRates,
/// RateLimiter, ReceiveRate).  All take O(1).
class CubicRate {
public:
    struct Config {
        Duration interval = 20ms;
        double initial_rate = 10;
        double beta = 0.2;
        double growth = 4e-6;
        double max_step = 10;
        double hysteresis = 2;
        void describe(Fields& f) {
            f.field("interval", interval, "The time in which rates are counted");
            f.field("initial_rate", initial_rate,
                    "Requests an interval to a new backend; so many may also be sent at once",
                    at_least(1));
            f.field("beta", beta, "What part of its rate a backend keeps that falls behind",
                    {.low = 0, .high = 1, .low_included = false});
            f.field("growth", growth,
                    "How steeply rates grow, in requests an interval per cubic millisecond",
                    kPositive);
            f.field("max_step", max_step,
                    "By how many requests an interval a rate grows at most with an answer",
                    kPositive);
            f.field("hysteresis", hysteresis, "For so many intervals after it grew no rate is cut",
                    kNotNegative);
        }
    };
    CubicRate(const Config& config, Instant now)
        : rate_{config.initial_rate},
          peak_{config.initial_rate},
          tokens_{config.initial_rate},
          filled_{now},
          grown_{now},
          cut_{now},
          counted_{now} {}

    /// Whether a request may be sent now.
    bool admits(const Config& config, Instant now) const { return tokens(config, now) >= 1; }
    /// A request is sent.
    void on_sent(const Config& config, Instant now) {
        tokens_ = std::max(0.0, tokens(config, now) - 1);
        filled_ = now;
    }
    /// An answer came.
    void on_answer(const Config& config, Instant now) {
        count(config, now);
        ++answers_;
        if (rate_ < received_) {
            grow(config, now);
        } else if (received_ > 0 && rate_ > received_ &&
                   in_intervals(config, now - grown_) > config.hysteresis) {
            peak_ = rate_;
            rate_ = std::max(rate_ * config.beta, kLeast);
            cut_ = now;
        }
    }

    /// Requests an interval that may be sent, and answers an interval that come.
    double rate() const { return rate_; }
    double received() const { return received_; }

private:
    static constexpr double kLeast = 0.01;  // So that it can grow again.
    static constexpr double kNewest = 0.1;  // What the last interval counts for.

    static double in_intervals(const Config& config, Duration d) {
        return static_cast<double>(d.count()) / static_cast<double>(config.interval.count());
    }
    double tokens(const Config& config, Instant now) const {
        return std::min(config.initial_rate, tokens_ + rate_ * in_intervals(config, now - filled_));
    }
    /// Closes the intervals that are over.
    void count(const Config& config, Instant now) {
        const auto over = (now - counted_) / config.interval;
        if (over == 0) return;
        received_ = kNewest * answers_ + (1 - kNewest) * received_;
        if (over > 1) received_ *= pow(1 - kNewest, static_cast<double>(over - 1));
        answers_ = 0;
        counted_ += over * config.interval;
    }
    void grow(const Config& config, Instant now) {
        const double ms = seconds(now - cut_) * 1e3;
        const double flat = pow(peak_ * config.beta / config.growth, 1.0 / 3);
        const double x = ms - flat;
        rate_ =
            std::max(kLeast, std::min(rate_ + config.max_step, config.growth * x * x * x + peak_));
        grown_ = now;
    }

    double rate_, peak_;                 // `peak_`: what it was when it was cut.
    double tokens_;                      // As of filled_.
    double received_ = 0, answers_ = 0;  // `answers_`: in the interval from counted_ on.
    Instant filled_, grown_, cut_, counted_;
};

}  // namespace lb
