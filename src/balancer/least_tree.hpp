#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/expects.hpp"

namespace lb {

/// Finds the place with the least key, while keys change: a binary tree of minima over the places.
///
/// Each node knows the first place that has its minimum, and how many share it, so that one of
/// several equal is drawn uniformly.  Changing a key takes O(log n), and often less, as it ends
/// where nothing changes above; so does drawing.  Looking at the least takes O(1).
///
/// Keys are compared by < only.
template <class Key = double>
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
        for (std::size_t i = leaves_ - 1; i != 0; --i) take_least(i);
    }

    /// Requires place < the size; the key may be infinite, not NaN.
    void set(std::size_t place, const Key& key) {
        change(place, {key, 1, static_cast<std::uint32_t>(place)});
    }
    /// Takes it out.
    void clear(std::size_t place) { change(place, {}); }
    /// Whether it has a key, and which.
    bool has(std::size_t place) const { return nodes_[leaves_ + place].ties != 0; }
    const Key& key(std::size_t place) const { return nodes_[leaves_ + place].key; }

    bool empty() const { return leaves_ == 0 || nodes_[1].ties == 0; }

    // Of those that have a key.  Requires that it is not empty.

    const Key& least() const { return nodes_[1].key; }
    /// The first place of those with the least key.
    std::size_t first() const { return nodes_[1].first; }
    /// Says which is the least key of all others than first(), if there are any.  O(log n).
    bool second(Key& key) const {
        const Node* least = nullptr;
        for (std::size_t i = leaves_ + first(); i != 1; i /= 2) {
            const Node& beside = nodes_[i ^ 1];
            if (beside.ties != 0 && (least == nullptr || beside.key < least->key)) least = &beside;
        }
        if (least != nullptr) key = least->key;
        return least != nullptr;
    }
    /// One of those with the least key; draws only if there are several.
    template <class Rng>
    std::size_t draw(Rng& rng) const {
        expects(!empty());
        std::uint64_t drawn = nodes_[1].ties == 1 ? 0 : rng.below(nodes_[1].ties);
        std::size_t i = 1;
        while (i < leaves_) {
            i *= 2;
            const auto& left = nodes_[i];
            const auto here = left.ties != 0 && !(least() < left.key) ? left.ties : 0;
            if (drawn < here) continue;
            drawn -= here;
            ++i;
        }
        return i - leaves_;
    }

private:
    struct Node {
        Key key{};
        std::uint32_t ties = 0;   // Who has it; 0: nobody is below.
        std::uint32_t first = 0;  // Of these.
    };

    /// Makes a node what those below it say.  Whether that changed it.
    bool take_least(std::size_t i) {
        const Node &a = nodes_[2 * i], &b = nodes_[2 * i + 1];
        const bool right = b.ties != 0 && (a.ties == 0 || b.key < a.key);
        const bool equal = !right && b.ties != 0 && !(a.key < b.key);
        const Node& least = right ? b : a;
        const auto ties = equal ? a.ties + b.ties : least.ties;
        Node& node = nodes_[i];
        if (node.first == least.first && node.ties == ties && !(node.key < least.key) &&
            !(least.key < node.key))
            return false;
        node.key = least.key;
        node.ties = ties;
        node.first = least.first;
        return true;
    }
    void change(std::size_t place, const Node& node) {
        expects(place < leaves_);
        std::size_t i = leaves_ + place;
        nodes_[i] = node;
        while ((i /= 2) != 0 && take_least(i)) {}
    }

    std::vector<Node> nodes_;  // The root is 1, the children of i are 2 i and 2 i + 1.
    std::size_t leaves_ = 0;
};

}  // namespace lb
