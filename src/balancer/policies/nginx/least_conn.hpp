#pragma once

#include "balancer/policies/nginx/peers.hpp"

namespace lb::nginx {

/// The fewest requests in flight per unit of weight; smooth weighted round robin among equals.
///
/// The request being picked does not count, so all idle backends are equal whatever their weights,
/// and weight decides among them by turns.  When the least is unique nobody's turn moves.
/// Failures as in round robin: see Peers.
class LeastConn final : public PeerPolicy {
public:
    static constexpr std::string_view kName = "nginx/least_conn";
    static constexpr std::string_view kSummary =
        "nginx's least_conn: the fewest in flight by weight, in turn among equals";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "nginx 1.22.1 and 1.31.5, ngx_http_upstream_least_conn_module.c, "
        "ngx_http_upstream_get_least_conn_peer";
    static constexpr std::string_view kDiffers =
        "least_connections counts the request itself, (in flight + 1) / weight, so that a heavy "
        "idle backend comes before a light one, and draws among equals.";

    using Config = Peers::Config;
    explicit LeastConn(const Config& config) : PeerPolicy{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        peers_.refresh(c.view);
        if (peers_.single()) return peers_.next(c);
        const auto in_flight = [&](const Peer& p) { return std::int64_t{c.view.in_flight(p.id)}; };
        const auto least = peers_.least(c, in_flight);
        if (least.peer == nullptr) return std::nullopt;
        const auto ties = [&](const Peer& p, const Peer*) {
            return in_flight(p) * least.peer->weight == least.value * p.weight;
        };
        const Peer* winner = least.many ? peers_.turn(c, peers_.places(), ties) : least.peer;
        c.explain([&](Explanation& why) { explain(c, why); });
        return winner->id;
    }

private:
    void explain(const PickContext& c, Explanation& why) const {
        why = {"The fewest in flight per weight; smooth weighted round robin among equals",
               "requests in flight, per weight",
               {}};
        for (const auto& p : peers_.all())
            if (peers_.usable(p, c))
                why.candidates.push_back(
                    {p.id, c.view.in_flight(p.id) / static_cast<double>(p.weight)});
    }
};

}  // namespace lb::nginx
