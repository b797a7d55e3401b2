#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"

namespace lbtest {

/// HAProxy's servers and a balancer over them, at a time that a test moves.
struct Proxy {
    lb::Fleet fleet;
    lb::Instant now{};
    lb::Balancer balancer;
    std::vector<lb::BackendId> ids;

    explicit Proxy(std::unique_ptr<lb::Policy> policy, const std::vector<double>& weights = {},
                   std::uint64_t seed = 1)
        : balancer{fleet, std::move(policy), lb::Rng{seed}, now} {
        for (const double weight : weights) add({}, weight);
    }

    lb::BackendId add(lb::Backend backend, double weight = 1) {
        if (backend.name.empty()) backend.name = "s" + std::to_string(ids.size());
        return ids.emplace_back(
            fleet.add(std::make_shared<const lb::Backend>(std::move(backend)), weight, now));
    }
    void down(std::size_t i) { fleet.exclude(ids[i], lb::Exclusion::Down, now); }
    void up(std::size_t i) { fleet.admit(ids[i], lb::Exclusion::Down, now); }
    void reweigh(std::size_t i, double weight) { fleet.set_weight(ids[i], weight, now); }

    std::optional<lb::Ticket> send(const lb::Request& request = {}) {
        const auto decision = balancer.pick(request, now);
        if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) return *ticket;
        return std::nullopt;
    }
    void done(const lb::Ticket& ticket) { balancer.done(ticket, {}, now); }

    /// Who gets a request, as a letter, '-' for nobody; it is held, or answered at once.
    char hold(const lb::Request& request = {}) { return letter(send(request)); }
    char pick(const lb::Request& request = {}) {
        const auto ticket = send(request);
        if (ticket) done(*ticket);
        return letter(ticket);
    }
    std::string picks(std::size_t count) {
        std::string out;
        while (out.size() != count) out += pick();
        return out;
    }
    /// A second attempt, after one at that server.
    char retry(std::size_t failed, lb::Request request = {}) {
        request.tried = std::span{&ids[failed], 1};
        return pick(request);
    }

private:
    static char letter(const std::optional<lb::Ticket>& ticket) {
        return ticket ? static_cast<char>('a' + static_cast<int>(index(ticket->backend))) : '-';
    }
};

}  // namespace lbtest
