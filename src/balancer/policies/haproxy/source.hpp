#pragma once

#include "balancer/policies/haproxy/hashed.hpp"

namespace lb::haproxy {

/// HAProxy's `balance source`: the server that the client's address hashes to, as HAProxy 2.6
/// (src/backend.c, get_server_sh).
///
/// The address is its own hash: its 32-bit words, exclusive-or; the function is not asked, the
/// avalanche is.  So, by map and of equal weights, neighbours in a network go to the servers in
/// turn.  A client of unknown address is sent round robin.
class Source final : public Hashed {
public:
    static constexpr std::string_view kName = "haproxy/source";
    static constexpr std::string_view kSummary = "HAProxy's source: by the client's address";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(log nodes); map-based O(1)";
    static constexpr std::string_view kSource = "HAProxy 2.6, get_server_sh";
    static constexpr std::string_view kDiffers =
        "All of the address counts, where nginx's ip_hash takes three octets. Declines where "
        "HAProxy queues: at a full server.";
    static constexpr bool kDeclines = true;
    static constexpr bool kOrdered = true;
    struct Config : HashType {};
    explicit Source(const Config& config) : Hashed{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto octets = c.request.client.octets();
        if (octets.empty()) return pick_by(std::nullopt, c);
        std::uint32_t hash = 0;
        for (std::size_t i = 0; i != octets.size(); ++i)
            hash ^= std::uint32_t{octets[i]} << (24 - 8 * (i % 4));
        return pick_by(type().spread(hash), c);
    }
};

}  // namespace lb::haproxy
