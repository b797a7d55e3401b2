#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "balancer/hashing/bounded_probe.hpp"
#include "balancer/hashing/named_share.hpp"
#include "balancer/hashing/ring.hpp"
#include "balancer/policy.hpp"
#include "balancer/roster.hpp"
#include "balancer/total_in_flight.hpp"
#include "base/fields.hpp"

namespace lb::envoy {

/// What Envoy's ring hash and Maglev share: which hosts are in the table and with what share, what
/// a request hashes to, and the bound on a host's load.
///
/// A table is built over the healthy hosts, so it changes whenever health does.
/// Source: Envoy, thread_aware_lb_impl.cc (ThreadAwareLoadBalancerBase).
class Hashing {
public:
    struct Config {
        std::int64_t balance_factor = 0;
        void describe(Fields& f) {
            f.field("hash_balance_factor", balance_factor,
                    "Percent of the average load that a backend may have before its keys go "
                    "elsewhere; 0: no bound",
                    {.low = 0, .high = 1e6});
            if (balance_factor > 0 && balance_factor < 100)
                f.problem("hash_balance_factor", "a bound below the average load", "100 or more");
        }
    };
    explicit Hashing(const Config& config)
        : factor_{static_cast<std::uint32_t>(config.balance_factor)} {}

    void on_added(BackendId id, const View& view) {
        hosts_.on_added(id);
        if (bounded()) total_.on_added(id, view);
    }
    void on_eligible(BackendId id, bool eligible, const View& view) {
        stale_ |= hosts_.on_eligible(id, eligible, view);
    }
    void on_weight() { stale_ = true; }
    void on_removed(BackendId id) { stale_ |= hosts_.on_removed(id); }

    /// Takes changes in.  Whether the table is to be built anew, from shares().
    bool refresh(const View& view) {
        if (!stale_) return false;
        stale_ = false;
        shares_ = shares_of(hosts_.all(), view);
        place_.resize(view.slots());
        for (std::uint32_t place = 0; place != shares_.size(); ++place)
            place_[index(shares_[place].backend)] = place;
        return true;
    }
    /// In order of configuration.
    std::span<const NamedShare> shares() const { return shares_; }

    /// A request without a key goes anywhere.
    static std::uint64_t hash(const PickContext& c) {
        return c.request.key.empty() ? c.rng() : hash_of(c.request.key);
    }
    bool bounded() const { return factor_ != 0; }
    /// Who gets the request, given whose the hash is by the table.  Requires bounded().
    BackendId balance(const PickContext& c, std::uint64_t hash, BackendId own) {
        const auto n = static_cast<std::uint32_t>(shares_.size());
        const auto overload = [&](std::uint32_t place) {
            const auto& s = shares_[place];
            const bool full = !c.view.is_eligible(s.backend);
            const double load = full ? std::numeric_limits<double>::infinity()
                                     : overload_factor(c.view.in_flight(s.backend), s.share,
                                                       total_.value(), factor_);
            c.explain([&](Explanation& why) {
                why.candidates.push_back({s.backend, load, full ? "full" : ""});
            });
            return load;
        };
        return shares_[probe_.pick(hash, place_[index(own)], n, overload)].backend;
    }

private:
    std::uint32_t factor_;
    Roster hosts_;
    TotalInFlight total_;
    BoundedProbe probe_;
    std::vector<NamedShare> shares_;
    std::vector<std::uint32_t> place_;  // In shares_, by slot.
    bool stale_ = false;
};

/// A policy over one of Envoy's tables.  Table has a Config, build(shares), and then
/// size() places, of which find(hash, attempt) gives one, each with an owner().
template <class Table>
class Hashed : public Policy {
public:
    struct Config : Table::Config, Hashing::Config {
        void describe(Fields& f) {
            Table::Config::describe(f);
            Hashing::Config::describe(f);
        }
    };
    explicit Hashed(const Config& config) : hashing_{config}, table_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (hashing_.refresh(c.view)) table_.build(hashing_.shares());
        const auto hash = Hashing::hash(c);
        auto place = table_.find(hash, c.request.tried.size());
        explain(c);
        if (hashing_.bounded()) return hashing_.balance(c, hash, table_.owner(place));
        for (std::size_t passed = 0; passed != table_.size(); ++passed) {
            const auto owner = table_.owner(place);
            const bool full = !c.view.is_eligible(owner);
            c.explain([&](Explanation& why) {
                why.candidates.push_back({owner, static_cast<double>(passed), full ? "full" : ""});
            });
            if (!full) return owner;
            place = place + 1 == table_.size() ? 0 : place + 1;
        }
        return std::nullopt;  // It is too small to have anybody who is not full.
    }
    void on_added(BackendId id, const View& view, Instant) override { hashing_.on_added(id, view); }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant) override {
        hashing_.on_eligible(id, eligible, view);
    }
    void on_weight(BackendId, const View&, Instant) override { hashing_.on_weight(); }
    void on_removed(BackendId id, const View&, Instant) override { hashing_.on_removed(id); }
    std::vector<RingPoint> ring() const override {
        if constexpr (requires { table_.ring(); })
            return table_.ring().on_circle();
        else
            return {};
    }

private:
    void explain(const PickContext& c) const {
        c.explain([&](Explanation& why) {
            why.rule = Table::kRule;
            why.rule += hashing_.bounded()
                            ? "; if that is overloaded, the first that is not in the order of the "
                              "hash, else the least overloaded"
                            : "; if that is full, the owner of the next";
            why.score = hashing_.bounded() ? "requests in flight per slot" : "places passed over";
        });
    }

    Hashing hashing_;
    Table table_;
};

}  // namespace lb::envoy
