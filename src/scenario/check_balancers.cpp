#include "scenario/check_balancers.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "scenario/document.hpp"
#include "scenario/quantity.hpp"

namespace lbsim {
namespace {

class Checker {
public:
    Checker(const Scenario& scenario, std::size_t tier, const std::vector<Written::Group>& groups,
            const std::string& where, const std::function<bool(std::string_view)>& sound,
            const std::function<void(std::string, std::string, std::string)>& note)
        : scenario_{scenario},
          tier_{tier},
          to_{scenario.tier(tier)},
          groups_{groups},
          where_{where},
          sound_{sound},
          note_{note} {}

    void check(const std::vector<Written::Entry>& timeline) {
        if (read("policy")) weights(timeline);
        if (read("routes") && read("default_pool")) routes();
        if (read("subset")) subset();
        if (read("zones")) zones();
        safety();
        if (tier_ != 0) return inner();
        if (to_.layer == 4) layer4();
        for (std::size_t i = 0; i != scenario_.clients.size(); ++i)
            clients(scenario_.clients[i], child("/clients", i));
    }

private:
    // What backends ask for is a key, on no connection, and nobody's.
    void inner() {
        const auto refuse = [&](bool has, const char* member) {
            if (has)
                note_(child(where_, member), "only the tier that clients talk to has this",
                      "leave it out");
        };
        refuse(to_.layer == 4, "layer");
        refuse(to_.around.routes.size() != 0, "routes");
        refuse(to_.around.pool.sticky.has_value(), "sticky");
        refuse(to_.make_policy && to_.make_policy({})->reports() != lb::Policy::Reports::None,
               "policy");
    }

    bool mine(std::size_t group) const {
        return group >= scenario_.backends.size() || scenario_.backends[group].tier == tier_;
    }
    bool read(const char* member) const { return sound_(child(where_, member)); }

    void weights(const std::vector<Written::Entry>& timeline) {
        for (std::size_t i = 0; i != groups_.size(); ++i)
            if (mine(i)) weight(groups_[i].backends.weight, child(child("/backends", i), "weight"));
        for (std::size_t i = 0; i != timeline.size(); ++i)
            if (const auto* change = std::get_if<Reweight>(&timeline[i].entry.change))
                weight(change->weight, child(child("/timeline", i), "reweight") + "/weight");
    }
    void weight(double weight, std::string pointer) {
        if (auto wrong = weight_mistake(to_.policy, to_.weights, weight))
            note_(std::move(pointer), std::move(wrong->message), std::move(wrong->hint));
    }

    void routes() {
        const auto& routes = to_.around.routes;
        std::set<std::string_view> pools, reached;
        for (const auto& group : groups_) pools.insert(group.backends.pool);
        const auto leads = [&](const std::string& pool, std::string pointer) {
            reached.insert(pool);
            if (pools.contains(pool)) return;
            std::string known;
            for (const auto name : pools)
                if (!name.empty())
                    known += (known.empty() ? "known here: " : ", ") + in_quotes(name);
            note_(std::move(pointer), "no backends are in the pool " + in_quotes(pool),
                  known.empty() ? "give groups of backends a \"pool\"" : known);
        };
        for (std::size_t i = 0; i != routes.size(); ++i)
            leads(routes[i].pool, child(where_ + "/routes", i) + "/pool");
        if (to_.around.default_pool) leads(*to_.around.default_pool, where_ + "/default_pool");
        const auto& sticky = to_.around.pool.sticky;
        if (sticky && sticky->by == lb::Sticky::By::Cookie && reached.size() > 1)
            note_(where_ + "/sticky", "a client has one cookie, which each pool would overwrite",
                  "\"by\": \"table\"");
        if (routes.size() == 0) {
            if (to_.around.default_pool)
                note_(where_ + "/default_pool", "a default without routes", "add \"routes\"");
            return;
        }
        for (std::size_t i = 0; i != groups_.size(); ++i)
            if (mine(i) && !reached.contains(groups_[i].backends.pool))
                note_(child("/backends", i),
                      "no route leads to the group " + in_quotes(groups_[i].backends.name),
                      "give it the \"pool\" of a route, or \"default_pool\"");
        needs(
            "routes", [](const RequestClass&) { return true; },
            "to route requests there must be classes of them");
    }

