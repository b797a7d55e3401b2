#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "support/chance.hpp"
#include "support/scenarios.hpp"

// What surrounds a policy: connections, workers and what they share, late news, affinity, kinds of
// requests, zones, subsets, and the balancers' own work.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::entry;
using Counts = std::vector<std::uint64_t>;

Counts attempts(const Replication& r, Duration from, Duration to) {
    Counts out;
    for (const auto& b : r.over(from, to).backends) out.push_back(b.attempts);
    return out;
}
std::uint64_t sum(const Counts& counts, std::size_t from, std::size_t to) {
    return std::accumulate(counts.begin() + static_cast<long>(from),
                           counts.begin() + static_cast<long>(to), std::uint64_t{0});
}

/// Five backends, and five more from 60 s on; requests of 20 clients' connections.
Scenario scale_out(std::int64_t layer, std::optional<Duration> lifetime) {
    auto s = lbtest::fleet(5, "random", Poisson{200}, {Constant{0.001}});
    s.duration = 180s;
    s.balancers.layer = layer;
    s.clients[0].connections = Connections{.count = 20, .lifetime = lifetime, .jitter = 0.1};
    AddBackends add;
    for (std::uint64_t i = 5; i != 10; ++i) add.members.push_back(lbtest::numbered("b", i));
    s.timeline = {entry(60s, {}, add)};
    s.windows = {{"late", 120s, 180s}};
    return s;
}

TEST(Layer4, GivesNewBackendsNothingWhileConnectionsStay) {
    const auto r = simulate(scale_out(4, std::nullopt), 0);
    EXPECT_GT(sum(attempts(r, 0s, 60s), 0, 5), 11'000u);
    EXPECT_EQ(sum(attempts(r, 60s, 180s), 5, 10), 0u);
}

TEST(Layer4, GivesNewBackendsTheirPartAsConnectionsAreReplaced) {
    // Of 20 connections of about 30 s, picked anew among ten, half lead to the new ones: at the
    // least 3 and at most 17 of them, but with a chance of 2 * 2.0e-4 in each of some four rounds.
    const auto r = simulate(scale_out(4, 30s), 0);
    const auto counts = attempts(r, 120s, 180s);
    const double share =
        static_cast<double>(sum(counts, 5, 10)) / static_cast<double>(sum(counts, 0, 10));
    EXPECT_GT(share, 0.15);
    EXPECT_LT(share, 0.85);
}

TEST(Layer7, GivesNewBackendsTheirPartAtOnce) {
    const auto counts = attempts(simulate(scale_out(7, std::nullopt), 0), 60s, 180s);
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(10, 0.1)));
}

TEST(Layer4, SendsEveryRequestOfAConnectionToOneBackend) {
    auto s = lbtest::fleet(10, "random", Poisson{100}, {Constant{0.001}});
    s.balancers.layer = 4;
    s.clients[0].connections = Connections{};
    const auto counts = attempts(simulate(s, 0), 0s, 60s);
    EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), sum(counts, 0, 10));
}

TEST(Layer4, CountsConnectionsAsInFlight) {
    // Least connections at layer 4 spreads 20 connections over five backends, four each, whatever
    // they carry.
    auto s = scale_out(4, std::nullopt);
    s.timeline.clear();
    lbtest::use_policy(s, "least_connections");
    const auto counts = attempts(simulate(s, 0), 0s, 180s);
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(5, 0.2)));
}

TEST(Layer4, OpensAConnectionAnewAfterItsRequestsAndWhenItBreaks) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{10}, {Constant{0.001}});
    s.duration = 10s;
    s.balancers.layer = 4;
    s.clients[0].connections = Connections{.requests = {5}};
    EXPECT_EQ(attempts(simulate(s, 0), 0s, 10s), (Counts{50, 49}));
    s.clients[0].connections = Connections{};
    s.timeline = {entry(5s, {"b0"}, Crash{})};
    const auto r = simulate(s, 0);
    EXPECT_EQ(attempts(r, 0s, 5s), (Counts{49, 0}));
    EXPECT_LE(attempts(r, 5s, 10s)[0], 26u);  // Every other try, until the first that is answered.
    EXPECT_EQ(r.all().outcomes.failed, 1u);
}

