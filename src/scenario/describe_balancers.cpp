#include <array>

#include "scenario/describe.hpp"
#include "scenario/describe_parts.hpp"

namespace lbsim {
namespace {

using lb::kNotNegative;
using lb::kPositive;
using Body = Blocks::Body;
using Case = Blocks::Case;
using Choice = Blocks::Choice;
using Shape = Blocks::Shape;

// What a worker spends, unless the scenario says otherwise, as measured on one core of an AMD EPYC
// virtual machine.  At layer 4 a hash of the flow; at layer 7 the head of a browser's request, 20
// routes and a cookie (build/lbsim_bench --benchmark_filter=layer); and on a new connection a TLS
// 1.3 handshake: one P-256 signature and two X25519 operations (openssl speed ecdsap256
// ecdhx25519).
constexpr Duration kConnection4{7}, kRequest4{0}, kConnection7{110'000}, kRequest7{1'100};

// A block of lb's own, as a member that may be there.
template <class Config>
void describe_block(Blocks& b, std::string_view name, std::optional<Config>& to,
                    std::string_view meaning) {
    if (!b.optional(name)) return;
    b.object(name, meaning, [&](Blocks& o) {
        Config config;
        config.describe(o);
        to = config;
    });
}

void describe_hash_on(Blocks& b, lb::HashOn& to) {
    if (!b.optional("hash_on")) return;
    std::string word = "key";
    b.field("hash_on", word,
            "Which bytes are a request's key: key (what clients' keys say), client, host, path, "
            "uri, header:NAME, cookie:NAME or query:NAME");
    if (const auto on = lb::HashOn::of(word))
        to = *on;
    else
        b.problem("hash_on", "no part of a request: \"" + word + '"',
                  "write key, client, host, path, uri, header:NAME, cookie:NAME or query:NAME");
}

void describe_route(Blocks& b, lb::Route& to) {
    const auto fields = [&](std::string_view name, std::vector<lb::Route::Field>& list,
                            std::string_view meaning) {
        b.map(name, meaning, [&](Blocks& v, const std::string& key) {
            list.push_back({key, {}});
            v.field(kItself, list.back().value, "Its value; \"\": that it is there");
        });
    };
    b.field("host", to.host, "example.com, *.example.com or api.*");
    b.field("path", to.path, "This path, without the query");
    b.field("path_prefix", to.path_prefix, "What the path begins with");
    b.field("method", to.method, "Of HTTP");
    fields("headers", to.headers, "Headers that must be there");
    fields("cookies", to.cookies, "Cookies that must be there");
    b.required("pool");
    b.identifier("pool", to.pool, "Where such requests go");
    if (!to.path.empty() && !to.path_prefix.empty())
        b.problem("path_prefix", "a path and a prefix of it exclude each other",
                  "leave one of them out");
}

void describe_routes(Blocks& b, lb::Balancer::Config& to) {
    static constexpr std::array<std::string_view, 2> kWins{"first", "longest"};
    std::vector<lb::Route> routes;
    b.list("routes", "Which pool a request goes to; without, there is one", {.most = 10'000},
           [&](Blocks& element) {
               routes.emplace_back();
               element.object(kItself, "What must match, and where it leads",
                              [&](Blocks& o) { describe_route(o, routes.back()); });
           });
    std::size_t wins = 0;
    b.word("route_order", wins, kWins,
           "Of several routes that match, the first, or the one with the longest path");
    to.routes = lb::Routes{std::move(routes), static_cast<lb::Routes::Wins>(wins)};
    if (!b.optional("default_pool")) return;
    std::string pool = "default";
    b.identifier("default_pool", pool, "Where requests go that match no route");
    to.default_pool = std::move(pool);
}

void describe_zones(Blocks& b, Balancers& to) {
    if (!b.optional("zones")) return;
    b.object("zones", "Requests stay in their balancer's zone, as far as capacity allows",
             [&](Blocks& o) {
                 lb::ZoneRules rules;
                 o.required("of");
                 o.list("of", "The zones that balancers are in, one after the other", {.least = 1},
                        [&](Blocks& v) {
                            std::string zone = "a";
                            v.identifier(kItself, zone, "A zone");
                            to.zones.push_back(std::move(zone));
                        });
                 rules.describe(o);
                 to.around.pool.level.zones = rules;
             });
}

void describe_cost(Blocks& b, Balancers& to) {
    if (!b.optional("cost")) return;
    b.object("cost", "What a worker itself spends; without, nothing", [&](Blocks& o) {
        Balancers::Cost cost{to.layer == 4 ? kConnection4 : kConnection7,
                             to.layer == 4 ? kRequest4 : kRequest7};
        o.field("connection", cost.connection, "On each new connection (at layer 7, with TLS)",
                kNotNegative);
        o.field("request", cost.request, "On each request", kNotNegative);
        to.cost = cost;
    });
}

void describe_layer(Blocks& b, Balancers& to) {
    b.field("layer", to.layer, "4 picks once a connection, 7 once a request",
            lb::Range{.low = 4, .high = 7});
    if (to.layer == 4 || to.layer == 7) return;
    b.problem("layer", "expected layer 4 or 7, found " + std::to_string(to.layer),
              "4 picks once a connection, 7 once a request");
}

// For whoever names no policy.  Not if there is none of that name.
void choose_default(Balancers& to, const lb::Policies& policies) {
    const auto* entry = policies.find(to.policy);
    if (!entry) {
        to.policy.clear();
        return;
    }
    lb::Defaults fields;
    to.equalises = entry->equalises;
    to.independent = entry->independent;
    to.weights = entry->weights;
    to.make_policy = entry->configure(fields);
}

}  // namespace

void describe_policy(Blocks& b, std::string_view name, Balancers& to,
                     const lb::Policies& policies) {
    std::vector<Choice> tags;
    for (const auto& [known, entry] : policies)
        tags.push_back({known, entry.summary, [&to, name_of = known, &about = entry](Blocks& o) {
                            to.policy = name_of;
                            to.equalises = about.equalises;
                            to.independent = about.independent;
                            to.weights = about.weights;
                            to.make_policy = about.configure(o);
                        }});
    b.tagged(name, to.policy, "How a backend is picked: a name, or a name and parameters", "name",
             "policy", tags);
}

void describe(Blocks& b, Balancers& to, const lb::Policies& policies) {
    static constexpr std::array<std::string_view, 4> kShares{"none", "nginx_zone", "envoy", "all"};
    b.identifier("name", to.name, "Of the tier: its balancers are NAME0, NAME1, …");
    if (b.optional("to"))
        one_or_more(b, "to", "The groups of backends that it sends to; without, those of no other",
                    [&](Blocks& v) {
                        std::string group;
                        v.identifier(kItself, group, "A group of backends");
                        to.to.push_back(std::move(group));
                    });
    b.field("count", to.count, "How many independent ones", lb::Range{.low = 1, .high = 1e4});
    b.field("workers", to.workers, "In each, at work side by side",
            lb::Range{.low = 1, .high = 1000});
    word(b, "share", to.share, kShares,
         "What workers of one know together: nothing; peers as with nginx's zone; requests in "
         "flight and health as Envoy's; or everything");
    b.field("view_delay", to.view_delay,
            "How late they hear of members that come, leave, drain or change weight", kNotNegative);
    describe_layer(b, to);
    if (!to.make_policy) b.required("policy");
    describe_policy(b, "policy", to, policies);
    auto& pool = to.around.pool;
    describe_hash_on(b, pool.hash_on);
    describe_block(b, "slow_start", pool.slow_start, "Whoever joins counts for little at first");
    describe_block(b, "sticky", pool.sticky, "Clients come back to the backend that they had");
    describe_block(b, "subset", pool.level.subset, "Each balancer uses only some of the backends");
    describe_block(b, "priorities", pool.priorities,
                   "Priorities share the requests by their health, instead of being backups");
    describe_zones(b, to);
    describe_routes(b, to.around);
    describe_cost(b, to);
    describe_guard(b, to);
    describe_attempts(b, to.attempts, &to.around.avoid_tried);
    if (b.optional("timeouts"))
        b.object("timeouts", "How long things may take", [&](Blocks& o) {
            o.optional_field("connect", to.connect_timeout, "To open a connection to a backend");
            o.optional_field(
                "queue", to.queue_timeout,
                "To wait for a connection, within limits, or until a backend is not full");
            const bool twice = to.attempts.per_try.has_value() && o.given("per_try");
            o.optional_field("per_try", to.attempts.per_try, "An attempt");
            if (twice)
                o.problem("per_try", "is given in \"retry\" already", "leave one of them out");
        });
}

void describe_tiers(Blocks& b, Scenario& to, const lb::Policies& policies) {
    choose_default(to.balancers, policies);
    if (!to.balancers.make_policy) b.required("balancers");
    std::size_t seen = 0;
    const Body tier = [&](Blocks& v) {
        auto& balancers = seen++ == 0 ? to.balancers : to.behind.emplace_back();
        if (seen > 1) choose_default(balancers, policies);
        v.shared(kItself, "Balancers", "balancers", [&](Blocks& w) {
            w.object(kItself, "Like balancers, each with a state of its own",
                     [&](Blocks& o) { describe(o, balancers, policies); });
        });
    };
    constexpr std::size_t kMost = 8;
    const std::array<Case, 2> cases{{{Shape::Object, tier}, {Shape::List, [&](Blocks& v) {
                                                                 v.list(kItself,
                                                                        "Tiers of them: clients "
                                                                        "talk to the first",
                                                                        {.least = 1, .most = kMost},
                                                                        tier);
                                                             }}}};
    b.either("balancers", "Between clients and backends", cases);
}

}  // namespace lbsim
