#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "balancer/circuit_breaker/tally.hpp"
#include "base/time.hpp"

namespace lb::breaker {

/// The last n results.  A byte for each; all takes O(1), but reset() O(n).
class CountWindow {
public:
    explicit CountWindow(std::int64_t n) : marks_(static_cast<std::size_t>(n)) {}

    void advance(Instant) {}
    void reset(Instant) {
        tally_ = {};
        next_ = 0;
    }
    std::uint64_t place(Instant) const { return 0; }
    void call(std::uint64_t, int) {}
    void record(Mark mark, std::uint64_t, Instant) {
        if (tally_.calls == static_cast<std::int64_t>(marks_.size())) tally_ -= of(marks_[next_]);
        marks_[next_] = mark;
        tally_ += of(mark);
        if (++next_ == marks_.size()) next_ = 0;
    }

    Tally tally() const { return tally_; }
    std::optional<Rates> rates(Instant) const { return rates_of(tally_); }
    std::uint64_t interval() const { return 0; }

private:
    static Tally of(Mark mark) { return {1, mark.failed ? 1 : 0, mark.slow ? 1 : 0}; }

    std::vector<Mark> marks_;  // A ring: the oldest is the next, once it is full.
    std::size_t next_ = 0;
    Tally tally_;
};

}  // namespace lb::breaker
