#pragma once

#include "balancer/policies/haproxy/hashed.hpp"

namespace lb::haproxy {

/// HAProxy's `balance url_param`, `hdr()` and `hash`: the server that a part of the request hashes
/// to, as HAProxy 2.6 (src/backend.c, get_server_ph).  Which part is the caller's business: it is
/// Request::key.  Without one, round robin.
class Hash final : public Hashed {
public:
    static constexpr std::string_view kName = "haproxy/hash";
    static constexpr std::string_view kSummary = "HAProxy's url_param, hdr and hash: by a key";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(log nodes); map-based O(1)";
    static constexpr std::string_view kSource = "HAProxy 2.6, get_server_ph and get_server_hh";
    static constexpr std::string_view kDiffers =
        "Places servers by id and not by name; consistent takes the nearest of 16 nodes per unit "
        "of weight. Declines where HAProxy queues: at a full server.";
    static constexpr bool kDeclines = true;
    static constexpr bool kOrdered = true;
    struct Config : HashType {};
    explicit Hash(const Config& config) : Hashed{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (c.request.key.empty()) return pick_by(std::nullopt, c);
        return pick_by(type().of(c.request.key), c);
    }
};

}  // namespace lb::haproxy
