#pragma once

#include "balancer/policies/nginx/random.hpp"

namespace lb::nginx {

/// The less busy, by requests in flight per unit of weight, of two distinct backends drawn in
/// proportion to weight.
///
/// The second wins ties.  So an idle fleet is not shared in proportion to weight: backend i gets
/// the sum over j of p_j p_i / (1 - p_j), for weights 5, 3, 2 about 0.34, 0.375 and 0.285.  Draws
/// of who cannot be used, or was drawn first, are repeated; after more than 20 draws round robin
/// picks.
class RandomTwo final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/random_two";
    static constexpr std::string_view kSummary =
        "nginx's random two least_conn: the less busy of two drawn by weight";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr std::string_view kCost = "O(log n) a draw; O(n) after 20";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_random_module.c, "
        "ngx_http_upstream_get_random2_peer";
    static constexpr std::string_view kDiffers =
        "p2c draws uniformly and lets the first win ties.  random two without a method is random "
        "two least_conn, so there is no parameter for it.";

    using Config = Peers::Config;
    explicit RandomTwo(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        if (peers_.size() < 2) return peers_.next(c);
        const Peer* first = nullptr;
        for (int draws = 0; draws <= kMostTries; ++draws) {
            const Peer& p = Random::drawn(peers_, c);
            if (&p == first || !peers_.usable(p, c)) continue;
            if (first != nullptr) return better(*first, p, c);
            first = &p;
        }
        return peers_.next(c);
    }

private:
    static BackendId better(const Peer& first, const Peer& second, const PickContext& c) {
        const auto in_flight = [&](const Peer& p) { return std::int64_t{c.view.in_flight(p.id)}; };
        c.explain([&](Explanation& why) {
            why = {"The fewer in flight per weight of two drawn; the second of equals",
                   "requests in flight, per weight",
                   {}};
            for (const auto* p : {&first, &second})
                why.candidates.push_back(
                    {p->id, static_cast<double>(in_flight(*p)) / static_cast<double>(p->weight)});
        });
        const bool first_wins = in_flight(second) * first.weight > in_flight(first) * second.weight;
        return first_wins ? first.id : second.id;
    }
};

}  // namespace lb::nginx
