#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "trace/decimal.hpp"

namespace lbsim {

/// Things waiting for their turn: earliest first, equal times in the order they were put in.
///
/// What comes in order, as nearly everything in a log does, is appended to a ring and costs O(1);
/// only what comes after a later one goes to a heap, O(log n).
class ArrivalOrder {
public:
    struct Entry {
        Nanos at = 0;
        std::uint64_t sequence = 0;  // Of putting in: unique, so that the order is total.
        std::uint32_t slot = 0;

        bool operator<(const Entry& other) const {
            return at != other.at ? at < other.at : sequence < other.sequence;
        }
    };

    void push(Nanos at, std::uint32_t slot) {
        const Entry entry{at, sequence_++, slot};
        if (count_ == 0 || at >= ring_at(count_ - 1).at) {
            if (count_ == ring_.size()) grow();
            ring_at(count_++) = entry;
        } else {
            heap_.push_back(entry);
            std::push_heap(heap_.begin(), heap_.end(), later);
        }
    }

    bool empty() const { return count_ == 0 && heap_.empty(); }

    /// The earliest.  Requires !empty().
    const Entry& front() const { return ring_is_first() ? ring_[head_] : heap_.front(); }

    /// Takes out the earliest.  Requires !empty().
    Entry pop() {
        if (ring_is_first()) {
            const Entry entry = ring_[head_];
            head_ = (head_ + 1) & (ring_.size() - 1);
            --count_;
            return entry;
        }
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const Entry entry = heap_.back();
        heap_.pop_back();
        return entry;
    }

private:
    static bool later(const Entry& a, const Entry& b) { return b < a; }

    bool ring_is_first() const {
        return count_ != 0 && (heap_.empty() || ring_[head_] < heap_.front());
    }

    Entry& ring_at(std::size_t i) { return ring_[(head_ + i) & (ring_.size() - 1)]; }

    void grow() {
        std::vector<Entry> larger(ring_.empty() ? 64 : ring_.size() * 2);
        for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_at(i);
        ring_ = std::move(larger);
        head_ = 0;
    }

    std::vector<Entry> ring_;  // A power of two long.
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    std::vector<Entry> heap_;
    std::uint64_t sequence_ = 0;
};

}  // namespace lbsim
