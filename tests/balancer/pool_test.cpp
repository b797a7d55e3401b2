#include "balancer/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/policies/random.hpp"
#include "balancer/policies/round_robin.hpp"
#include "support/chance.hpp"
#include "support/pool.hpp"

// Pools as a balancer composes them.

namespace {

using lb::Backend;
using lb::BackendId;
using lb::Balancer;
using lb::Exclusion;
using lb::Instant;
using lb::Rejection;
using lb::Request;
using lb::Ticket;
using namespace std::chrono_literals;
using testing::ElementsAre;

/// A fleet and a balancer that takes turns.
struct Site {
    lb::Fleet fleet;
    std::unique_ptr<Balancer> balancer;
    Instant now{};

    BackendId add(Backend backend) {
        return fleet.add(std::make_shared<const Backend>(std::move(backend)), 1, now);
    }
    void begin(Balancer::Config config = {}) {
        config.pool.level.policy = [](const lb::Instance&) {
            return lbtest::make<lb::RoundRobin>();
        };
        balancer = std::make_unique<Balancer>(fleet, config, lb::Rng{1}, now);
    }
    Ticket send(const Request& request = {}) {
        return std::get<Ticket>(balancer->pick(request, now));
    }
    void done(const Ticket& ticket) { balancer->done(ticket, {}, now); }
    std::string pick(const Request& request = {}) {
        const auto ticket = send(request);
        done(ticket);
        return fleet.backend(ticket.backend).name;
    }
    std::string picks(int n, const Request& request = {}) {
        std::string all;
        for (int i = 0; i != n; ++i) all += pick(request);
        return all;
    }
};

// ---- Priorities

TEST(Pool, UsesABackupOnlyWhenNobodyBeforeItMayBePicked) {
    Site s;
    const auto a = s.add({.name = "a"});
    const auto b = s.add({.name = "b"});
    s.add({.name = "x", .priority = 1});
    s.begin();
    EXPECT_EQ(s.picks(4), "abab");
    s.fleet.exclude(a, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(2), "bb");
    s.fleet.exclude(b, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(2), "xx");
    s.fleet.admit(a, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(2), "aa");
}

TEST(Pool, KeepsATurnForEachPriority) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.add({.name = "x", .priority = 2});
    s.add({.name = "y", .priority = 2});
    s.begin();
    s.fleet.exclude(a, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(1), "x");
    s.fleet.admit(a, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(1), "a");
    s.fleet.exclude(a, Exclusion::Down, s.now);
    EXPECT_EQ(s.picks(3), "yxy");
}

TEST(Pool, TakesBackendsThatAreFullForThoseThatMayNotBePicked) {
    Site s;
    s.add({.name = "a", .max_in_flight = 1});
    s.add({.name = "x", .priority = 1, .max_in_flight = 1});
    s.begin();
    const auto first = s.send(), second = s.send();
    EXPECT_EQ(s.fleet.backend(second.backend).name, "x");
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, s.now)), Rejection::AllFull);
    s.done(first);
    EXPECT_EQ(s.picks(1), "a");
}

// ---- Affinity

TEST(Pool, SendsAClientWithACookieBackAndChargesNobody) {
    Site s;
    for (const char* name : {"a", "b", "c"}) s.add({.name = name});
    s.begin({.pool = {.sticky = lb::Sticky::Config{}}});
    const auto first = s.send();
    EXPECT_TRUE(first.tell);
    s.done(first);
    const auto again = s.send({.affinity = "a"});
    EXPECT_EQ(again.backend, first.backend);
    EXPECT_TRUE(again.tell) << "a response renews the cookie";
    s.done(again);
    EXPECT_EQ(s.pick(), "b");
    EXPECT_EQ(s.pick({.affinity = "a"}), "a");
    EXPECT_EQ(s.pick(), "c");
}

