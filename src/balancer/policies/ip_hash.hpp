#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a client's network where it always goes: its address up to a prefix (see ByNetwork), in a
/// Maglev table.
class IpHash final : public Hashed<ByNetwork, MaglevLookup> {
public:
    static constexpr std::string_view kName = "ip_hash";
    static constexpr std::string_view kSummary = "By the client's address, in a Maglev table";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource =
        "RFC 6177 for the networks; Eisenbud et al., Maglev, NSDI 2016, for the table";
    static constexpr std::string_view kDiffers =
        "nginx/ip_hash takes three octets modulo the weights, so that most clients move with each "
        "change; haproxy/source folds the address without a hash. Here few move.";
    using Hashed::Hashed;
};

}  // namespace lb
