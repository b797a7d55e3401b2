#pragma once

#include "balancer/policies/finagle/two_choices.hpp"

namespace lb::finagle {

/// The one of two with fewer requests in flight: Finagle's P2C with leastLoaded.  See TwoChoices.
class P2c final : public TwoChoices<Pending> {
public:
    static constexpr std::string_view kName = "finagle/p2c";
    static constexpr std::string_view kSummary = "As Finagle: the less busy of two drawn at random";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(max_effort)";
    static constexpr std::string_view kSource =
        "Finagle 4feb34cb, loadbalancer/p2c/P2CPick.scala, Balancer.scala, PanicMode.scala";
    static constexpr std::string_view kDiffers =
        "It draws from all members and prefers the eligible one, where p2c draws from the eligible "
        "only. When max_effort is spent Finagle uses a node that is not open; here the request "
        "goes to any eligible one.";
    using TwoChoices::TwoChoices;
};

}  // namespace lb::finagle
