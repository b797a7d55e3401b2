#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "balancer/health/nginx_failures.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "base/expects.hpp"
#include "base/fields.hpp"

namespace lb::nginx {

/// What nginx keeps of a server.
struct Peer {
    BackendId id{};
    std::int64_t weight = 1;
    std::int64_t effective = 1;  ///< Less than the weight for a while after failures.
    std::int64_t current = 0;    ///< What smooth weighted round robin compares.
    std::int64_t max_fails = 1;  ///< 0: failures do not count.
    Duration fail_timeout = 10s;
    Failures failures{};
};

/// The servers of an nginx upstream, in the order of configuration, with their turns and their
/// failures: what all policies of nginx share.
///
/// Smooth weighted round robin: before each pick every usable peer's current weight grows by its
/// effective weight; the largest wins, the earlier configured among equals; the winner's drops by
/// the sum of what was added.  An effective weight that failures lowered recovers by 1 in each such
/// pass, after it was added.  Others keep what they had.
///
/// A failure (Response::broken()) takes weight / max_fails, rounded down, off the effective weight,
/// and after max_fails of them the peer is passed over while no more than fail_timeout has passed,
/// in whole seconds.  Then one request may try it; only a success after such a try forgives the
/// failures.  With max_fails 0 failures change nothing.  A lone peer is used whatever its failures,
/// but not twice for one request.  Nobody is revived because all have failed.
///
/// Joining, leaving and reweighing are what a new configuration is to nginx: everybody starts anew
/// at the next pick, at O(n).  Slow start is not in nginx's open source: ramps are ignored.
/// Weights are whole; a fraction is rounded, to 1 at least.
///
/// As nginx 1.22.1 and 1.31.5: ngx_http_upstream_get_peer, ngx_http_upstream_get_round_robin_peer
/// and ngx_http_upstream_free_round_robin_peer in ngx_http_upstream_round_robin.c.  We differ: the
/// requests in flight are those of the fleet, so that balancers that share one share a `zone`.
class Peers {
public:
    struct Config {
        std::int64_t max_fails = 1;
        Duration fail_timeout = 10s;
        bool backups = false;
        void describe(Fields& f) {
            f.field("max_fails", max_fails,
                    "Failures after which a backend is passed over; 0: they do not count",
                    {.low = 0, .high = 1e9});
            f.field("fail_timeout", fail_timeout,
                    "For how long it is passed over; whole seconds, as they are counted",
                    kNotNegative);
            f.field("backups", backups,
                    "Backups stand behind or before these: then failures count even of a lone one");
            if (fail_timeout % 1s != 0s)
                f.problem("fail_timeout", "not a whole number of seconds", "write \"10s\"");
        }
    };
    explicit Peers(const Config& config) : config_{config} {}

    // What the policy hears.

    void on_added(BackendId id) {
        order_.push_back(id);
        stale_ = true;
    }
    void on_removed(BackendId id) {
        std::erase(order_, id);
        stale_ = true;
    }
    void on_weight() { stale_ = true; }
    /// A request goes there: a peer that was passed over is being tried.
    void on_sent(BackendId id, Instant now) {
        Peer* peer = find(id);
        if (peer != nullptr) peer->failures.on_sent(peer->fail_timeout, second(now));
    }
    void on_done(BackendId id, const Response& response, Instant now);

    /// Starts anew if the configuration changed, and says whether it did.  Before anything else in
    /// a pick.
    bool refresh(const View& view) {
        if (stale_) rebuild(view);
        return std::exchange(stale_, false);
    }

    // After refresh().

    std::size_t size() const { return peers_.size(); }
    const std::vector<Peer>& all() const { return peers_; }
    /// The places of all, for turn().
    std::span<const std::size_t> places() const { return places_; }
    /// Of all, also those that are excluded.
    std::int64_t total_weight() const { return ends_.back(); }
    /// In whose stretch a point of [0, total_weight()) lies, when weights stand side by side.
    /// O(log n).
    const Peer& at(std::int64_t point) const {
        const auto end = std::upper_bound(ends_.begin(), ends_.end(), point);
        return peers_[static_cast<std::size_t>(end - ends_.begin())];
    }
    /// Whether there is nobody else to go to.
    bool single() const { return peers_.size() == 1 && !config_.backups; }
    /// Whether its failures keep it from being picked now.
    static bool failed(const Peer& p, Instant now) {
        return p.failures.exclude(p.max_fails, p.fail_timeout, second(now));
    }
    bool usable(const Peer& p, const PickContext& c) const {
        return c.view.is_eligible(p.id) && !failed(p, c.now) && !c.tried(p.id);
    }

    /// Who has the least value(peer) per weight among the usable: the first of equals, its value,
    /// and whether it has equals.
    struct Least {
        const Peer* peer = nullptr;
        std::int64_t value = 0;
        bool many = false;
    };
    template <class Value>
    Least least(const PickContext& c, Value value) const;

    /// One turn of smooth weighted round robin among the usable at these places for which
    /// takes(peer, best so far or null) holds.  If a winner is given it pays for the turn, whoever
    /// is ahead.  O(places).
    template <class Takes>
    Peer* turn(const PickContext& c, std::span<const std::size_t> places, Takes takes,
               Peer* winner = nullptr);
    /// Round robin, the default method of nginx and what the others fall back to.  O(n).
    std::optional<BackendId> next(const PickContext& c);
    /// What round robin does when a client sticks to a peer: it pays as if its turn had come, once
    /// in a row.  nginx 1.31.5, ngx_http_upstream_get_peer.
    void stick(BackendId id, const PickContext& c);

private:
    static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

