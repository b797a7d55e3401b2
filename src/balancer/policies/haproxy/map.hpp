#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "balancer/hashing/haproxy/map.hpp"
#include "balancer/view.hpp"

namespace lb::haproxy {

/// A map of servers (see server_map) and the place in it where round robin stands.
///
/// Made anew when a server comes or goes; round robin keeps its place then, or starts over if that
/// is past the end.
class Map {
public:
    /// Before the next use, make() it.
    void outdate() { outdated_ = true; }
    bool outdated() const { return outdated_; }
    void make(std::span<const Weighted> usable) {
        slots_ = server_map(usable);
        outdated_ = false;
    }

    BackendId at(std::uint32_t hash) const { return slots_[hash % slots_.size()]; }
    std::size_t size() const { return slots_.size(); }

    /// The next in turn that is not full; the avoided one if there is no other.
    std::optional<BackendId> next(const View& view, std::optional<BackendId> avoid) {
        if (place_ >= slots_.size()) place_ = 0;
        std::optional<BackendId> last_choice;
        std::size_t after_it = place_;
        for (std::size_t i = 0; i != slots_.size(); ++i) {
            const std::size_t at = (place_ + i) % slots_.size();
            if (!view.is_eligible(slots_[at])) continue;
            last_choice = slots_[at];
            after_it = at + 1;  // Past the end: on a longer map, the walk goes on from there.
            if (slots_[at] != avoid) break;
        }
        place_ = after_it;
        return last_choice;
    }
    std::size_t place() const { return place_; }

private:
    std::vector<BackendId> slots_;
    std::size_t place_ = 0;
    bool outdated_ = true;
};

}  // namespace lb::haproxy