TEST(Layer4, LeavesABackendThatWasRemovedButStaysWithOneThatDrains) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{10}, {Constant{0.001}});
    s.duration = 10s;
    s.balancers.layer = 4;
    s.clients[0].connections = Connections{};
    s.timeline = {entry(5s, {"b0"}, DrainBackends{})};
    EXPECT_EQ(attempts(simulate(s, 0), 5s, 10s)[1], 0u);
    s.timeline = {entry(5s, {"b0"}, RemoveBackends{})};
    EXPECT_EQ(attempts(simulate(s, 0), 5s, 10s)[0], 0u);
}

// ---- Workers

Scenario crowd() {
    auto s = lbtest::fleet(10, "least_connections", Poisson{8}, {Exponential{1}});
    s.duration = 300s;
    return s;
}

TEST(Workers, ThatShareNothingAreAsManyBalancers) {
    auto workers = crowd(), balancers = crowd();
    workers.balancers.workers = 4;
    balancers.balancers.count = 4;
    EXPECT_EQ(simulate(workers, 0).digest, simulate(balancers, 0).digest);
}

TEST(Workers, ThatShareAllAreOneBalancer) {
    const auto one = simulate(crowd(), 0).digest;
    for (const auto share : {Balancers::Share::All, Balancers::Share::NginxZone}) {
        auto s = crowd();
        s.balancers.workers = 4;
        s.balancers.share = share;
        EXPECT_EQ(simulate(s, 0).digest, one);
    }
}

TEST(Workers, KnowEachOthersRequestsInFlightAsEnvoysDo) {
    const auto mean = [](Balancers::Share share) {
        auto s = crowd();
        s.balancers.workers = 8;
        s.balancers.share = share;
        return lbtest::run(s).latency.mean();
    };
    const double envoy = mean(Balancers::Share::Envoy), none = mean(Balancers::Share::None);
    const double all = mean(Balancers::Share::All);
    EXPECT_NEAR(envoy / all, 1, 0.05);  // Ties apart it is the same policy.
    EXPECT_GT(none / all, 1.2);
}

// ---- Late news

TEST(ViewDelay, LetsBalancersSendToWhomHasLeftUntilTheyHear) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{10}, {Constant{0.001}});
    s.duration = 10s;
    s.balancers.view_delay = 2s;
    AddBackends add;
    add.members = {"b2"};
    s.timeline = {entry(3s, {"b0"}, RemoveBackends{}), entry(7s, {}, add)};
    s.windows = {{"heard", 5s, 9s}};
    const auto r = simulate(s, 0);
    EXPECT_EQ(attempts(r, 3s, 5s), (Counts{10, 10, 0}));
    EXPECT_EQ(attempts(r, 5s, 9s), (Counts{0, 40, 0}));
    EXPECT_EQ(attempts(r, 9s, 10s)[2], 5u);
    EXPECT_EQ(r.all().outcomes.failed, 10u);
}

// ---- Affinity

TEST(Sticky, KeepsClientsWhereTheyAreAndGivesNewBackendsNewClientsOnly) {
    auto s = lbtest::fleet(2, "round_robin", Poisson{100}, {Constant{0.001}});
    s.duration = 100s;
    s.clients[0].keys = UniformKeys{50};
    s.balancers.around.pool.sticky = lb::Sticky::Config{};
    AddBackends add;
    add.members = {"b2"};
    s.timeline = {entry(50s, {}, add), entry(75s, {"b0"}, RemoveBackends{})};
    const auto r = simulate(s, 0);
    // All 50 clients have come within 50 s (else by a chance of 50 (49/50)^5000 = 7e-43).
    EXPECT_EQ(attempts(r, 50s, 75s)[2], 0u);
    // Half of them lose their backend, and take turns between the others.
    const auto after = attempts(r, 75s, 100s);
    EXPECT_EQ(after[0], 0u);
    EXPECT_NEAR(static_cast<double>(after[2]) / static_cast<double>(after[1]), 12.0 / 38, 0.1);
}

