#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a key to the backend whose point comes soonest after any of the key's many probes: see
/// ProbeLookup.
///
/// A ring turned round: the spread of many points with the memory of one each, paid for at each
/// pick.  Only the keys move that somebody gains or loses.  The points of an excluded backend are
/// passed over, as if it were not there: most of its keys go to the one whose point comes next.
class MultiProbe final : public Hashed<ByKey, ProbeLookup> {
public:
    static constexpr std::string_view kName = "multi_probe";
    static constexpr std::string_view kSummary = "A ring of one point each and many probes a key";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 65535};
    static constexpr std::string_view kCost = "O(probes) on average";
    static constexpr std::string_view kSource =
        "Appleton & O'Reilly, Multi-Probe Consistent Hashing, arXiv:1505.00062";
    static constexpr std::string_view kDiffers =
        "One point per unit of weight, where ring_hash has 160. The paper has no weights.";
    using Hashed::Hashed;
};

}  // namespace lb
