#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lb {

/// Two 64-bit words hashed as Katran does: MurmurHash3_x64_128 of their sixteen bytes, the first
/// half of it (Appleby, MurmurHash3, 2011).
std::uint64_t murmur3_64(std::uint64_t first, std::uint64_t second, std::uint32_t seed);

/// Katran's Maglev rings (facebookincubator/katran at 19f08fe,
/// katran/lib/Maglev{Base,Hash,HashV2}).
///
/// Each endpoint has an order of its own in which it would like the places of the ring; they take
/// turns in the order given.  Places are stepped through in 32 bits, which on rings much larger
/// than Katran's 65537 overflow; we keep that.
namespace katran_ring {

/// How weights count.
enum class Version : std::uint8_t {
    V1,  ///< In the first round an endpoint takes `weight` places; later one each.  On a ring much
         ///< larger than the weights they hardly matter.
    V2,  ///< It takes a place whenever its weights add up to the greatest one: in proportion.
};

struct Endpoint {
    std::uint64_t hash;
    std::uint32_t weight = 1;  ///< Above 0.
};

/// Where an endpoint's order begins, and its step.
struct Order {
    std::uint32_t offset, skip;
};
Order order_of(std::uint64_t hash, std::uint32_t size);

/// Whose each place is, as an index of `endpoints`.  O(size log size) on average while the weights
/// are alike.  Requires an endpoint and a prime size.
std::vector<std::uint32_t> build(std::span<const Endpoint> endpoints, std::uint32_t size,
                                 Version version);

}  // namespace katran_ring
}  // namespace lb
