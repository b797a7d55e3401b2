#pragma once

#include "balancer/policies/ipvs/best.hpp"

namespace lb::ipvs {

/// What a destination's connections cost: an active one 256, and each that there is, active or not,
/// one more.
///
/// Source: ip_vs_dest_conn_overhead in include/net/ip_vs.h of 6.1.192.  Older kernels add one for
/// the inactive only; without inactive connections that orders destinations alike.
inline std::int64_t overhead(const Connections& c) {
    return 256 * c.active + c.active + c.inactive;
}

/// The least overhead.
struct LeastConnection : TakesAll {
    static constexpr std::string_view kRule =
        "The least overhead; the first in the list among equals.";
    static constexpr std::string_view kScore = "256 x active + all connections";
    using Key = std::int64_t;
    static constexpr Key kLowest = 0;
    static Key key(const Destination& d) { return overhead(d.connections); }
    static double score(const Destination& d) {
        return static_cast<double>(overhead(d.connections));
    }
};

/// The least overhead per unit of weight.
struct WeightedLeastConnection : TakesAll {
    static constexpr std::string_view kRule =
        "The least overhead per unit of weight; the first in the list among equals.";
    static constexpr std::string_view kScore = "(256 x active + all connections) / weight";
    using Key = Part;
    static constexpr Key kLowest{0};
    static Key key(const Destination& d) { return {overhead(d.connections), d.weight}; }
    static double score(const Destination& d) {
        return static_cast<double>(overhead(d.connections)) / static_cast<double>(d.weight);
    }
};

/// The least active connections with the one to come per unit of weight.
struct ShortestExpectedDelay : TakesAll {
    static constexpr std::string_view kRule =
        "The shortest expected delay; the first in the list among equals.";
    static constexpr std::string_view kScore = "(active connections + 1) / weight";
    using Key = Part;
    static constexpr Key kLowest{0};
    static Key key(const Destination& d) { return {d.connections.active + 1, d.weight}; }
    static double score(const Destination& d) {
        return static_cast<double>(d.connections.active + 1) / static_cast<double>(d.weight);
    }
};

/// The first without active connections, or else the shortest expected delay.
struct NeverQueue : ShortestExpectedDelay {
    static constexpr std::string_view kRule =
        "The first in the list without active connections, or else the shortest expected delay.";
    static Key key(const Destination& d) {
        return settles(d) ? kLowest : ShortestExpectedDelay::key(d);
    }
    static bool settles(const Destination& d) { return d.connections.active == 0; }
};

/// The destination with the fewest connections, whatever its weight.
///
/// Source: ip_vs_lc_schedule in ip_vs_lc.c.
class Lc final : public Best<LeastConnection> {
public:
    static constexpr std::string_view kName = "ipvs/lc";
    static constexpr std::string_view kSummary = "Linux IPVS: the fewest connections";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_lc.c: ip_vs_lc_schedule";
    static constexpr std::string_view kDiffers =
        "Ties go to the first in the list, not by lot or in turn, so an idle service uses one "
        "destination only.";
    using Best::Best;
};

/// The destination with the fewest connections per unit of weight.  An idle one has none, whatever
/// it weighs, so the first idle one in the list comes before a heavier one.
///
/// Source: ip_vs_wlc_schedule in ip_vs_wlc.c.
class Wlc final : public Best<WeightedLeastConnection> {
public:
    static constexpr std::string_view kName = "ipvs/wlc";
    static constexpr std::string_view kSummary =
        "Linux IPVS: the fewest connections per unit of weight";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_wlc.c: ip_vs_wlc_schedule";
    static constexpr std::string_view kDiffers =
        "The connection to come does not count, as it does in ipvs/sed and least_connections: idle "
        "destinations are equal, and the first in the list is taken.";
    using Best::Best;
};

/// The destination that would have the fewest active connections per unit of weight with this one:
/// a fast one may get a second before a slow one gets its first.
///
/// Source: ip_vs_sed_schedule in ip_vs_sed.c.
class Sed final : public Best<ShortestExpectedDelay> {
public:
    static constexpr std::string_view kName = "ipvs/sed";
    static constexpr std::string_view kSummary =
        "Linux IPVS: the shortest expected delay by weight and active connections";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_sed.c: ip_vs_sed_schedule";
    static constexpr std::string_view kDiffers =
        "As least_connections, but ties go to the first in the list.";
    using Best::Best;
};

/// The first idle destination in the list, or, when none is, as Sed: nobody waits while somebody
/// has nothing to do, however slow it is.
///
/// Source: ip_vs_nq_schedule in ip_vs_nq.c.
class Nq final : public Best<NeverQueue> {
public:
    static constexpr std::string_view kName = "ipvs/nq";
    static constexpr std::string_view kSummary =
        "Linux IPVS: the first idle one, else the shortest expected delay";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_nq.c: ip_vs_nq_schedule";
    static constexpr std::string_view kDiffers =
        "As ipvs/sed, but a light idle destination comes before a heavy busy one.";
    using Best::Best;
};

}  // namespace lb::ipvs
