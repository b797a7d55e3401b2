#pragma once

#include <cstdint>
#include <optional>

#include "balancer/circuit_breaker/tally.hpp"
#include "base/time.hpp"

namespace lb::breaker {

/// The results of the present interval.  The next begins with whatever happens first after more
/// than a span, even that somebody looks at the time; without a span it never does.
///
/// Source: gobreaker 2, gobreaker.go (currentState, toNewGeneration).
class IntervalWindow {
public:
    static constexpr Duration kForEver = Duration::max();
    IntervalWindow(Duration span, Instant now) : span_{span}, begun_{now} {}

    void advance(Instant now) {
        if (now - begun_ > span_) reset(now);
    }
    void reset(Instant now) {
        begun_ = now;
        tally_ = {};
        ++number_;
    }

    std::uint64_t place(Instant) const { return number_; }
    void call(std::uint64_t place, int more) {
        if (place == number_) tally_.calls += more;
    }
    void record(Mark mark, std::uint64_t place, Instant) {
        if (place == number_) tally_ += {0, mark.failed ? 1 : 0, mark.slow ? 1 : 0};
    }

    Tally tally() const { return tally_; }
    std::optional<Rates> rates(Instant) const { return rates_of(tally_); }
    std::uint64_t interval() const { return number_; }

private:
    Duration span_;
    Instant begun_;
    std::uint64_t number_ = 1;  // 0 is nowhere.
    Tally tally_;
};

}  // namespace lb::breaker
