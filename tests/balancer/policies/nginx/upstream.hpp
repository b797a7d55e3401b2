#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "support/pool.hpp"

namespace lbtest {

/// An upstream of nginx: servers numbered from 0, a policy, and a clock that stands until moved.
class Upstream {
public:
    lb::Fleet fleet;
    lb::Instant now{};
    lb::Balancer balancer;
    std::vector<lb::BackendId> ids;

    explicit Upstream(std::unique_ptr<lb::Policy> policy, std::uint64_t seed = 1)
        : Upstream{policy.release(), seed} {}

    void add(double weight = 1, lb::Backend backend = {}) {
        if (backend.name.empty()) backend.name = numbered("b", ids.size());
        ids.push_back(
            fleet.add(std::make_shared<const lb::Backend>(std::move(backend)), weight, now));
    }
    Upstream& with(const std::vector<double>& weights) {
        for (const double weight : weights) add(weight);
        return *this;
    }
    void down(int number) { fleet.exclude(id(number), lb::Exclusion::Down, now); }
    void up(int number) { fleet.admit(id(number), lb::Exclusion::Down, now); }
    lb::BackendId id(int number) const { return ids[static_cast<std::size_t>(number)]; }
    int number(lb::BackendId id) const {
        for (std::size_t i = 0; i != ids.size(); ++i)
            if (ids[i] == id) return static_cast<int>(i);
        return -1;
    }

    std::optional<lb::Ticket> send(const lb::Request& request = {}) {
        const auto decision = balancer.pick(request, now);
        if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) return *ticket;
        return std::nullopt;
    }
    void done(const lb::Ticket& ticket, lb::Response response = {}) {
        response.latency = now - ticket.sent;
        balancer.done(ticket, response, now);
    }
    /// Sends a request that ends so at once.  Who got it; -1 for nobody.
    int end(lb::Response::End how, const lb::Request& request = {}) {
        const auto ticket = send(request);
        if (!ticket) return -1;
        done(*ticket, {.end = how});
        return number(ticket->backend);
    }
    int succeed(const lb::Request& request = {}) {
        return end(lb::Response::End::Complete, request);
    }
    int fail(const lb::Request& request = {}) { return end(lb::Response::End::Refused, request); }
    /// Sends a request that stays.
    int hold(const lb::Request& request = {}) {
        const auto ticket = send(request);
        return ticket ? number(ticket->backend) : -1;
    }
    /// Sends a request whose client sticks to a server, and which ends at once.
    void stick(int to) {
        lb::Rng rng{1};
        std::vector<lb::Ask> asks;
        policy_.on_sticky(id(to), {balancer.view(), {}, now, rng, asks});
        policy_.on_sent(id(to), now);
        policy_.on_done(id(to), {}, now);
    }
    /// Who gets the next requests, one after the other: "aabacaa"; '-' for nobody.
    std::string letters(int count, const lb::Request& request = {}) {
        std::string out;
        for (; count != 0; --count) {
            const int got = succeed(request);
            out += got < 0 ? '-' : static_cast<char>('a' + got);
        }
        return out;
    }

private:
    Upstream(lb::Policy* policy, std::uint64_t seed)
        : balancer{fleet, std::unique_ptr<lb::Policy>{policy}, lb::Rng{seed}, now},
          policy_{*policy} {}

    lb::Policy& policy_;  // The balancer's.
};

}  // namespace lbtest
