#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balancer/fleet.hpp"

namespace lb::haproxy {

/// HAProxy's consistent-hashing tree: each server has as many nodes as its effective weight (16 for
/// each unit of weight), and a hash belongs to the nearest node, be it before or after it.
///
/// Node j of a server lies at full_hash(4096 * id + j), so that its place hangs on its numeric id
/// and on nothing else, and a change of weight adds or takes away those of the highest j only
/// (src/lb_chash.c, 2.6).
///
/// Kept as one sorted row.  Changes are gathered: after some of them, seal() costs O(nodes) and a
/// sort of the new ones.
class Tree {
public:
    /// Gives a server so many nodes, at most 4096; 0 takes it out.  O(1); O(nodes) if the slot was
    /// another server's.  Call seal() before looking up.
    void set(BackendId backend, std::uint32_t id, std::uint32_t nodes);
    void seal();

    std::size_t size() const { return nodes_.size(); }
    BackendId owner(std::size_t place) const { return nodes_[place].owner; }
    std::uint32_t key(std::size_t place) const { return nodes_[place].key; }
    std::size_t after(std::size_t place) const {
        return place + 1 == nodes_.size() ? 0 : place + 1;
    }

    /// The place of the first node at or after that key, around the end.  O(log nodes).  Requires a
    /// node.
    std::size_t at_or_after(std::uint32_t key) const;
    /// The place of the nearest node; the one before it if both are as near.  O(log nodes).
    /// Requires a node.
    std::size_t nearest(std::uint32_t hash) const;

private:
    struct Node {
        std::uint32_t key;
        std::uint32_t number;  // j: 0 and up, of its owner.
        BackendId owner;
    };
    struct Owner {
        std::uint32_t id = 0;
        std::uint32_t wanted = 0;
        std::uint32_t placed = 0;
    };

    std::vector<Node> nodes_;    // By key; those of one key in the order they came.
    std::vector<Owner> owners_;  // By backend.
    std::vector<BackendId> changed_;
};

}  // namespace lb::haproxy