    Peer* find(BackendId id) {
        if (stale_ || index(id) >= place_.size() || place_[index(id)] == kNowhere) return nullptr;
        return &peers_[place_[index(id)]];
    }
    void rebuild(const View& view);

    Config config_;
    std::vector<BackendId> order_;  // Of configuration.
    bool stale_ = true;
    std::vector<Peer> peers_;
    std::vector<std::int64_t> ends_;   // Sums of the weights, up to and with each.
    std::vector<std::size_t> places_;  // 0, 1, 2, …
    std::vector<std::size_t> place_;   // By backend.
};

inline void Peers::on_done(BackendId id, const Response& response, Instant now) {
    Peer* peer = find(id);
    if (peer == nullptr || single()) return;
    if (!response.broken()) return peer->failures.on_success();
    peer->failures.on_failure(second(now));
    if (peer->max_fails != 0)
        peer->effective =
            std::max<std::int64_t>(0, peer->effective - peer->weight / peer->max_fails);
}

inline void Peers::rebuild(const View& view) {
    peers_.clear();
    ends_.clear();
    place_.assign(view.slots(), kNowhere);
    std::int64_t end = 0;
    for (const auto id : order_) {
        const auto& backend = view.backend(id);
        const auto weight =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(view.weight(id) + 0.5));
        const Duration timeout = std::chrono::floor<std::chrono::seconds>(
            backend.fail_timeout.value_or(config_.fail_timeout));
        place_[index(id)] = peers_.size();
        peers_.push_back({.id = id,
                          .weight = weight,
                          .effective = weight,
                          .max_fails = backend.max_fails.value_or(config_.max_fails),
                          .fail_timeout = timeout});
        ends_.push_back(end += weight);
    }
    places_.resize(peers_.size());
    std::iota(places_.begin(), places_.end(), std::size_t{0});
}

template <class Value>
Peers::Least Peers::least(const PickContext& c, Value value) const {
    Least out;
    for (const auto& p : peers_) {
        if (!usable(p, c)) continue;
        const std::int64_t its = value(p);
        const auto lead = out.peer == nullptr ? -1 : its * out.peer->weight - out.value * p.weight;
        if (lead < 0) out = {&p, its, false};
        if (lead == 0) out.many = true;
    }
    return out;
}

template <class Takes>
Peer* Peers::turn(const PickContext& c, std::span<const std::size_t> places, Takes takes,
                  Peer* winner) {
    Peer* best = nullptr;
    std::int64_t total = 0;
    for (const auto place : places) {
        Peer& p = peers_[place];
        if (!takes(std::as_const(p), std::as_const(best)) || !usable(p, c)) continue;
        p.current += p.effective;
        total += p.effective;
        if (p.effective < p.weight) ++p.effective;
        if (best == nullptr || p.current > best->current) best = &p;
        c.explain([&](Explanation& why) {
            why.candidates.push_back({p.id, static_cast<double>(p.current)});
        });
    }
    if (winner != nullptr) best = winner;
    if (best != nullptr) best->current -= total;
    return best;
}

inline std::optional<BackendId> Peers::next(const PickContext& c) {
    if (single()) {
        const auto id = peers_.front().id;
        if (!c.view.is_eligible(id) || c.tried(id)) return std::nullopt;
        c.explain([&](Explanation& why) {
            why = {"A lone backend is used whatever its failures",
                   "its weight",
                   {{id, static_cast<double>(peers_.front().weight)}}};
        });
        return id;
    }
    c.explain([](Explanation& why) {
        why.rule = "The largest current weight; the earlier configured of equals";
        why.score = "current weight, with what this turn added";
        why.candidates.clear();
    });
    const Peer* best = turn(c, places_, [](const Peer&, const Peer*) { return true; });
    if (best == nullptr) return std::nullopt;
    return best->id;
}

inline void Peers::stick(BackendId id, const PickContext& c) {
    refresh(c.view);
    Peer* peer = find(id);
    if (peer == nullptr || single() || peer->current <= peer->weight - total_weight()) return;
    turn(
        c, places_, [](const Peer&, const Peer*) { return true; }, peer);
}

/// A policy of nginx: one that has Peers and tells them what it hears.
class PeerPolicy : public Policy {
public:
    static constexpr Evidence kEvidence = Evidence::Recorded;
    /// nginx sets no limit; beyond this, 160 points for each unit make absurd rings.
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 65535};
    static constexpr bool kDeclines = true;

    void on_added(BackendId id, const View&, Instant) override { peers_.on_added(id); }
    void on_removed(BackendId id, const View&, Instant) override { peers_.on_removed(id); }
    void on_weight(BackendId, const View&, Instant) override { peers_.on_weight(); }
    void on_sent(BackendId id, Instant now) override { peers_.on_sent(id, now); }
    void on_done(BackendId id, const Response& response, Instant now) override {
        peers_.on_done(id, response, now);
    }

protected:
    explicit PeerPolicy(const Peers::Config& config) : peers_{config} {}

    /// More draws, or steps of a hash, than this end in round robin.
    static constexpr int kMostTries = 20;
    Peers peers_;
};

}  // namespace lb::nginx