TEST(Pool, GivesAClientAnotherBackendWhenItsOwnIsDownOrGoneOrUnknown) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.add({.name = "b"});
    s.begin({.pool = {.sticky = lb::Sticky::Config{}}});
    s.fleet.exclude(a, Exclusion::Down, s.now);
    const auto other = s.send({.affinity = "a"});
    EXPECT_EQ(s.fleet.backend(other.backend).name, "b");
    EXPECT_TRUE(other.tell);
    s.done(other);
    s.fleet.remove(a, s.now);
    EXPECT_EQ(s.pick({.affinity = "a"}), "b");
    EXPECT_EQ(s.pick({.affinity = "never heard of"}), "b");
}

TEST(Pool, LetsClientsThatStickToItReachABackendThatDrains) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.add({.name = "b"});
    s.begin({.pool = {.sticky = lb::Sticky::Config{}}});
    s.fleet.exclude(a, Exclusion::Draining, s.now);
    EXPECT_EQ(s.pick({.affinity = "a"}), "a");
    EXPECT_EQ(s.picks(2), "bb");
}

TEST(Pool, DoesNotStickWhenARequestIsTriedAgain) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.add({.name = "b"});
    s.begin({.pool = {.sticky = lb::Sticky::Config{}}});
    EXPECT_EQ(s.pick(), "a");
    const std::vector<BackendId> tried{a};
    EXPECT_EQ(s.pick({.affinity = "a", .tried = tried}), "b");
}

TEST(Pool, RemembersAKeyUntilItWasUnusedForTheTimeToLive) {
    Site s;
    for (const char* name : {"a", "b"}) s.add({.name = name});
    s.begin({.pool = {.sticky = lb::Sticky::Config{.by = lb::Sticky::By::Table, .ttl = 10s}}});
    EXPECT_EQ(s.pick({.key = "anna"}), "a");
    EXPECT_EQ(s.pick({.key = "bob"}), "b");
    for (int i = 0; i != 5; ++i) {
        s.now += 10s;
        EXPECT_EQ(s.pick({.key = "bob"}), "b");
    }
    EXPECT_EQ(s.pick({.key = "anna"}), "a");
    s.now += 11s;
    EXPECT_EQ(s.pick({.key = "anna"}), "b");
}

TEST(Pool, ForgetsTheLongestUnusedKeyWhenTheTableIsFull) {
    Site s;
    for (const char* name : {"a", "b", "c"}) s.add({.name = name});
    s.begin({.pool = {.sticky = lb::Sticky::Config{.by = lb::Sticky::By::Table, .entries = 2}}});
    EXPECT_EQ(s.pick({.key = "1"}), "a");
    EXPECT_EQ(s.pick({.key = "2"}), "b");
    EXPECT_EQ(s.pick({.key = "1"}), "a");
    EXPECT_EQ(s.pick({.key = "3"}), "c");  // Forgets 2.
    EXPECT_EQ(s.pick({.key = "1"}), "a");
    EXPECT_EQ(s.pick({.key = "2"}), "a");  // A turn.
}

// ---- Slow start

TEST(Pool, LetsWhoeverJoinsStartSlowly) {
    Site s;
    s.add({.name = "a"});
    s.begin({.pool = {.slow_start = lb::Ramps::Config{.window = 100s}}});
    const auto share = [&](BackendId of) {
        int mine = 0;
        for (int i = 0; i != 1000; ++i) {
            const auto ticket = s.send();
            mine += ticket.backend == of;
            s.done(ticket);
        }
        return mine / 1000.0;
    };
    EXPECT_EQ(s.balancer->next_due(), Instant::max());
    const auto b = s.add({.name = "b"});
    EXPECT_NEAR(share(b), 0.1 / 1.1, 0.002);
    std::vector<double> shares;
    for (int step = 1; step <= 20; ++step) {
        ASSERT_EQ(s.balancer->next_due(), Instant{step * 5s});
        s.now = s.balancer->next_due();
        s.balancer->due(s.now);
        const double weight = std::max(0.1, step * 0.05);
        EXPECT_NEAR(share(b), weight / (1 + weight), 0.002) << step;
    }
    EXPECT_EQ(s.balancer->next_due(), Instant::max());
}

