#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/expects.hpp"

namespace lb {

/// Finds the place with the least key, while keys change: a binary tree of minima over the places.
///
/// Each node counts who shares its minimum, so that one of several equal is drawn uniformly.
/// Changing a key and drawing take O(log n), looking at the least O(1).
class LeastTree {
public:
    /// Grows to hold places [0, n), the new ones without a key.  O(1) amortised over growth by one.
    void resize(std::size_t n) {
        if (n <= leaves_) return;
        std::size_t leaves = 1;
        while (leaves < n) leaves *= 2;
        std::vector<Node> nodes(2 * leaves);
        for (std::size_t i = 0; i != leaves_; ++i) nodes[leaves + i] = nodes_[leaves_ + i];
        nodes_ = std::move(nodes);
        leaves_ = leaves;
        for (std::size_t i = leaves_ - 1; i != 0; --i)
            nodes_[i] = least_of(nodes_[2 * i], nodes_[2 * i + 1]);
    }

    /// Requires place < the size; the key may be infinite, not NaN.
    void set(std::size_t place, double key) { change(place, {key, 1}); }
    /// Takes it out.
    void clear(std::size_t place) { change(place, {}); }
    /// Whether it has a key, and which; that of none is infinite.
    bool has(std::size_t place) const { return nodes_[leaves_ + place].ties != 0; }
    double key(std::size_t place) const { return nodes_[leaves_ + place].key; }

    bool empty() const { return leaves_ == 0 || nodes_[1].ties == 0; }
    /// Requires that it is not empty.
    double least() const { return nodes_[1].key; }

    /// One of those with the least key; draws only if there are several.  Requires that it is not
    /// empty.
    template <class Rng>
    std::size_t draw(Rng& rng) const {
        expects(!empty());
        std::uint64_t drawn = nodes_[1].ties == 1 ? 0 : rng.below(nodes_[1].ties);
        std::size_t i = 1;
        while (i < leaves_) {
            i *= 2;
            const auto& left = nodes_[i];
            const auto here = left.ties != 0 && left.key == nodes_[1].key ? left.ties : 0;
            if (drawn < here) continue;
            drawn -= here;
            ++i;
        }
        return i - leaves_;
    }

private:
    struct Node {
        double key = std::numeric_limits<double>::infinity();
        std::uint32_t ties = 0;  // Who has it; 0: nobody is below.
    };

    static Node least_of(const Node& a, const Node& b) {
        if (b.ties == 0) return a;
        if (a.ties == 0) return b;
        if (a.key != b.key) return a.key < b.key ? a : b;
        return {a.key, a.ties + b.ties};
    }
    void change(std::size_t place, Node node) {
        expects(place < leaves_);
        std::size_t i = leaves_ + place;
        nodes_[i] = node;
        for (i /= 2; i != 0; i /= 2) nodes_[i] = least_of(nodes_[2 * i], nodes_[2 * i + 1]);
    }

    std::vector<Node> nodes_;  // The root is 1, the children of i are 2 i and 2 i + 1.
    std::size_t leaves_ = 0;
};

}  // namespace lb
