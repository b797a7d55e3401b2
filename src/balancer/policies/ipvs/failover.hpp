#pragma once

#include "balancer/policies/ipvs/best.hpp"

namespace lb::ipvs {

/// The greatest weight.
struct Failover : TakesAll {
    static constexpr std::string_view kRule =
        "The greatest weight; the first in the list among equals.";
    static constexpr std::string_view kScore = "weight";
    using Key = std::int64_t;
    static constexpr std::optional<Key> kLowest{};  // Weights have no greatest.
    static Key key(const Destination& d) { return -d.weight; }
    static double score(const Destination& d) { return static_cast<double>(d.weight); }
};

/// The greatest weight that is not less than the active connections.
struct Overflow : Failover {
    static constexpr std::string_view kRule =
        "The greatest weight among those with no more active connections than that; the first in "
        "the list among equals.";
    static bool admits(const Destination& d) { return d.connections.active <= d.weight; }
};

/// The heaviest destination gets everything; the next when it cannot be scheduled: active and
/// standby.
///
/// Source: ip_vs_fo_schedule in ip_vs_fo.c.
class Fo final : public Best<Failover> {
public:
    static constexpr std::string_view kName = "ipvs/fo";
    static constexpr std::string_view kSummary =
        "Linux IPVS: all to the heaviest, the others stand by";
    static constexpr Equalises kEqualises = Equalises::Nothing;
    static constexpr bool kStarves = true;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_fo.c: ip_vs_fo_schedule";
    static constexpr std::string_view kDiffers =
        "Weights are ranks; what is in flight does not matter, as it does in ipvs/ovf.";
    using Best::Best;
};

/// The heaviest destination until it has more active connections than its weight, then the next:
/// weights are capacities.  When all have more, the request is rejected.
///
/// The test is "no more than": a destination of weight w takes w + 1.
///
/// Source: ip_vs_ovf_schedule in ip_vs_ovf.c.
class Ovf final : public Best<Overflow> {
public:
    static constexpr std::string_view kName = "ipvs/ovf";
    static constexpr std::string_view kSummary =
        "Linux IPVS: the heaviest until it has more connections than weight, then the next";
    static constexpr Equalises kEqualises = Equalises::Nothing;
    static constexpr bool kDeclines = true;
    static constexpr bool kStarves = true;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_ovf.c: ip_vs_ovf_schedule";
    static constexpr std::string_view kDiffers =
        "As ipvs/fo, but a destination is full when it has weight + 1 requests in flight, and the "
        "request is rejected when all are.";
    using Best::Best;
};

}  // namespace lb::ipvs
