#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace lbsim {

/// The clients of one group that wait, in the order in which they will lose patience: since all
/// have the same patience, that is the order in which they asked.  First in, first out, in a circle
/// that grows when full.  Those answered meanwhile are skipped when their turn comes, so that an
/// answer costs nothing here and only the first in line needs an event.
class Timeouts {
public:
    struct Entry {
        lb::Instant at;
        std::uint32_t slot, generation;
    };
    bool empty() const { return size_ == 0; }
    const Entry& front() const { return circle_[head_]; }
    void pop() {
        head_ = (head_ + 1) & (circle_.size() - 1);
        --size_;
    }
    void push(const Entry& entry) {
        if (size_ == circle_.size()) grow();
        circle_[(head_ + size_++) & (circle_.size() - 1)] = entry;
    }

private:
    void grow() {
        std::vector<Entry> larger(circle_.empty() ? 16 : 2 * circle_.size());
        for (std::size_t i = 0; i != size_; ++i)
            larger[i] = circle_[(head_ + i) & (circle_.size() - 1)];
        circle_ = std::move(larger);
        head_ = 0;
    }
    std::vector<Entry> circle_;  // A power of two.
    std::size_t head_ = 0, size_ = 0;
};

}  // namespace lbsim
