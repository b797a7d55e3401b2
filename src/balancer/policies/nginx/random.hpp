#pragma once

#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// Anywhere, with probability proportional to weight; who cannot be used is drawn again, and after
/// more than 20 draws round robin picks.
class Random final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/random";
    static constexpr std::string_view kSummary =
        "nginx's random: anywhere, in proportion to weight";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr bool kIndependent = true;
    static constexpr std::string_view kCost = "O(log n) a draw; O(n) after 20";
    static constexpr std::string_view kSource =
        "nginx 1.22.1, ngx_http_upstream_random_module.c, ngx_http_upstream_get_random_peer";
    static constexpr std::string_view kDiffers =
        "random draws among the eligible at once; here the excluded are drawn too and drawn again. "
        "nginx counts draws over all attempts of a request, we count them in each.";

    using Config = Peers::Config;
    explicit Random(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        if (peers_.size() < 2) return peers_.next(c);
        c.explain([](Explanation& why) {
            why = {"Drawn in proportion to weight, until one is usable", "weight", {}};
        });
        for (int draws = 0; draws <= kMostTries; ++draws) {
            const Peer& p = drawn(peers_, c);
            const bool usable = peers_.usable(p, c);
            c.explain([&](Explanation& why) {
                why.candidates.push_back(
                    {p.id, static_cast<double>(p.weight), usable ? "" : "passed over"});
            });
            if (usable) return p.id;
        }
        return peers_.next(c);
    }

    /// One of all peers, with probability proportional to weight.
    static const Peer& drawn(const Peers& peers, const PickContext& c) {
        const auto total = static_cast<std::uint64_t>(peers.total_weight());
        return peers.at(static_cast<std::int64_t>(c.rng.below(total)));
    }
};

}  // namespace lb::nginx
