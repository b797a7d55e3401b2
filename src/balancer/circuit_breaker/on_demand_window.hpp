#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "balancer/circuit_breaker/tally.hpp"
#include "base/time.hpp"

namespace lb::breaker {

/// The results of the last `span`, in buckets that begin with what is filed first after the last
/// bucket was over, and are forgotten when they began `span` ago.
///
/// So a lonely result starts a bucket of its own, and is remembered for exactly `span`.  All takes
/// O(1), but O(n) after a pause of n buckets.
///
/// Source: Polly 8, RollingHealthMetrics.cs; Envoy, thread_local_controller.cc.
class OnDemandWindow {
public:
    /// Requires n > 0 and at least n nanoseconds.
    OnDemandWindow(Duration span, std::size_t n)
        : span_{span},
          length_{span / static_cast<Duration::rep>(n)},
          ring_(static_cast<std::size_t>((span - 1ns) / length_) + 1),
          newest_{ring_.size()} {}

    void advance(Instant now) {
        while (size_ != 0 && now - oldest().begun >= span_) {
            total_ -= oldest().tally;
            --size_;
        }
    }
    void reset(Instant) {
        total_ = {};
        size_ = 0;
        newest_ += ring_.size();  // Places that were given out are gone.
    }

    /// Where what happens now is filed: not at 0, which is nowhere.  Requires that the window was
    /// advanced.
    std::uint64_t place(Instant now) {
        if (size_ == 0 || now - ring_[slot_].begun >= length_) {
            slot_ = slot_ + 1 == ring_.size() ? 0 : slot_ + 1;
            ring_[slot_] = {now, {}};
            ++size_;
            ++newest_;
        }
        return newest_;
    }
    void call(std::uint64_t place, int more) { add(place, {more, 0, 0}); }
    void record(Mark mark, std::uint64_t place, Instant) {
        add(place, {0, mark.failed ? 1 : 0, mark.slow ? 1 : 0});
    }

    Tally tally() const { return total_; }
    std::optional<Rates> rates(Instant) const { return rates_of(total_); }
    std::uint64_t interval() const { return newest_; }
    /// When the oldest result that still counts was filed, or a little before.
    std::optional<Instant> since() const {
        if (size_ == 0) return std::nullopt;
        return oldest().begun;
    }

private:
    struct Bucket {
        Instant begun{};
        Tally tally;
    };
    std::size_t slot_of(std::size_t age) const {
        return slot_ >= age ? slot_ - age : slot_ + ring_.size() - age;
    }
    const Bucket& oldest() const { return ring_[slot_of(size_ - 1)]; }
    void add(std::uint64_t place, const Tally& more) {
        const auto age = newest_ - place;
        if (age >= size_) return;
        ring_[slot_of(age)].tally += more;
        total_ += more;
    }

    Duration span_, length_;
    std::vector<Bucket> ring_;
    std::size_t slot_ = 0, size_ = 0;  // The newest, and how many there are.
    std::uint64_t newest_;
    Tally total_;
};

}  // namespace lb::breaker
