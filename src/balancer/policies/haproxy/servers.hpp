#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "balancer/hashing/haproxy/map.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/haproxy/queue.hpp"
#include "balancer/policy.hpp"
#include "balancer/view.hpp"

namespace lb::haproxy {

/// The weights that a server may have: whole, 1 to 256.  (0 takes no traffic: exclude it instead.)
inline constexpr WeightRule kWholeWeights{WeightRule::Kind::Whole, 256};

/// What HAProxy calls an effective weight: a weight in sixteenths, which slow start and nothing
/// else makes use of.  What is out of 1/16 to 256 is taken for the nearest.
constexpr std::uint32_t effective(double weight) {
    return static_cast<std::uint32_t>(std::clamp(16 * weight + 0.5, 1.0, 4096.0));
}

/// What every balancing algorithm of HAProxy is told of its servers, and knows of them.
///
/// A server is *usable* while it is neither down nor drained.  One that is merely full stays
/// usable: it keeps its place, and pick() passes it over.  So the fleet's events become HAProxy's:
/// a server goes up or down, or its effective weight changes.
///
/// Nobody is told when a full server goes down as well; pick() begins with settle(), which sees it.
class Servers : public Policy {
public:
    void on_added(BackendId id, const View& view, Instant now) override {
        if (index(id) >= servers_.size()) servers_.resize(index(id) + 1);
        const auto weight = effective(view.weight(id, now));
        servers_[index(id)] = {take_number(view.backend(id).number), effective(view.weight(id)),
                               weight, false};
        order_.push_back(id);
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant now) override {
        Server& server = servers_[index(id)];
        if (!eligible) {
            if (view.is_only_full(id)) return full_.insert(id);
            return drop(id);
        }
        full_.erase(id);
        if (server.usable) return;
        server.weight = effective(view.weight(id, now));
        server.usable = true;
        up(id);
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        Server& server = servers_[index(id)];
        const auto before = server.weight;
        server.weight = effective(view.weight(id, now));
        if (server.usable && server.weight != before) reweighed(id, before);
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }
    void on_removed(BackendId id, const View&, Instant) override {
        drop(id);
        std::erase(order_, id);
        const auto number = servers_[index(id)].number;
        numbers_.erase(numbers_.find(number));
        lowest_ = std::min(lowest_, number);
    }

protected:
    struct Server {
        std::uint32_t number = 0;      ///< What HAProxy calls its id.
        std::uint32_t configured = 0;  ///< Its weight as it joined, in sixteenths,
        std::uint32_t weight = 0;      ///< and for now.
        bool usable = false;
    };
    const Server& server(BackendId id) const { return servers_[index(id)]; }
    /// The members, in the order in which they joined: that of a configuration.
    std::span<const BackendId> in_order() const { return order_; }
    std::size_t slots() const { return servers_.size(); }

    /// What a map is made of: the usable, in order, with the weights with which they joined,
    /// divided by what those of all members have in common.  O(members).
    std::vector<Weighted> parts() const {
        std::uint32_t divisor = 0;
        for (const auto id : order_) divisor = std::gcd(divisor, server(id).configured);
        std::vector<Weighted> out;
        for (const auto id : order_)
            if (server(id).usable) out.push_back({id, server(id).configured / divisor});
        return out;
    }

    /// What pick() begins with.  O(full servers).
    void settle(const View& view) {
        if (full_.all().empty()) return;
        const std::vector<BackendId> full{full_.all().begin(), full_.all().end()};
        for (const auto id : full)
            if (!view.is_only_full(id) && !view.is_eligible(id)) drop(id);
    }

    /// The server that a redispatch avoids if it can: the one tried last.
    static std::optional<BackendId> avoided(const PickContext& c) {
        if (c.request.tried.empty()) return std::nullopt;
        return c.request.tried.back();
    }
    /// Why a server is passed over, if it is.
    static std::string note(BackendId id, const PickContext& c) {
        if (!c.view.is_eligible(id)) return "full";
        return id == avoided(c) ? "tried last" : "";
    }
    /// The first of a queue that is not full; the avoided one if there is no other.
    static std::optional<BackendId> front(const Queue& queue, const PickContext& c) {
        std::optional<BackendId> last_choice;
        for (const auto& [key, id] : queue) {
            if (!c.view.is_eligible(id)) continue;
            if (id != avoided(c)) return id;
            last_choice = id;
        }
        return last_choice;
    }
    static void tell(Explanation& why, const Queue& queue, const PickContext& c) {
        for (const auto& [key, id] : queue)
            why.candidates.push_back({id, static_cast<double>(key), note(id, c)});
    }

private:
    virtual void up(BackendId) = 0;
    virtual void down(BackendId) = 0;
    /// Of a usable server: the effective weight was another one before.
    virtual void reweighed(BackendId, std::uint32_t before) = 0;

    void drop(BackendId id) {
        full_.erase(id);
        if (!servers_[index(id)].usable) return;
        servers_[index(id)].usable = false;
        down(id);
    }
    /// HAProxy gives a server without an id the lowest that is free, from 1.
    std::uint32_t take_number(std::uint32_t wanted) {
        if (wanted == 0) {
            while (numbers_.count(lowest_) != 0) ++lowest_;
            wanted = lowest_;
        }
        numbers_.insert(wanted);
        return wanted;
    }

    std::vector<Server> servers_;  // By backend.
    std::vector<BackendId> order_;
    BackendSet full_;  // Usable, and full when last heard of.
    std::multiset<std::uint32_t> numbers_;
    std::uint32_t lowest_ = 1;  // All numbers below are taken.
};

}  // namespace lb::haproxy