TEST(Pool, LetsWhoeverComesBackStartSlowlyButNotWhoeverWasFull) {
    Site s;
    s.add({.name = "a"});
    const auto b = s.add({.name = "b", .max_in_flight = 1});
    s.begin({.pool = {.slow_start = lb::Ramps::Config{.window = 100s}}});
    const auto first = s.send(), second = s.send();
    s.done(first);
    s.done(second);
    EXPECT_EQ(s.balancer->next_due(), Instant::max());
    s.fleet.exclude(b, Exclusion::Down, s.now);
    s.fleet.admit(b, Exclusion::Down, s.now);
    EXPECT_EQ(s.balancer->next_due(), Instant{5s});
    s.fleet.exclude(b, Exclusion::Down, s.now);
    EXPECT_EQ(s.balancer->next_due(), Instant::max());
}

TEST(Ramps, FollowHAProxyAndEnvoy) {
    const lb::Ramps sixteenths{{.window = 10s, .curve = lb::Ramps::Curve::Haproxy}};
    EXPECT_EQ(sixteenths.at(3s), 5 / 16.0);
    EXPECT_EQ(sixteenths.at(10s), 1);
    const lb::Ramps power{{.window = 60s, .curve = lb::Ramps::Curve::Envoy, .aggression = 2}};
    EXPECT_DOUBLE_EQ(power.at(15s), 0.5);
    EXPECT_DOUBLE_EQ(power.at(0s), 0.1);
}

// ---- Routes and keys

TEST(Balancer, SendsEachRouteToItsPool) {
    Site s;
    s.add({.name = "a", .pool = "api"});
    s.add({.name = "w", .pool = "web"});
    s.add({.name = "b", .pool = "api"});
    Balancer::Config config;
    config.routes = lb::Routes{{{.path_prefix = "/api", .pool = "api"}}, lb::Routes::Wins::First};
    s.begin(config);
    const lb::Http api{.path = "/api/x"}, other{.path = "/"};
    EXPECT_EQ(s.picks(2, {.http = &api}), "ab");
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({.http = &other}, s.now)), Rejection::NoRoute);
    config.default_pool = "web";
    s.begin(config);
    EXPECT_EQ(s.pick({.http = &other}), "w");
    EXPECT_EQ(s.pick(), "w");
}

// ---- Explanations

/// The path, "why" of everybody excluded, and who was picked: "priority 1 | a down, b full > x".
std::string explained(Site& s, const Request& request = {}) {
    lb::ExplainedPick why;
    const auto decision = s.balancer->pick(request, s.now, &why);
    std::string out;
    for (const auto& step : why.path) out += (out.empty() ? "" : "; ") + step;
    out += " |";
    for (const auto& x : why.excluded)
        out += (out.back() == '|' ? " " : ", ") + s.fleet.backend(x.backend).name + " " + x.why;
    if (const auto* ticket = std::get_if<Ticket>(&decision)) {
        out += " > " + s.fleet.backend(ticket->backend).name;
        s.done(*ticket);
    } else {
        out += " > " + std::string{words(std::get<Rejection>(decision))};
    }
    return out;
}

TEST(Explanation, NamesTheRouteAndWhoIsInAnotherPool) {
    Site s;
    s.add({.name = "a", .pool = "api"});
    s.fleet.exclude(s.add({.name = "w", .pool = "web"}), Exclusion::Down, s.now);
    Balancer::Config config;
    config.routes = lb::Routes{{{.path_prefix = "/api", .pool = "api"}}, lb::Routes::Wins::First};
    s.begin(config);
    const lb::Http api{.path = "/api/x"}, other{.path = "/"};
    EXPECT_EQ(explained(s, {.http = &api}), "route 1 leads to pool api | w down, other pool > a");
    EXPECT_EQ(explained(s, {.http = &other}),
              "no route matches, and there is no default | > no route");
    config.default_pool = "web";
    s.begin(config);
    EXPECT_EQ(
        explained(s, {.http = &other}),
        "no route matches, and the default is pool web | a other pool, w down > all excluded");
}

