#pragma once

#include <string>

#include "balancer/hashing/crc32.hpp"
#include "balancer/policies/nginx/rehash.hpp"

namespace lb::nginx {

/// Sends a key where it always goes: 15 bits of its CRC-32, modulo the sum of the weights, say in
/// whose stretch it falls.
///
/// Whoever is excluded or has failed keeps his stretch: his keys are hashed again, with the decimal
/// number of the attempt before the key, and what comes out is added.  After more than 20 such
/// steps, and for an empty key, round robin picks.
class Hash final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/hash";
    static constexpr std::string_view kSummary =
        "nginx's hash: the key's CRC-32 modulo the sum of the weights";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kOrdered = true;
    static constexpr std::string_view kCost = "O(log n) a step; O(n) after 20";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_hash_module.c, ngx_http_upstream_get_hash_peer";
    static constexpr std::string_view kDiffers =
        "Places depend on the order of configuration, and adding a backend moves most keys; "
        "nginx/hash_consistent moves few.";

    using Config = Peers::Config;
    explicit Hash(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        const auto key = c.request.key;
        if (peers_.size() < 2 || key.empty()) return peers_.next(c);
        std::int64_t sum = 0;
        const auto value = [&](int step) {
            Crc32 crc;
            if (step != 0) crc.add(std::to_string(step));
            return sum += (crc.add(key).value() >> 16) & 0x7fffu;
        };
        if (const Peer* found = rehash(peers_, c, kMostTries, value)) return found->id;
        return peers_.next(c);
    }
};

}  // namespace lb::nginx