    void subset() {
        if (!to_.around.pool.level.subset) return;
        std::int64_t backends = 0;
        for (const auto& group : groups_) backends += group.count.value_or(1);
        const auto size = to_.around.pool.level.subset->size;
        if (size > backends)
            note_(where_ + "/subset/size",
                  "a subset of " + std::to_string(size) + " is larger than the fleet of " +
                      std::to_string(backends),
                  "at most " + std::to_string(backends));
    }

    void zones() {
        if (!to_.around.pool.level.zones) return;
        for (std::size_t i = 0; i != groups_.size(); ++i)
            if (groups_[i].backends.zone.empty())
                note_(child("/backends", i),
                      "the group " + in_quotes(groups_[i].backends.name) + " is in no zone",
                      "give it a \"zone\", or leave \"zones\" out");
    }

    void layer4() {
        const char* hint = "use layer 7, or leave it out";
        if (to_.around.routes.size() != 0)
            note_(where_ + "/routes", "at layer 4 nobody reads requests", hint);
        const auto kind = to_.around.pool.hash_on.kind();
        if (kind != lb::HashOn::Kind::Key && kind != lb::HashOn::Kind::Client)
            note_(where_ + "/hash_on", "at layer 4 nobody reads requests", "hash on the client");
        const auto& sticky = to_.around.pool.sticky;
        if (sticky && sticky->by == lb::Sticky::By::Cookie)
            note_(where_ + "/sticky", "at layer 4 there are no cookies", "\"by\": \"table\"");
        if (to_.attempts.any())
            note_(where_ + (to_.attempts.retry   ? "/retry"
                            : to_.attempts.hedge ? "/hedge"
                                                 : "/timeouts"),
                  "at layer 4 nobody sees single requests, to make them again",
                  "use layer 7, or let the clients try again");
        const auto& check = to_.guard.health_check;
        if (check && check->on_down == lb::HealthCheckConfig::OnDown::CloseInFlight)
            note_(where_ + "/health_check",
                  "at layer 4 connections to a backend that goes down are kept",
                  "use layer 7, or \"on_down\": \"keep_in_flight\"");
        if (read("policy") && to_.make_policy &&
            to_.make_policy({})->reports() == lb::Policy::Reports::Responses)
            note_(where_ + "/policy",
                  "the policy " + in_quotes(to_.policy) +
                      " lives on what responses say, and at layer 4 nobody reads them",
                  "use layer 7, or another policy");
    }

    void safety() {
        if (to_.around.pool.priorities && to_.around.pool.fail_open)
            note_(where_ + "/fail_open", "priorities have a panic threshold of their own",
                  "\"priorities\": { \"healthy_panic_threshold\": 50 }");
        const auto& passive = to_.guard.passive_health;
        if (passive && passive->readmit == lb::PassiveCount::Readmit::ActiveCheck &&
            !to_.guard.health_check)
            note_(where_ + "/passive_health",
                  "only health checks readmit whom it leaves out, and there are none",
                  "give it \"health_check\", or \"readmit\": \"timeout\"");
        const bool fills = std::any_of(groups_.begin(), groups_.end(), [](const auto& group) {
            return !group.backends.max_in_flight.none();
        });
        if (to_.queue_timeout && !to_.guard.limits && !fills)
            note_(where_ + "/timeouts/queue", "nothing waits where nothing is limited",
                  "give it \"limits\" with max_connections, or backends \"max_in_flight\"");
    }