TEST(Explanation, NamesThePriorityAndWhoIsInAnother) {
    Site s;
    const auto a = s.add({.name = "a"});
    const auto b = s.add({.name = "b"});
    s.add({.name = "x", .priority = 1});
    s.begin();
    EXPECT_EQ(explained(s), "priority 0 | x other priority > a");
    s.fleet.exclude(a, Exclusion::Down, s.now);
    s.fleet.exclude(b, Exclusion::Draining, s.now);
    EXPECT_EQ(explained(s),
              "priority 0; nobody picked; priority 1 | "
              "a down, other priority, b draining, other priority > x");
    s.begin({.pool = {.priorities = lb::PriorityRules{}}});
    EXPECT_EQ(explained(s),
              "priority 1, which gets 100 % of the requests | "
              "a down, other priority, b draining, other priority > x");
}

TEST(Explanation, SaysThatHealthIsNotBelievedInPanic) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.begin({.pool = {.priorities = lb::PriorityRules{}}});
    s.fleet.exclude(a, Exclusion::Unhealthy, s.now);
    EXPECT_EQ(explained(s),
              "priority 0, which gets 100 % of the requests and is in panic: health "
              "is not believed | > a");
}

TEST(Explanation, NamesTheZoneAndTheSubset) {
    Site s;
    for (const auto* name : {"a", "b", "c"}) s.add({.name = name, .zone = "east"});
    for (const auto* name : {"x", "y", "z"}) s.add({.name = name, .zone = "west"});
    Balancer::Config config;
    config.pool.level.zones = lb::ZoneRules{};
    config.pool.level.placement = {.zone = "west", .balancers = {{"east", 1}, {"west", 1}}};
    s.begin(config);
    EXPECT_EQ(explained(s), "zone west | a other zone, b other zone, c other zone > x");
    config.pool.level.zones = lb::ZoneRules{.min_cluster_size = 7};
    s.begin(config);
    EXPECT_EQ(explained(s), "any zone | > a");

    config = {};
    config.pool.level.subset = lb::SubsetRules{.size = 5};
    s.begin(config);
    const auto text = explained(s);
    EXPECT_EQ(text.substr(0, text.find('|')), "a subset of 5 of 6 backends ");
    EXPECT_EQ(std::count(text.begin(), text.end(), ','), 0) << text;
    EXPECT_NE(text.find(" not in the subset > "), std::string::npos) << text;
}

TEST(Explanation, SaysWhetherItsClientSticks) {
    Site s;
    const auto a = s.add({.name = "a"});
    s.add({.name = "b"});
    s.begin({.pool = {.sticky = lb::Sticky::Config{}}});
    lb::ExplainedPick why;
    const auto ticket = std::get<Ticket>(s.balancer->pick({.affinity = "a"}, s.now, &why));
    s.done(ticket);
    EXPECT_EQ(why.rule, "the client sticks to it; the policy is not asked");
    s.fleet.exclude(a, Exclusion::Draining, s.now);
    EXPECT_EQ(explained(s, {.affinity = "a"}), " | > a");
    s.fleet.exclude(a, Exclusion::Down, s.now);
    EXPECT_EQ(explained(s, {.affinity = "a"}),
              "its client sticks to a, which takes none now | a draining, down > b");
    EXPECT_EQ(explained(s, {.affinity = "q"}),
              "its client sticks to q, which is not here | a draining, down > b");
}

// What is explained is what would have happened.
TEST(Explanation, ChangesNoDecision) {
    Site asked, silent;
    for (auto* s : {&asked, &silent}) {
        for (const auto* name : {"a", "b", "c"}) s->add({.name = name});
        s->begin();
    }
    for (int i = 0; i != 7; ++i) {
        const auto text = explained(asked);
        EXPECT_EQ(text.substr(text.rfind(' ') + 1), silent.pick());
    }
}

}  // namespace
