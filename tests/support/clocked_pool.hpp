#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "support/pool.hpp"

namespace lbtest {

/// A fleet and one balancer over it, with a clock to set and a policy that is woken when it is due:
/// for policies to which time is something.
struct ClockedPool {
    lb::Policy* policy;  // The balancer's.
    lb::Fleet fleet;
    lb::Instant now{};
    lb::Balancer balancer;
    std::vector<lb::BackendId> ids;  // In the order in which they joined.

    explicit ClockedPool(std::unique_ptr<lb::Policy> p, std::uint64_t seed = 1)
        : policy{p.get()}, balancer{fleet, std::move(p), lb::Rng{seed}, now} {}

    lb::BackendId add(lb::Backend backend, double weight = 1) {
        return ids.emplace_back(
            fleet.add(std::make_shared<const lb::Backend>(std::move(backend)), weight, now));
    }
    lb::BackendId add(double weight = 1) {
        return add(lb::Backend{.name = numbered("b", ids.size())}, weight);
    }
    lb::BackendId add_in(std::string zone) {
        return add(lb::Backend{.name = numbered("b", ids.size()), .zone = std::move(zone)});
    }
    void exclude(lb::BackendId id) { fleet.exclude(id, lb::Exclusion::Down, now); }
    void admit(lb::BackendId id) { fleet.admit(id, lb::Exclusion::Down, now); }

    /// Time passes; what is due by then is done.
    void wait(lb::Duration duration) {
        const lb::Instant until = now + duration;
        while (policy->next_due() <= until) {
            now = policy->next_due();
            policy->due(balancer.view(), now, rng_, asks_);
        }
        now = until;
    }
    std::optional<lb::Ticket> send(const lb::Request& request = {}) {
        const auto decision = balancer.pick(request, now);
        if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) return *ticket;
        return std::nullopt;
    }
    void done(const lb::Ticket& ticket, const lb::Response& response = {}) {
        balancer.done(ticket, response, now);
    }
    /// A request that comes back at once, whatever latency it tells.
    std::optional<lb::BackendId> pick(const lb::Response& response = {},
                                      const lb::Request& request = {}) {
        const auto ticket = send(request);
        if (!ticket) return std::nullopt;
        done(*ticket, response);
        return ticket->backend;
    }
    /// An answer to nothing in particular, as if the policy had asked.
    void answer(lb::BackendId id, const lb::Response& response) {
        policy->on_sent(id, now);
        policy->on_done(id, response, now);
    }
    /// What it would say of a pick, and the pick.
    std::pair<lb::Explanation, std::optional<lb::BackendId>> explained(
        const lb::Request& request = {}) {
        lb::ExplainedPick why;
        const auto picked = policy->pick({balancer.view(), request, now, rng_, asks_, &why});
        return {why, picked};
    }

private:
    lb::Rng rng_{77};
    std::vector<lb::Ask> asks_;
};

}  // namespace lbtest
