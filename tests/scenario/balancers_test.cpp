#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario/load.hpp"

// What a scenario says of balancers and of what they read, and what can be wrong with that.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

/// A scenario in which some parts are replaced.
struct Parts {
    std::string balancers = "{}";
    std::string clients = R"({"arrivals": {"poisson": {"rate": "50/s"}}, "keys": {"uniform": )"
                          R"({"count": 100}}})";
    std::string backends = R"([{"name": "b", "count": 3, "service": "10ms"}])";
    std::string more{};
    std::string text() const {
        return R"({"balancers": )" + balancers + R"(, "clients": [)" + clients +
               R"(], "backends": )" + backends + more + "}";
    }
};

Scenario loaded(const Parts& parts) {
    static const auto policies = lb::builtin_policies();
    return load_experiment("x.json", parts.text(), {}, policies).variants.at(0).scenario;
}

/// What is wrong, each as "POINTER: MESSAGE (HINT)".
std::string wrong(const Parts& parts) {
    try {
        loaded(parts);
    } catch (const ScenarioError& error) {
        std::string out;
        for (const auto& p : error.problems())
            out += (out.empty() ? "" : "\n") + p.pointer + ": " + p.message +
                   (p.hint.empty() ? "" : " (" + p.hint + ")");
        return out;
    }
    return "nothing";
}

TEST(Balancers, ReadAllThatIsAroundAPolicy) {
    const auto s = loaded({.balancers = R"({
        "count": 4, "workers": 2, "share": "envoy", "view_delay": "200ms", "policy": "p2c",
        "hash_on": "client", "slow_start": {"window": "1min", "curve": "envoy", "aggression": 2},
        "sticky": {"by": "table", "ttl": "10min", "entries": 500},
        "subset": {"kind": "random", "size": 2},
        "priorities": {"overprovisioning_factor": 200, "healthy_panic_threshold": 30},
        "cost": {"request": "5us"}})"});
    const auto& b = s.balancers;
    EXPECT_EQ(b.workers, 2);
    EXPECT_EQ(b.share, Balancers::Share::Envoy);
    EXPECT_EQ(b.view_delay, 200ms);
    const auto& pool = b.around.pool;
    EXPECT_EQ(pool.hash_on.kind(), lb::HashOn::Kind::Client);
    EXPECT_EQ(pool.slow_start->window, 1min);
    EXPECT_EQ(pool.slow_start->curve, lb::Ramps::Curve::Envoy);
    EXPECT_EQ(pool.sticky->by, lb::Sticky::By::Table);
    EXPECT_EQ(pool.sticky->entries, 500);
    EXPECT_EQ(pool.level.subset->kind, lb::SubsetRules::Kind::Random);
    EXPECT_EQ(pool.priorities->panic_threshold, 30);
    EXPECT_EQ(b.cost->request, 5us);
    EXPECT_GT(b.cost->connection, 0s);
}

TEST(Balancers, ReadRoutesAndKindsOfRequests) {
    const auto s =
        loaded({.balancers = R"({"routes": [{"path_prefix": "/api", "cookies": {"beta": ""},
                                      "pool": "api"}],
                          "route_order": "longest", "default_pool": "web"})",
                .clients = R"({"arrivals": {"poisson": {"rate": "50/s"}}, "classes": [
                          {"name": "page", "share": 3},
                          {"name": "call", "path": "/api/{key}", "headers": {"x-a": "1"}}],
                        "connections": {"count": 20, "requests": 100, "lifetime": "30s"}})",
                .backends = R"([{"name": "w", "pool": "web", "service": "1ms"},
                         {"name": "a", "pool": "api", "zone": "z", "priority": 1,
                          "max_in_flight": 5, "service": "1ms"}])"});
    const auto& routes = s.balancers.around.routes;
    ASSERT_EQ(routes.size(), 1u);
    EXPECT_EQ(routes[0].cookies.front().name, "beta");
    EXPECT_EQ(s.balancers.around.default_pool, "web");
    ASSERT_EQ(s.clients[0].classes.size(), 2u);
    EXPECT_EQ(s.clients[0].classes[1].headers.front().value, "1");
    EXPECT_EQ(s.clients[0].connections->requests.value, 100);
    EXPECT_EQ(s.backends[1].priority, 1);
    EXPECT_EQ(s.backends[1].max_in_flight.value, 5);
}

