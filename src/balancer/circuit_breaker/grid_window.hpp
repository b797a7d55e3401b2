#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "balancer/circuit_breaker/tally.hpp"
#include "base/time.hpp"

namespace lb::breaker {

/// The results of the last n buckets of one length, side by side: a sliding window with n of them,
/// a tumbling one with one.
///
/// A result in the bucket that is being filled counts at once, so the window covers between n - 1
/// and n bucket lengths.  Hystrix looks at the buckets that have ended instead, of which there are
/// n always: `sealed`.  All takes O(1), but O(n) after a pause of n buckets and to reset().
class GridWindow {
public:
    /// Buckets begin at multiples of their length if `epoch`, else with `now` and each reset.
    /// Requires length > 0 and n > 0.
    GridWindow(Duration length, std::size_t n, bool epoch, bool sealed, Instant now)
        : length_{length}, epoch_{epoch}, sealed_{sealed}, ring_(n + (sealed ? 1 : 0)) {
        newest_ = ring_.size();
        start(now);
    }

    /// Forgets what is too old by `now`.
    void advance(Instant now) {
        if (now < end_) return;
        const auto steps = static_cast<std::uint64_t>((now - end_) / length_) + 1;
        newest_ += steps;
        end_ += static_cast<Duration::rep>(steps) * length_;
        if (steps >= ring_.size()) return clear();
        for (std::uint64_t i = 0; i != steps; ++i) {
            slot_ = slot_ + 1 == ring_.size() ? 0 : slot_ + 1;
            total_ -= ring_[slot_];
            ring_[slot_] = {};
        }
    }
    void reset(Instant now) {
        clear();
        newest_ += ring_.size();  // Places that were given out are gone.
        start(now);
    }

    /// Where what happens now is filed: not at 0, which is nowhere.  Requires that the window was
    /// advanced.
    std::uint64_t place(Instant) const { return newest_; }
    /// One call more, or less, there.  Nothing if that bucket is gone.
    void call(std::uint64_t place, int more) { add(place, {more, 0, 0}); }
    /// A result.
    void record(Mark mark, std::uint64_t place, Instant) {
        add(place, {0, mark.failed ? 1 : 0, mark.slow ? 1 : 0});
    }

    /// Of the n newest buckets, also that which is being filled.
    Tally tally() const { return sealed_ ? total_ - ring_[oldest()] : total_; }
    std::optional<Rates> rates(Instant) const {
        return rates_of(sealed_ ? total_ - ring_[slot_] : total_);
    }
    /// The number of the bucket that is being filled.
    std::uint64_t interval() const { return newest_; }
    /// Whether no bucket that rates() may yet see holds anything.
    bool empty() const { return total_ == Tally{}; }

private:
    void start(Instant now) {
        if (!epoch_) {
            end_ = now + length_;
            return;
        }
        auto into = now.time_since_epoch() % length_;
        if (into < Duration{}) into += length_;
        end_ = now - into + length_;
    }
    void clear() {
        total_ = {};
        for (auto& bucket : ring_) bucket = {};
    }
    std::size_t oldest() const { return slot_ + 1 == ring_.size() ? 0 : slot_ + 1; }
    void add(std::uint64_t place, const Tally& more) {
        const auto age = newest_ - place;
        if (age >= ring_.size()) return;
        ring_[slot_ >= age ? slot_ - age : slot_ + ring_.size() - age] += more;
        total_ += more;
    }

    Duration length_;
    bool epoch_, sealed_;
    std::vector<Tally> ring_;
    std::size_t slot_ = 0;      // Of the newest bucket.
    std::uint64_t newest_ = 0;  // Its number,
    Instant end_{};             // and when it ends.
    Tally total_;
};

}  // namespace lb::breaker
