#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a key where it always goes: a consistent-hashing ring (see RingLookup).
///
/// An excluded backend keeps its place: its keys go to the next eligible point clockwise and come
/// home when it does.  A look-up takes O(1) on average, and one step more for each point of an
/// excluded backend in the way; a change of membership or weight rebuilds the ring at the next
/// pick, O(points log points).
class RingHash final : public Hashed<ByKey, RingLookup> {
public:
    static constexpr std::string_view kName = "ring_hash";
    static constexpr std::string_view kSummary = "A consistent-hashing ring of many points each";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr std::string_view kCost = "O(1) on average";
    static constexpr std::string_view kSource =
        "Karger et al., Consistent Hashing and Random Trees, STOC 1997";
    static constexpr std::string_view kDiffers =
        "The number of points of a backend depends on its weight alone, so that only the keys that "
        "somebody gains or loses move. Envoy and gRPC scale all when the lightest changes.";
    using Hashed::Hashed;
};

}  // namespace lb