TEST(Balancers, NameWhatIsWrongWithThem) {
    const std::vector<std::pair<std::string, std::string>> table{
        {R"({"layer": 5})",
         "/balancers/layer: expected layer 4 or 7, found 5 (4 picks once a connection, 7 once a "
         "request)"},
        {R"({"layer": 9})", "/balancers/layer: must be at most 7, found 9"},
        {R"({"hash_on": "header"})",
         "/balancers/hash_on: no part of a request: \"header\" (write key, client, "
         "host, path, uri, header:NAME, cookie:NAME or query:NAME)"},
        {R"({"hash_on": "header:x-user"})",
         "/balancers/hash_on: the requests of \"clients\" do not carry the header \"x-user\" (give "
         "them \"classes\" that do)"},
        {R"({"subset": {"size": 4}})",
         "/balancers/subset/size: a subset of 4 is larger than the fleet of 3 (at most 3)"},
        {R"({"routes": [{"pool": "api"}]})",
         "/balancers/routes/0/pool: no backends are in the pool \"api\" (give groups of backends a "
         "\"pool\")\n"
         "/backends/0: no route leads to the group \"b\" (give it the \"pool\" of a route, or "
         "\"default_pool\")\n"
         "/balancers/routes: to route requests there must be classes of them (give clients "
         "\"classes\" with a host or a path)"},
        {R"({"default_pool": "b"})",
         "/balancers/default_pool: no backends are in the pool \"b\" (give groups of backends a "
         "\"pool\")\n"
         "/balancers/default_pool: a default without routes (add \"routes\")"},
        {R"({"zones": {"of": ["a"]}})",
         "/backends/0: the group \"b\" is in no zone (give it a \"zone\", or leave \"zones\" out)"},
        {R"({"layer": 4, "sticky": {}})",
         "/balancers/sticky: at layer 4 there are no cookies (\"by\": \"table\")"},
        {R"({"layer": 4, "policy": "c3"})",
         "/balancers/policy: the policy \"c3\" lives on what responses say, and at layer 4 nobody "
         "reads them (use layer 7, or another policy)"},
        {R"({"policy": "p2c", "hash_on": "client"})",
         "/balancers/hash_on: no policy here looks at the keys of requests (use a policy that "
         "hashes, or leave it out)"},
        {R"({"slow_start": {"window": "1500ms", "curve": "haproxy"}})",
         "/balancers/slow_start/window: HAProxy counts whole seconds (write for example \"10s\")"},
        {R"({"policy": {"name": "maglev", "table": 65536}})",
         "/balancers/policy/table: not a prime, so that not every skip leads to every entry (the "
         "next prime is 65537)"},
    };
    for (const auto& [balancers, said] : table)
        EXPECT_EQ(wrong({.balancers = balancers}), said) << balancers;
}

TEST(Balancers, NameAllThatIsWrongAtOnce) {
    EXPECT_EQ(wrong({.balancers = R"({"policy": {"name": "maglev", "table": 1000},
                                      "hash_on": "header:x-user", "subset": {"size": 9},
                                      "slow_start": {"window": 5}})",
                     .backends = R"([{"count": 3, "weight": 70000000, "service": "10ms"}])"}),
              "/balancers/policy/table: not a prime, so that not every skip leads to every entry "
              "(the next prime is 1009)\n"
              "/balancers/slow_start/window: a duration needs a unit, found 5 (write \"5ms\", or "
              "with ns, us, s, min or h)\n"
              "/backends/0/weight: must be at most 1000000, found 70000000");
    EXPECT_EQ(wrong({.balancers = R"({"policy": {"name": "maglev", "table": 1000},
                                      "hash_on": "header:x-user", "subset": {"size": 9}})"}),
              "/balancers/policy/table: not a prime, so that not every skip leads to every entry "
              "(the next prime is 1009)\n"
              "/balancers/subset/size: a subset of 9 is larger than the fleet of 3 (at most 3)\n"
              "/balancers/hash_on: the requests of \"clients\" do not carry the header \"x-user\" "
              "(give them \"classes\" that do)");
}

TEST(Balancers, TakeTheWeightsThatTheirPolicyTakes) {
    const Parts fraction{.backends = R"([{"weight": 2.5, "service": "10ms"}])"};
    EXPECT_EQ(wrong(fraction), "nothing");
    auto whole = fraction;
    whole.balancers = R"({"policy": "nginx/round_robin"})";
    EXPECT_EQ(wrong(whole),
              "/backends/0/weight: the policy \"nginx/round_robin\" takes whole weights, found 2.5 "
              "(multiply all weights by the same number)");
    whole.backends = R"([{"weight": 70000, "service": "10ms"}])";
    EXPECT_EQ(wrong(whole),
              "/backends/0/weight: the policy \"nginx/round_robin\" takes weights up to 65535, "
              "found 70000 (divide all weights by the same number)");
    const Parts later{.balancers = R"({"policy": "haproxy/roundrobin"})",
                      .more = R"(, "timeline": [{"at": "1s", "target": "b0", "reweight": )"
                              R"({"weight": 0.5}}])"};
    EXPECT_EQ(wrong(later),
              "/timeline/0/reweight/weight: the policy \"haproxy/roundrobin\" takes whole weights, "
              "found 0.5 (multiply all weights by the same number)");
}

TEST(Balancers, WantSomebodyWhoLooksAtTheKeys) {
    Parts parts{.balancers = R"({"hash_on": "client"})",
                .more = R"(, "compare": ["p2c", "random"])"};
    const auto said = wrong(parts);
    EXPECT_NE(said.find("no policy here looks at the keys"), std::string::npos) << said;
    parts.more = R"(, "compare": ["p2c", "ring_hash"])";
    EXPECT_EQ(wrong(parts), "nothing");
    EXPECT_EQ(wrong({.balancers = R"({"hash_on": "client", "sticky": {"by": "table"}})"}),
              "nothing");
    EXPECT_EQ(wrong({.balancers = R"([{"policy": "jump", "hash_on": "client"}])"}), "nothing");
    EXPECT_EQ(wrong({.balancers = R"([{"policy": "p2c", "hash_on": "client"}])"}).substr(0, 20),
              "/balancers/0/hash_on");
}

TEST(Balancers, WantClientsThatComeBackToStickTo) {
    const Parts parts{.balancers = R"({"sticky": {}})",
                      .clients = R"({"arrivals": {"poisson": {"rate": "50/s"}}})"};
    EXPECT_EQ(wrong(parts),
              "/clients/0: clients that never come back cannot stick to a backend (give them "
              "\"keys\", or leave \"sticky\" out)");
}

}  // namespace
