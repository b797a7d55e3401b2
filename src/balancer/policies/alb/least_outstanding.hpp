#pragma once

#include "balancer/policies/least_connections.hpp"

namespace lb::alb {

/// The target with the fewest requests in flight: ALB's least_outstanding_requests.
///
/// What ALB does among equals is not published; here they are drawn uniformly, so that an idle
/// fleet is shared evenly.  Targets have no weights.  A pick costs O(1).
class LeastOutstanding final : public LeastInFlight {
public:
    static constexpr std::string_view kName = "alb/least_outstanding";
    static constexpr std::string_view kSummary = "As ALB: the fewest requests in flight";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource =
        "Elastic Load Balancing, Application Load Balancers: target group attributes, "
        "least_outstanding_requests";
    static constexpr std::string_view kDiffers =
        "As least_connections without weights. How ALB breaks ties is not published: uniformly "
        "here. ALB does not combine it with slow start.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit LeastOutstanding(const Config&) : LeastInFlight{false} {}
};

}  // namespace lb::alb
