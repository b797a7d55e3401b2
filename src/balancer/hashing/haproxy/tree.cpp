#include "balancer/hashing/haproxy/tree.hpp"

#include <algorithm>

#include "balancer/hashing/haproxy/functions.hpp"
#include "base/expects.hpp"

namespace lb::haproxy {

void Tree::set(BackendId backend, std::uint32_t id, std::uint32_t nodes) {
    expects(nodes <= 4096);
    if (index(backend) >= owners_.size()) owners_.resize(index(backend) + 1);
    Owner& owner = owners_[index(backend)];
    if (owner.id != id && owner.placed != 0) {
        std::erase_if(nodes_, [&](const Node& n) { return n.owner == backend; });
        owner.placed = 0;
    }
    owner.id = id;
    owner.wanted = nodes;
    changed_.push_back(backend);
}

void Tree::seal() {
    if (changed_.empty()) return;
    if (std::any_of(changed_.begin(), changed_.end(), [&](BackendId id) {
            return owners_[index(id)].wanted < owners_[index(id)].placed;
        }))
        std::erase_if(nodes_,
                      [&](const Node& n) { return n.number >= owners_[index(n.owner)].wanted; });
    const auto kept = static_cast<std::ptrdiff_t>(nodes_.size());
    for (const auto id : changed_) {
        Owner& owner = owners_[index(id)];
        for (std::uint32_t j = owner.placed; j < owner.wanted; ++j)
            nodes_.push_back({full_hash(4096 * owner.id + j), j, id});
        owner.placed = owner.wanted;
    }
    changed_.clear();
    const auto before = [](const Node& a, const Node& b) { return a.key < b.key; };
    std::stable_sort(nodes_.begin() + kept, nodes_.end(), before);
    std::inplace_merge(nodes_.begin(), nodes_.begin() + kept, nodes_.end(), before);
}

std::size_t Tree::at_or_after(std::uint32_t key) const {
    expects(!nodes_.empty());
    const auto at = std::lower_bound(nodes_.begin(), nodes_.end(), key,
                                     [](const Node& n, std::uint32_t k) { return n.key < k; });
    return at == nodes_.end() ? 0 : static_cast<std::size_t>(at - nodes_.begin());
}

std::size_t Tree::nearest(std::uint32_t hash) const {
    const auto next = at_or_after(hash);
    const auto before = next == 0 ? nodes_.size() - 1 : next - 1;
    // Around the end of 32 bits, too.
    return hash - nodes_[before].key <= nodes_[next].key - hash ? before : next;
}

}  // namespace lb::haproxy
