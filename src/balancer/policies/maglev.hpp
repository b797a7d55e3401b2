#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a key where a Maglev table has it: see MaglevLookup.
///
/// Parts are even to one entry in (table / backends), which a ring reaches for no number of points,
/// and a pick costs O(1); the price is that a few keys move between others when a backend comes or
/// goes.  A change of membership or weight rebuilds the table at the next pick,
/// O(table log table).
class Maglev final : public Hashed<ByKey, MaglevLookup> {
public:
    static constexpr std::string_view kName = "maglev";
    static constexpr std::string_view kSummary = "A table that gives each an even part of the keys";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource =
        "Eisenbud et al., Maglev, NSDI 2016, section 3.4; weights as Envoy's";
    static constexpr std::string_view kDiffers =
        "Excluded backends keep their entries, whose keys go to the next entry. Envoy and Katran "
        "fill the table anew, and keys of others move, too.";
    using Hashed::Hashed;
};

}  // namespace lb
