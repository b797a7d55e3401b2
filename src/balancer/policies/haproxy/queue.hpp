#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "balancer/fleet.hpp"
#include "base/expects.hpp"

namespace lb::haproxy {

/// Servers by a 32-bit key, first come first served among equal keys: what HAProxy keeps in an
/// elastic binary tree.
using Queue = std::multimap<std::uint32_t, BackendId>;

/// A server's seat in at most one queue of several.  Moving costs O(log n) and allocates nothing.
class Seat {
public:
    /// The queue it sits in; null if none.
    const Queue* in() const { return queue_; }

    /// Behind those of the same key.  Requires that it sits nowhere.
    void sit(Queue& queue, std::uint32_t key, BackendId id) {
        expects(queue_ == nullptr);
        if (spare_.empty()) {
            at_ = queue.emplace(key, id);
        } else {
            spare_.key() = key;
            at_ = queue.insert(std::move(spare_));
        }
        queue_ = &queue;
    }
    void rise() {
        if (queue_ == nullptr) return;
        spare_ = queue_->extract(at_);
        queue_ = nullptr;
    }

private:
    Queue* queue_ = nullptr;
    Queue::iterator at_{};
    Queue::node_type spare_{};  // Its node while it sits nowhere.
};

}  // namespace lb::haproxy
