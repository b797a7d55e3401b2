#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "base/expects.hpp"
#include "base/fields.hpp"

namespace lbtest {

/// "b" and 7 make "b7".  (Not by operator+: g++ 12 warns of its own library there.)
inline std::string numbered(std::string_view stem, std::uint64_t number) {
    std::string out{stem};
    out += std::to_string(number);
    return out;
}

/// Adds a backend of that name.
inline lb::BackendId join(lb::Fleet& fleet, std::string name, double weight = 1,
                          lb::Instant now = {}) {
    return fleet.add(std::make_shared<const lb::Backend>(lb::Backend{std::move(name)}), weight,
                     now);
}

/// A fleet and one balancer over it, at t = 0 throughout: for policies to which time is nothing.
struct Pool {
    lb::Fleet fleet;
    lb::Balancer balancer;
    std::vector<lb::BackendId> ids;  // In the order in which they joined.

    explicit Pool(std::unique_ptr<lb::Policy> policy, std::uint64_t seed = 1)
        : balancer{fleet, std::move(policy), lb::Rng{seed}, lb::Instant{}} {}

    lb::BackendId add(double weight = 1) { return add(numbered("b", ids.size()), weight); }
    lb::BackendId add(std::string name, double weight = 1) {
        return ids.emplace_back(join(fleet, std::move(name), weight));
    }
    void remove(lb::BackendId id) { fleet.remove(id, {}); }
    void exclude(lb::BackendId id) { fleet.exclude(id, lb::Exclusion::Draining, {}); }
    void admit(lb::BackendId id) { fleet.admit(id, lb::Exclusion::Draining, {}); }
    void reweigh(lb::BackendId id, double weight) { fleet.set_weight(id, weight, {}); }

    /// Requires that something can be picked.
    lb::Ticket send(std::string_view key = {}) {
        const auto decision = balancer.pick({.key = key}, {});
        lb::expects(std::holds_alternative<lb::Ticket>(decision));
        return std::get<lb::Ticket>(decision);
    }
    void done(const lb::Ticket& ticket) { balancer.done(ticket, {}, {}); }
    /// A request that comes back at once.
    lb::BackendId pick(std::string_view key = {}) {
        const auto ticket = send(key);
        done(ticket);
        return ticket.backend;
    }
    /// Who gets each of the next requests, all of which come back at once: "a" is the first that
    /// joined, "b" the second.
    std::string letters(int requests) {
        std::string out;
        for (; requests != 0; --requests) {
            const auto at = std::find(ids.begin(), ids.end(), pick());
            out += static_cast<char>('a' + (at - ids.begin()));
        }
        return out;
    }
    /// Busies a backend behind the balancer's back, as another balancer would.
    void load(lb::BackendId id, int requests) {
        for (int i = 0; i != requests; ++i) fleet.sent(id, {});
    }
};

template <class P>
std::unique_ptr<lb::Policy> make(typename P::Config config = {}) {
    return std::make_unique<P>(config);
}

}  // namespace lbtest
