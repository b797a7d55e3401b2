#pragma once

#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// Smooth weighted round robin with failures, to the letter of nginx: see Peers.
///
/// Retries run the turn anew among those not tried yet, so that a failing backend disturbs the
/// turns of the others too.  A client that sticks to a backend makes it pay for a turn, unless it
/// already owes as much as one turn costs.
class RoundRobin final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/round_robin";
    static constexpr std::string_view kSummary =
        "nginx's default: each in turn, smoothly by weight, less often after failures";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_round_robin.c, ngx_http_upstream_get_peer";
    static constexpr std::string_view kDiffers =
        "round_robin takes the same turns in O(distinct weights), but ignores failures; here they "
        "lower a backend's weight and take it out of turn, as max_fails and fail_timeout say.";

    using Config = Peers::Config;
    explicit RoundRobin(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        return peers_.next(c);
    }
    void on_sticky(BackendId id, const PickContext& c) override { peers_.stick(id, c); }
};

}  // namespace lb::nginx