    void clients(const Clients& clients, const std::string& where) {
        const auto& sticky = to_.around.pool.sticky;
        const bool by_table = sticky && sticky->by == lb::Sticky::By::Table;
        const bool come_back = !std::holds_alternative<UniqueKeys>(clients.keys) ||
                               std::holds_alternative<Trace>(clients.arrivals) ||
                               (std::holds_alternative<Closed>(clients.arrivals) && !by_table);
        if (sticky && !come_back)
            note_(where, "clients that never come back cannot stick to a backend",
                  "give them \"keys\", or leave \"sticky\" out");
        const auto& on = to_.around.pool.hash_on;
        using Kind = lb::HashOn::Kind;
        switch (on.kind()) {
            case Kind::Key:
            case Kind::Client: return;
            case Kind::Host:
                return carry(clients, where, "a host",
                             [](const auto& c) { return !c.host.empty(); });
            case Kind::Path:
            case Kind::Uri:
                return carry(clients, where, "a path",
                             [](const auto& c) { return !c.path.empty(); });
            case Kind::Header:
                return carry(clients, where, "the header " + in_quotes(on.name()),
                             [&](const auto& c) { return has(c.headers, on.name()); });
            case Kind::Cookie:
                return carry(clients, where, "the cookie " + in_quotes(on.name()),
                             [&](const auto& c) { return has(c.cookies, on.name()); });
            case Kind::Query: break;
        }
        carry(clients, where, "the query parameter " + in_quotes(on.name()),
              [&](const auto& c) { return !lb::query({.path = c.path}, on.name()).empty(); });
    }

    static bool has(const std::vector<RequestClass::Field>& fields, std::string_view name) {
        return std::any_of(fields.begin(), fields.end(),
                           [&](const auto& f) { return lb::same_in_any_case(f.name, name); });
    }

    // Says once that a member of the balancers needs clients with classes.
    template <class Wanted>
    void needs(const char* member, Wanted wanted, const char* message) {
        for (const auto& c : scenario_.clients)
            if (std::none_of(c.classes.begin(), c.classes.end(), wanted))
                return note_(where_ + "/" + member, message,
                             "give clients \"classes\" with a host or a path");
    }

    template <class Carries>
    void carry(const Clients& clients, const std::string& where, const std::string& what,
               Carries carries) {
        if (clients.classes.empty())
            return note_(where_ + "/hash_on",
                         "the requests of " + in_quotes(clients.name) + " do not carry " + what,
                         "give them \"classes\" that do");
        for (std::size_t i = 0; i != clients.classes.size(); ++i)
            if (!carries(clients.classes[i]))
                note_(child(where + "/classes", i),
                      "the class " + in_quotes(clients.classes[i].name) + " does not carry " +
                          what + ", on which the balancers hash",
                      "add it, or hash on something else");
    }

    const Scenario& scenario_;
    std::size_t tier_;
    const Balancers& to_;
    const std::vector<Written::Group>& groups_;
    const std::string& where_;
    const std::function<bool(std::string_view)>& sound_;
    const std::function<void(std::string, std::string, std::string)>& note_;
};

}  // namespace

std::optional<WeightMistake> weight_mistake(std::string_view policy, const lb::WeightRule& rule,
                                            double weight) {
    const auto who = "the policy " + in_quotes(policy);
    if (rule.kind == lb::WeightRule::Kind::Whole && weight != std::floor(weight))
        return WeightMistake{who + " takes whole weights, found " + text_of(weight),
                             "multiply all weights by the same number"};
    if (rule.kind != lb::WeightRule::Kind::Ignored && weight > rule.most)
        return WeightMistake{
            who + " takes weights up to " + text_of(rule.most) + ", found " + text_of(weight),
            "divide all weights by the same number"};
    return std::nullopt;
}

void check_balancers(const Scenario& scenario, std::size_t tier,
                     const std::vector<Written::Group>& groups,
                     const std::vector<Written::Entry>& timeline, const std::string& balancers,
                     const std::function<bool(std::string_view)>& sound,
                     const std::function<void(std::string, std::string, std::string)>& note) {
    Checker{scenario, tier, groups, balancers, sound, note}.check(timeline);
}

}  // namespace lbsim
