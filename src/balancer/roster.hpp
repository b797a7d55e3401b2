#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "balancer/view.hpp"

namespace lb {

/// The backends that are not excluded, in the order in which they were configured: what programs
/// build schedules and tables from that keep a list of healthy hosts.
///
/// One that is only full stays, for that is no matter of health: whoever picks passes over it.
/// A change costs O(n).
class Roster {
public:
    std::span<const BackendId> all() const { return listed_; }

    void on_added(BackendId id) {
        if (index(id) >= joined_.size()) joined_.resize(index(id) + 1);
        joined_[index(id)] = next_++;
    }
    /// Whether anything changed.
    bool on_eligible(BackendId id, bool eligible, const View& view) {
        if (!eligible) return !view.is_only_full(id) && on_removed(id);
        const auto at = std::lower_bound(
            listed_.begin(), listed_.end(), id,
            [&](BackendId a, BackendId b) { return joined_[index(a)] < joined_[index(b)]; });
        if (at != listed_.end() && *at == id) return false;
        listed_.insert(at, id);
        return true;
    }
    bool on_removed(BackendId id) { return std::erase(listed_, id) != 0; }

private:
    std::vector<BackendId> listed_;
    std::vector<std::uint64_t> joined_;  // When, by slot: the order of configuration.
    std::uint64_t next_ = 0;
};

}  // namespace lb