TEST(Sticky, ForgetsACookieAtTheEndOfItsTimeToLiveAfterTheLastResponse) {
    auto s = lbtest::fleet(4, "round_robin", Closed{.concurrency = 1, .think = {Constant{10}}},
                           {Constant{0.001}});
    s.duration = 205s;
    s.balancers.around.pool.sticky = lb::Sticky::Config{.ttl = 11s};
    EXPECT_THAT(attempts(simulate(s, 0), 0s, 205s), testing::UnorderedElementsAre(0, 0, 0, 20));
    s.balancers.around.pool.sticky->ttl = 9s;
    EXPECT_THAT(attempts(simulate(s, 0), 0s, 205s), testing::Each(5));
}

TEST(Sticky, KeepsEachKeyOnOneBackendAlsoByTable) {
    for (const auto by : {lb::Sticky::By::Cookie, lb::Sticky::By::Table}) {
        auto s = lbtest::fleet(5, "random", Poisson{100}, {Constant{0.001}});
        s.clients[0].keys = UniformKeys{1};
        s.balancers.around.pool.sticky = lb::Sticky::Config{.by = by};
        const auto counts = attempts(simulate(s, 0), 0s, 60s);
        // The first few may meet before the cookie is there.
        EXPECT_GE(*std::max_element(counts.begin(), counts.end()) + 2, sum(counts, 0, 5));
    }
}

// ---- Kinds of requests

