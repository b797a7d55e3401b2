#pragma once

#include <cstdint>
#include <optional>

#include "balancer/circuit_breaker/tally.hpp"
#include "base/math.hpp"
#include "base/time.hpp"

namespace lb::breaker {

/// All results, what is older being forgotten exponentially with time: a result weighs 1/e of a
/// new one after `span`.
///
/// The first result sets the average.  There are no rates until the window has been there for
/// `span`; before that the first results weigh too much.
///
/// Source: Finagle, util/Ema.scala and liveness/FailureAccrualPolicy.scala.
class EwmaWindow {
public:
    EwmaWindow(Duration span, Instant now) : span_{span}, begun_{now} {}

    void advance(Instant) {}
    void reset(Instant now) {
        begun_ = now;
        tally_ = {};
    }
    std::uint64_t place(Instant) const { return 0; }
    void call(std::uint64_t, int) {}
    void record(Mark mark, std::uint64_t, Instant now) {
        const double kept = tally_.calls == 0 ? 0 : exp(-seconds(now - last_) / seconds(span_));
        good_ = (mark.failed ? 0 : 1 - kept) + good_ * kept;
        slow_ = (mark.slow ? 1 - kept : 0) + slow_ * kept;
        last_ = now;
        tally_ += {1, mark.failed ? 1 : 0, mark.slow ? 1 : 0};
    }

    /// All since the last reset.
    Tally tally() const { return tally_; }
    std::optional<Rates> rates(Instant now) const {
        if (tally_.calls == 0 || now - begun_ < span_) return std::nullopt;
        return average();
    }
    /// The same, also when it is too early to judge by it.
    Rates average() const { return {tally_.calls, 1 - good_, slow_}; }
    std::uint64_t interval() const { return 0; }

private:
    Duration span_;
    Instant begun_, last_{};
    double good_ = 0, slow_ = 0;
    Tally tally_;
};

}  // namespace lb::breaker
