#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends each connection where its five-tuple says (see ByFlow), in a Maglev table: what a balancer
/// at layer 4 does that keeps no state of connections.  The connections of one client spread.
class FlowHash final : public Hashed<ByFlow, MaglevLookup> {
public:
    static constexpr std::string_view kName = "flow_hash";
    static constexpr std::string_view kSummary =
        "By the client's address and port, as layer 4 does";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource = "Eisenbud et al., Maglev, NSDI 2016";
    static constexpr std::string_view kDiffers =
        "It keeps no table of connections, as katran/maglev and nlb/flow_hash do: a connection "
        "whose backend is excluded goes elsewhere. ip_hash leaves out the port.";
    using Hashed::Hashed;
};

}  // namespace lb