TEST(Classes, GoWhereTheirRouteLeads) {
    auto s = lbtest::fleet(1, "round_robin", Poisson{100}, {Constant{0.001}});
    s.backends.push_back(s.backends[0]);
    s.backends[0].pool = "web";
    s.backends[1].pool = "api";
    s.backends[1].members = {"a0"};
    s.clients[0].classes = {{.name = "page", .share = 3, .path = "/"},
                            {.name = "call", .share = 1, .path = "/api/{key}"}};
    s.balancers.around.routes =
        lb::Routes{{{.path_prefix = "/api", .pool = "api"}}, lb::Routes::Wins::First};
    s.balancers.around.default_pool = "web";
    EXPECT_TRUE(lbtest::fits(attempts(simulate(s, 0), 0s, 60s), std::vector{0.75, 0.25}));
    s.balancers.around.default_pool.reset();
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.rejected + t.outcomes.succeeded, t.outcomes.offered);
    EXPECT_EQ(t.outcomes.succeeded, t.backends[1].attempts);
    EXPECT_THAT(t.outcomes.rejections,
                testing::ElementsAre(t.outcomes.rejected, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Classes, AreHashedByTheHeaderThatBalancersLookAt) {
    auto s = lbtest::fleet(10, "ring_hash", Poisson{100}, {Constant{0.001}});
    s.clients[0].keys = UniformKeys{1000};
    s.clients[0].classes = {{.name = "all", .headers = {{"x-tenant", "one"}, {"x-user", "{key}"}}}};
    s.balancers.around.pool.hash_on = *lb::HashOn::of("header:x-tenant");
    const auto one = attempts(simulate(s, 0), 0s, 60s);
    EXPECT_EQ(*std::max_element(one.begin(), one.end()), sum(one, 0, 10));
    s.balancers.around.pool.hash_on = *lb::HashOn::of("header:x-user");
    const auto by_key = attempts(simulate(s, 0), 0s, 60s);
    s.balancers.around.pool.hash_on = {};
    EXPECT_EQ(by_key, attempts(simulate(s, 0), 0s, 60s));
}

// ---- Zones, subsets, priorities

TEST(Zones, KeepRequestsAtHomeWhereverTheyFit) {
    auto s = lbtest::fleet(3, "round_robin", Poisson{300}, {Constant{0.001}});
    s.backends[0].zone = "a";
    s.backends.push_back(lbtest::backends(6, {Constant{0.001}}));
    s.backends[1].zone = "b";
    for (int i = 0; i != 6; ++i)
        s.backends[1].members[static_cast<std::size_t>(i)] =
            lbtest::numbered("c", static_cast<std::uint64_t>(i));
    s.balancers.count = 1;
    s.balancers.zones = {"b", "a"};
    s.balancers.count = 2;
    s.balancers.around.pool.level.zones = lb::ZoneRules{};
    // Each zone has half of the balancers; "a" has a third of the backends: of its requests two
    // thirds stay, and the rest goes to "b", so that every backend gets the same.
    const auto run = simulate(s, 0);
    EXPECT_TRUE(lbtest::fits(attempts(run, 0s, 60s), std::vector<double>(9, 1.0 / 9)));
    // So a third of the half that came to "a" leaves its zone.
    const auto outcomes = run.all().outcomes;
    EXPECT_TRUE(lbtest::fits(Counts{outcomes.left_zone, outcomes.attempts - outcomes.left_zone},
                             std::vector{1.0 / 6, 5.0 / 6}));
    s.balancers.zones.clear();
    s.balancers.around.pool.level.zones.reset();
    EXPECT_EQ(simulate(s, 0).all().outcomes.left_zone, 0u);
}

TEST(Subset, LetsEachBalancerUseSoMany) {
    auto s = lbtest::fleet(12, "round_robin", Poisson{300}, {Constant{0.001}});
    s.balancers.around.pool.level.subset = lb::SubsetRules{.size = 3};
    const auto one = attempts(simulate(s, 0), 0s, 60s);
    EXPECT_EQ(std::count(one.begin(), one.end(), 0u), 9);
    s.balancers.count = 4;
    EXPECT_TRUE(lbtest::fits(attempts(simulate(s, 0), 0s, 60s), std::vector<double>(12, 1.0 / 12)));
}

// All requests of one arc, were they all of one peer's, would go to an eighth of the backends.
TEST(FinagleAperture, CoversTheBackendsEvenlyByTheArcsOfAllBalancersOrTheirWorkers) {
    struct Case {
        std::int64_t balancers, workers;
        Balancers::Share share;
    };
    using Share = Balancers::Share;
    for (const auto& c : {Case{16, 1, Share::None}, Case{16, 3, Share::All},
                          Case{4, 4, Share::None}, Case{2, 8, Share::Envoy}}) {
        auto s = lbtest::fleet(100, "finagle/aperture", Poisson{2000}, {Constant{1e-6}});
        s.balancers.count = c.balancers;
        s.balancers.workers = c.workers;
        s.balancers.share = c.share;
        EXPECT_TRUE(
            lbtest::fits(attempts(simulate(s, 0), 0s, 60s), std::vector<double>(100, 0.01)));
    }
}

TEST(Priorities, SendToBackupsWhatTheFirstCannotTake) {
    auto s = lbtest::fleet(4, "round_robin", Poisson{300}, {Constant{0.001}});
    s.backends.push_back(lbtest::backends(1, {Constant{0.001}}));
    s.backends[1].members = {"backup"};
    s.backends[1].priority = 1;
    s.timeline = {entry(30s, {"b0", "b1"}, DrainBackends{})};
    auto counts = attempts(simulate(s, 0), 30s, 60s);
    EXPECT_EQ(counts[4], 0u);
    // Half of them are healthy: 140 % of 50 % stays.
    s.balancers.around.pool.priorities = lb::PriorityRules{};
    counts = attempts(simulate(s, 0), 30s, 60s);
    EXPECT_TRUE(
        lbtest::fits(Counts{counts[2], counts[3], counts[4]}, std::vector{0.35, 0.35, 0.3}));
}

// A client told of a backend by one balancer may come to another, whose subset has others.
TEST(Subset, GivesClientsThatStickToABackendOfAnotherSubsetOneOfItsOwn) {
    for (const char* policy :
         {"round_robin", "peak_ewma", "haproxy/random", "ribbon/best_available"}) {
        auto s = lbtest::fleet(8, policy, Poisson{200}, {Constant{0.001}});
        s.clients[0].keys = UniformKeys{50};
        s.balancers.count = 4;
        s.balancers.around.pool.sticky = lb::Sticky::Config{};
        s.balancers.around.pool.level.subset = lb::SubsetRules{.size = 2};
        const auto t = lbtest::run(s);
        EXPECT_EQ(t.outcomes.succeeded, t.outcomes.offered) << policy;
    }
}

TEST(Priorities, CountTheBackendsOfTheSubset) {
    auto s = lbtest::fleet(10, "round_robin", Poisson{300}, {Constant{0.001}});
    s.backends.push_back(lbtest::backends(1, {Constant{0.001}}));
    s.backends[1].members = {"backup"};
    s.backends[1].priority = 1;
    s.balancers.around.pool.priorities = lb::PriorityRules{};
    s.balancers.around.pool.level.subset = lb::SubsetRules{.size = 5};
    const auto counts = attempts(simulate(s, 0), 0s, 60s);
    EXPECT_EQ(counts[10], 0u);  // All five are healthy.
    EXPECT_EQ(std::count(counts.begin(), counts.end(), 0u), 6);
}

// ---- Slow start

TEST(SlowStart, DoesNothingWhileNobodyJoins) {
    auto plain = lbtest::fleet(5, "p2c", Poisson{4}, {Exponential{1}});
    auto slow = plain;
    slow.balancers.around.pool.slow_start = lb::Ramps::Config{};
    EXPECT_EQ(simulate(slow, 0).digest, simulate(plain, 0).digest);
}

TEST(SlowStart, GivesABackendThatJoinsLittleAtFirst) {
    auto s = lbtest::fleet(1, "round_robin", Poisson{500}, {Constant{0.0001}});
    s.duration = 120s;
    AddBackends add;
    add.members = {"b1"};
    s.timeline = {entry(60s, {}, add)};
    s.windows = {{"early", 60s, 75s}, {"late", 90s, 120s}};
    s.balancers.around.pool.slow_start = lb::Ramps::Config{.window = 30s};
    const auto r = simulate(s, 0);
    const auto early = attempts(r, 60s, 75s), late = attempts(r, 90s, 120s);
    // The weight w is 0.1 for 4.5 s and grows by 0.05 every 1.5 s: w / (1 + w) is 0.1856 on
    // average.
    EXPECT_NEAR(static_cast<double>(early[1]) / static_cast<double>(early[0] + early[1]), 0.1856,
                0.003);
    EXPECT_TRUE(lbtest::fits(late, std::vector{0.5, 0.5}));
}

// ---- Addresses

TEST(Addresses, OfALogAreThoseThatItNames) {
    const lbtest::CsvTrace trace{"0,1\n1,1\n2,1\n"};  // Without keys each is another client.
    auto s = lbtest::fleet(64, "ip_hash", trace.arrivals(), {Constant{0.001}});
    s.requests = Scenario::kAllOfThem;
    const auto counts = attempts(simulate(s, 0), Duration::min(), Duration::max());
    EXPECT_EQ(sum(counts, 0, 64), 3u);
    EXPECT_GE(std::count(counts.begin(), counts.end(), 1u), 2);
}

// ---- What balancers spend

TEST(Cost, IsSpentOneRequestAfterTheOther) {
    // A worker is an M/D/1 queue at load 0.5: a service of 1 ms waits 0.5 ms on average.
    auto s = lbtest::fleet(1, "round_robin", Poisson{500}, {Constant{0.002}});
    s.backends[0].workers = {};
    s.duration = 600s;
    s.balancers.cost = Balancers::Cost{.connection = 250us, .request = 750us};
    EXPECT_NEAR(lbtest::run(s).latency.mean(), 3.5e6, 0.05e6);  // Of 15 deviations or so.
    // On connections that stay only the requests cost: 0.75 ms at load 0.375 wait 0.225 ms.
    s.clients[0].connections = Connections{};
    EXPECT_NEAR(lbtest::run(s).latency.mean(), 2.975e6, 0.05e6);
}

TEST(Cost, IsSpentByEachWorkerForItself) {
    auto s = lbtest::fleet(1, "round_robin", Poisson{1800}, {Constant{0.002}});
    s.backends[0].workers = {};
    s.balancers.cost = Balancers::Cost{.connection = {}, .request = 1ms};
    s.balancers.workers = 2;
    EXPECT_LT(lbtest::run(s).latency.mean(), 20e6);
    s.balancers.workers = 1;
    EXPECT_GT(lbtest::run(s).latency.mean(), 10e9);
}

}  // namespace
