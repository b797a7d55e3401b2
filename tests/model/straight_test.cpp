#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/rng.hpp"
#include "model/simulate.hpp"
#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

/// What the straight way can be told from the other by: nothing.
void expect_same(Replication straight, Replication other) {
    EXPECT_EQ(straight.digest, other.digest);
    EXPECT_EQ(straight.events, other.events);
    EXPECT_EQ(straight.edges, other.edges);
    EXPECT_EQ(straight.picks, other.picks);
    EXPECT_TRUE(straight.log == other.log);
    for (auto* one : {&straight, &other})
        for (auto& segment : one->segments)
            for (auto& b : segment.backends) b.in_flight_max = 0;
    EXPECT_EQ(straight.segments, other.segments);
    EXPECT_EQ(straight.series, other.series);
}
/// Takes both ways: one that asks for the most in flight does not go straight.
void take_both(Scenario s) {
    const auto straight = simulate(s, 1);
    s.most_in_flight = true;
    expect_same(straight, simulate(s, 1));
}

/// Something that lies on the way.
void put_in_the_way(Scenario& s, std::uint64_t which) {
    auto& clients = s.clients[0];
    auto& group = s.backends[0];
    switch (which) {
        case 0: group.discipline = Discipline::Ps; break;
        case 1: group.queue = {1}; break;
        case 2: group.queue_timeout = 10ms; break;
        case 3: group.network = {Constant{0.001}}; break;
        case 4: group.errors = Error{.rate = 0.2}; break;
        case 5: group.saturation = Saturation{.beyond = 1, .factor = 0.5}; break;
        case 6: group.connect = {Constant{0.001}}; break;
        case 7:
            clients.timeout = 30ms;
            clients.deadline = true;
            break;
        case 8: clients.network = {Exponential{0.001}}; break;
        case 9: clients.arrivals = Closed{.concurrency = 5, .think = {Constant{0.01}}}; break;
        case 10: clients.connections = Connections{.count = 3}; break;
        case 11: clients.attempts.retry = lb::Retry::Config{.attempts = 2, .on = "reset"}; break;
        case 12: s.timeline = {lbtest::entry(300ms, {"b0"}, Slow{3})}; break;
        case 13: s.balancers.cost = Balancers::Cost{.request = 1ms}; break;
        case 14: s.balancers.attempts.retry = lb::Retry::Config{.attempts = 2}; break;
        case 15: s.balancers.zones = {"west"}; break;
        default: s.balancers.guard.limits.emplace().max_connections = {2}; break;
    }
}

/// Of those that go straight, one at random, with ties.
Scenario random_scenario(std::uint64_t seed, std::string_view policy) {
    lb::Rng rng{seed};
    const double rate = 20 + 10 * static_cast<double>(rng.below(20));
    Scenario s = lbtest::fleet(2 + rng.below(8), policy, Poisson{rate}, {Exponential{0.02}});
    if (rng.chance(0.5)) s.clients[0].arrivals = ConstantRate{rate};
    if (rng.chance(0.5)) s.backends[0].service = {Constant{0.02}};
    if (rng.chance(0.3)) s.clients[0].work = {Exponential{1}};
    if (rng.chance(0.3)) s.clients[0].keys = UniformKeys{50};
    if (rng.chance(0.3)) s.clients.push_back(s.clients[0]);
    s.backends[0].workers = {1 + static_cast<std::int64_t>(rng.below(3))};
    if (rng.chance(0.2)) s.backends[0].workers = {};
    if (rng.chance(0.3)) s.backends[0].discipline = Discipline::Lifo;
    if (rng.chance(0.3)) s.backends[0].max_in_flight = {3};
    if (rng.chance(0.3)) s.balancers.count = 3;
    if (rng.chance(0.3)) s.balancers.workers = 2;
    if (rng.chance(0.5)) s.windows = {{"w", 200ms, 600ms}};
    if (rng.chance(0.3)) s.clients[0].timeout = 30ms;
    if (rng.chance(0.3)) s.backends[0].cancellation = Cancellation::All;
    if (rng.chance(0.3)) {
        auto& check = s.balancers.guard.health_check.emplace();
        check.interval = 50ms;
        check.timeout = 10ms;
        check.kind = lb::HealthCheckConfig::Kind::Http;
        s.backends[0].probes.queues = rng.chance(0.5);
        s.backends[0].probes.service = {Constant{0.005}};
    }
    if (rng.chance(0.3)) {
        lb::breaker::Config breaker;
        breaker.slow_call = 30ms;
        breaker.trip.slow_rate.emplace();
        breaker.trip.min_calls = 5;
        breaker.open.wait = 50ms;
        s.balancers.guard.circuit_breaker =
            std::make_shared<const lb::breaker::Config>(std::move(breaker));
    }
    if (rng.chance(0.3)) s.balancers.guard.passive_health.emplace();
    s.slo = Slo{.latency = 50ms};
    s.picks = 100;
    s.warmup = rng.chance(0.5) ? 100ms : 0ms;
    if (rng.chance(0.5)) {
        s.duration = 1s;
    } else {
        s.requests = 150;
    }
    return s;
}

TEST(StraightWay, GivesTheSameBytesAsTheOther) {
    for (const auto* policy : {"round_robin", "random", "p2c", "least_connections", "ring_hash",
                               "maglev", "peak_ewma", "envoy/least_request", "nginx/least_conn"})
        for (std::uint64_t seed = 0; seed != 40; ++seed) {
            SCOPED_TRACE(policy + lbtest::numbered(" ", seed));
            take_both(random_scenario(seed, policy));
        }
}

TEST(StraightWay, IsTheSameForTraces) {
    const lbtest::CsvTrace trace{"0,1\n0,2\n0.01,0.5\n0.02,1\n0.02,1\n0.04,3\n0.5,1\n"};
    for (const auto* policy : {"p2c", "ring_hash"})
        for (std::uint64_t seed = 0; seed != 10; ++seed) {
            auto s = random_scenario(seed, policy);
            s.clients[0].arrivals = trace.arrivals();
            if (s.requests) s.requests = 5;
            take_both(std::move(s));
        }
}

TEST(StraightWay, IsNotTakenWhereSomethingLiesOnIt) {
    for (std::uint64_t which = 0; which != 17; ++which)
        for (std::uint64_t seed = 0; seed != 10; ++seed) {
            SCOPED_TRACE(lbtest::numbered("", which) + lbtest::numbered(" ", seed));
            auto s = random_scenario(seed, "p2c");
            put_in_the_way(s, which);
            take_both(s);
        }
}

}  // namespace
