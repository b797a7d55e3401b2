#pragma once

#include <cstdint>
#include <span>

#include "balancer/hashing/named_share.hpp"
#include "balancer/hashing/ring.hpp"

namespace lb {

/// How many points a ring has in all, and what places them.
struct RingScale {
    enum class Hash : std::uint8_t { XxHash, Murmur2 };
    std::uint64_t least = 1024, most = 8'388'608;
    Hash hash = Hash::XxHash;
};

/// Fills a ring of about a given size, of which each backend gets its share of points: as many in
/// all as it takes for the smallest share to have a whole number of them, but `scale.most` at most.
/// So, unlike on a ring of so many points a backend, everybody's points change when a backend comes
/// or goes.
///
/// The points are the hashes of "NAME_0", "NAME_1", ….  What a share is over a whole number goes to
/// those that come later, so that the order of the shares matters if shares differ.
/// O(points log points).
/// Source: Envoy, ring_hash_lb.cc (RingHashLoadBalancer::Ring); gRFC A42 has the same rule.
void fill(Ring& ring, std::span<const NamedShare> shares, const RingScale& scale);

}  // namespace lb
