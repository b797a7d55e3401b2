#pragma once

#include "balancer/policies/nginx/rehash.hpp"

namespace lb::nginx {

/// Sends a client where it always goes, by its address: the first three octets of IPv4, all of
/// IPv6.
///
/// The octets are folded into one of 6271 values, and the value modulo the sum of the weights says
/// whose stretch it falls in.  Whoever is excluded or has failed keeps his stretch: his clients
/// hash on from the value they have.  After more than 20 such steps round robin picks.
class IpHash final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/ip_hash";
    static constexpr std::string_view kSummary =
        "nginx's ip_hash: a client's network always goes to one backend";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kOrdered = true;
    static constexpr std::string_view kCost = "O(log n) a step; O(n) after 20";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_ip_hash_module.c, "
        "ngx_http_upstream_get_ip_hash_peer";
    static constexpr std::string_view kDiffers =
        "All of a /24 go to one backend, and adding one remaps most clients; a client without an "
        "address counts as 0.0.0, as nginx's other families do.";

    using Config = Peers::Config;
    explicit IpHash(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        if (peers_.size() < 2) return peers_.next(c);
        const auto& client = c.request.client;
        const std::size_t octets = client.size == 16 ? 16 : 3;
        std::uint32_t hash = 89;
        const auto value = [&](int) {
            for (std::size_t i = 0; i != octets; ++i) hash = (hash * 113 + client.bytes[i]) % 6271;
            return std::int64_t{hash};
        };
        if (const Peer* found = rehash(peers_, c, kMostTries, value)) return found->id;
        return peers_.next(c);
    }
};

}  // namespace lb::nginx
