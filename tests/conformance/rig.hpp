#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "conformance/report.hpp"

namespace conformance {

/// Backends, numbered from 0 as they join, and a balancer that a script drives.
class Rig {
public:
    explicit Rig(std::unique_ptr<lb::Policy> policy, std::uint64_t seed = 1)
        : balancer{fleet, std::move(policy), lb::Rng{seed}, now} {}

    lb::Fleet fleet;
    lb::Instant now{};
    lb::Balancer balancer;

    void add(lb::Backend backend, double weight = 1) {
        ids_.push_back(
            fleet.add(std::make_shared<const lb::Backend>(std::move(backend)), weight, now));
    }
    /// One for each weight, with names "b0", "b1", …
    void add_all(const Json& weights) {
        for (const auto& weight : weights) {
            std::string name = "b";
            name += std::to_string(ids_.size());
            add({.name = std::move(name)}, weight.get<double>());
        }
    }
    lb::BackendId id(std::size_t number) const { return ids_[number]; }
    std::size_t size() const { return ids_.size(); }

    /// Sends a request; nothing if none was picked.
    std::optional<lb::Ticket> send(const lb::Request& request = {}) {
        const auto decision = balancer.pick(request, now);
        if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) return *ticket;
        return std::nullopt;
    }
    /// The number of a ticket's backend; -1 for none.
    int number(const std::optional<lb::Ticket>& ticket) const {
        if (ticket)
            for (std::size_t i = 0; i != ids_.size(); ++i)
                if (ids_[i] == ticket->backend) return static_cast<int>(i);
        return -1;
    }
    void done(const lb::Ticket& ticket, lb::Response response = {}) {
        response.latency = now - ticket.sent;
        balancer.done(ticket, response, now);
    }
    /// A request that is answered at once: which backend got it, or -1.
    int pick(const lb::Request& request = {}) {
        const auto ticket = send(request);
        if (ticket) done(*ticket);
        return number(ticket);
    }
    /// A request that stays until release(): which backend got it, or -1.
    int hold(int name, const lb::Request& request = {}) {
        const auto ticket = send(request);
        if (ticket) held_.insert_or_assign(name, *ticket);
        return number(ticket);
    }
    void release(int name) {
        const auto held = held_.find(name);
        if (held == held_.end()) return;
        done(held->second);
        held_.erase(held);
    }

private:
    std::vector<lb::BackendId> ids_;
    std::map<int, lb::Ticket> held_;
};

/// Picks one after the other.
inline Json picks(Rig& rig, std::size_t count) {
    Json out = Json::array();
    for (std::size_t i = 0; i != count; ++i) out.push_back(rig.pick());
    return out;
}

/// Runs a script of ["n", pick] (answered at once), ["h", name, pick] (held) and ["r", name]
/// (released), and returns it with the picks that the rig makes.
inline Json played(Rig& rig, const Json& script) {
    Json out = script;
    for (auto& op : out) {
        const auto what = op.at(0).get<std::string>();
        if (what == "n") op[1] = rig.pick();
        if (what == "h") op[2] = rig.hold(op.at(1).get<int>());
        if (what == "r") rig.release(op.at(1).get<int>());
    }
    return out;
}

}  // namespace conformance
