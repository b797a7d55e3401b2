#pragma once

#include <set>
#include <utility>
#include <vector>

#include "balancer/request.hpp"
#include "base/expects.hpp"
#include "base/time.hpp"

namespace lb {

/// When each of some backends is due; the earliest first, and at the same instant by slot.
///
/// Setting, clearing and taking the earliest cost O(log n).
class DueTimes {
public:
    static constexpr Instant kNever = Instant::max();

    /// It is due then, and no more when it was before.
    void set(BackendId id, Instant at) {
        clear(id);
        if (at == kNever) return;
        if (index(id) >= at_.size()) at_.resize(index(id) + 1, kNever);
        at_[index(id)] = at;
        order_.emplace(at, id);
    }
    void clear(BackendId id) {
        if (index(id) >= at_.size() || at_[index(id)] == kNever) return;
        order_.erase({at_[index(id)], id});
        at_[index(id)] = kNever;
    }
    /// kNever if nobody is.  O(1).
    Instant next() const { return order_.empty() ? kNever : order_.begin()->first; }
    /// Who that is.  Requires that somebody is due.
    BackendId first() const {
        expects(!order_.empty());
        return order_.begin()->second;
    }

private:
    std::set<std::pair<Instant, BackendId>> order_;
    std::vector<Instant> at_;  // By slot.
};

}  // namespace lb
