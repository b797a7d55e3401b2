#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/expects.hpp"

namespace lbsim {

/// Which keys a cache has: the last so many that were asked for.  O(1) on average, without
/// allocation once it is full.
class LruCache {
public:
    /// Requires at least one entry.
    explicit LruCache(std::size_t entries) : entries_{entries} {
        lb::expects(entries > 0 && entries < kNone);
        clear();
    }

    void clear() {
        nodes_.clear();
        places_.assign(16, kNone);
        newest_ = oldest_ = kNone;
    }
    std::size_t size() const { return nodes_.size(); }

    /// Whether it is there; then it is the newest.
    bool touch(std::uint64_t key) {
        const auto node = places_[place_of(key)];
        if (node == kNone) return false;
        unlink(node);
        link(node);
        return true;
    }
    /// It is there, and the newest; if it is one too many, the oldest is not.
    void insert(std::uint64_t key) {
        if (touch(key)) return;
        std::uint32_t node = 0;
        if (nodes_.size() == entries_) {
            node = oldest_;
            unlink(node);
            erase(place_of(nodes_[node].key));
        } else {
            if (2 * (nodes_.size() + 1) > places_.size()) grow();
            node = static_cast<std::uint32_t>(nodes_.size());
            nodes_.emplace_back();
        }
        nodes_[node].key = key;
        places_[place_of(key)] = node;
        link(node);
    }

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct Node {
        std::uint64_t key = 0;
        std::uint32_t newer = kNone, older = kNone;
    };

    // Where a key would like to be (Fibonacci hashing: Knuth, TAOCP 3, 6.4).
    std::size_t home(std::uint64_t key) const {
        return static_cast<std::size_t>((key ^ key >> 32) * 0x9e3779b97f4a7c15u >> 20) &
               (places_.size() - 1);
    }
    std::size_t after(std::size_t place) const { return (place + 1) & (places_.size() - 1); }
    // Where it is, or the first free place from where it would like to be.
    std::size_t place_of(std::uint64_t key) const {
        auto place = home(key);
        while (places_[place] != kNone && nodes_[places_[place]].key != key) place = after(place);
        return place;
    }
    // Those behind it close up, so that no search stops at the gap.
    void erase(std::size_t gap) {
        for (auto place = after(gap); places_[place] != kNone; place = after(place)) {
            const auto wanted = home(nodes_[places_[place]].key);
            const auto mask = places_.size() - 1;
            if (((place - wanted) & mask) < ((place - gap) & mask)) continue;
            places_[gap] = places_[place];
            gap = place;
        }
        places_[gap] = kNone;
    }
    void grow() {
        places_.assign(2 * places_.size(), kNone);
        for (std::uint32_t node = 0; node != nodes_.size(); ++node)
            places_[place_of(nodes_[node].key)] = node;
    }
    void link(std::uint32_t node) {
        nodes_[node].newer = kNone;
        nodes_[node].older = newest_;
        (newest_ == kNone ? oldest_ : nodes_[newest_].newer) = node;
        newest_ = node;
    }
    void unlink(std::uint32_t node) {
        const auto [key, newer, older] = nodes_[node];
        (newer == kNone ? newest_ : nodes_[newer].older) = older;
        (older == kNone ? oldest_ : nodes_[older].newer) = newer;
    }

    std::size_t entries_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> places_;  // Of nodes; a power of two, at most half of them taken.
    std::uint32_t newest_ = kNone, oldest_ = kNone;
};

}  // namespace lbsim
