#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "base/rng.hpp"
#include "laws/registry.hpp"
#include "model/simulate.hpp"
#include "scenario/scenario.hpp"
#include "support/pool.hpp"
#include "support/times.hpp"

// What every run must obey, whatever the scenario and the policy.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

void use_policy(Scenario& s, std::string_view name) {
    s.balancers.policy = name;
    s.balancers.make_policy = laws::small(name);
    s.balancers.equalises = laws::entry_of(name).equalises;
}

Clients clients_of(Arrivals arrivals) {
    Clients c;
    c.arrivals = std::move(arrivals);
    return c;
}
Backends backends_of(std::string_view stem, std::uint64_t count, double mean_service_s) {
    Backends b;
    b.name = stem;
    for (std::uint64_t i = 0; i != count; ++i) b.members.push_back(lbtest::numbered(stem, i));
    b.service = {Exponential{mean_service_s}};
    return b;
}
TimelineEntry entry_of(Duration at, std::vector<std::string> targets, Change change,
                       std::optional<Duration> lasts = {}) {
    TimelineEntry e;
    e.name = "entry";
    e.at = at;
    e.lasts = lasts;
    e.targets = std::move(targets);
    e.change = std::move(change);
    return e;
}

// ---- Small random scenarios

/// Chooses everything that a scenario may say, at random.
class Author {
public:
    explicit Author(std::uint64_t seed) : rng_{seed} {}

    Scenario scenario() {
        Scenario s;
        s.seed = rng_();
        s.duration = 400ms;
        s.warmup = one_of({0ms, 0ms, 100ms});
        s.series_step = one_of({10ms, 50ms, 1ms});
        if (rng_.chance(0.3)) s.requests = static_cast<std::int64_t>(1 + rng_.below(150));
        if (rng_.chance(0.5)) s.drain = one_of({0ms, 50ms, 500ms});
        if (rng_.chance(0.3)) s.slo = Slo{.latency = ms(1 + rng_.below(50))};
        s.balancers.count = static_cast<std::int64_t>(1 + rng_.below(3));
        s.balancers.attempts = attempts();
        s.balancers.around.avoid_tried = static_cast<lb::AvoidTried>(rng_.below(4));
        if (rng_.chance(0.2)) s.balancers.connect_timeout = ms(1 + rng_.below(10));
        if (rng_.chance(0.5)) guard(s.balancers);
        for (auto n = 1 + rng_.below(2); n != 0; --n) s.backends.push_back(backends(s));
        if (rng_.chance(0.3)) behind(s);
        for (auto n = 1 + rng_.below(2); n != 0; --n) s.clients.push_back(clients());
        for (auto n = rng_.below(4); n != 0; --n) s.timeline.push_back(entry(s));
        for (auto n = rng_.below(3); n != 0; --n)
            s.windows.push_back({.name = "w", .from = ms(rng_.below(200)), .to = 300ms});
        return s;
    }
    /// The same with open loops only.
    Scenario open_scenario() {
        auto s = scenario();
        for (auto& c : s.clients)
            if (std::holds_alternative<Closed>(c.arrivals)) c.arrivals = Poisson{200};
        s.requests.reset();
        return s;
    }

private:
    static Duration ms(std::uint64_t n) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(n)};
    }
    Duration one_of(std::vector<Duration> values) { return values[rng_.below(values.size())]; }
    double between(double low, double high) { return low + (high - low) * rng_.unit(); }

    Distribution network() {
        switch (rng_.below(4)) {
            case 0: return {Constant{0.001}};
            case 1: return {Exponential{0.002}};
            default: return {};
        }
    }
    Distribution service() {
        switch (rng_.below(4)) {
            case 0: return {Constant{0.01}};
            case 1: return {Uniform{0, 0.02}};
            case 2: return {Pareto{0.003, 1.5}};
            default: return {Exponential{between(0.001, 0.03)}};
        }
    }
    Backends backends(const Scenario& s) {
        Backends b;
        const std::string stem = s.backends.empty() ? "a" : "b";
        for (auto n = 1 + rng_.below(4); n != 0; --n)
            b.members.push_back(lbtest::numbered(stem, n));
        b.weight = static_cast<double>(1 + rng_.below(3));
        if (rng_.chance(0.8)) b.workers.value = static_cast<std::int64_t>(1 + rng_.below(3));
        if (rng_.chance(0.4)) b.queue.value = static_cast<std::int64_t>(rng_.below(5));
        b.discipline = static_cast<Discipline>(rng_.below(3));
        b.service = service();
        b.network = network();
        if (rng_.chance(0.2)) b.connect = network();
        if (rng_.chance(0.2)) b.queue_timeout = ms(1 + rng_.below(20));
        b.cancellation = static_cast<Cancellation>(rng_.below(3));
        if (rng_.chance(0.2)) b.saturation = Saturation{1, 0.1};
        if (rng_.chance(0.2)) b.warm_up = WarmUp{4, 20, {}};
        if (rng_.chance(0.2)) b.max_in_flight.value = static_cast<std::int64_t>(1 + rng_.below(4));
        b.sessions = rng_.chance(0.2);
        if (rng_.chance(0.5)) b.probes = {rng_.chance(0.5), {Constant{0.001}}};
        if (rng_.chance(0.2)) b.errors = Error{.rate = between(0, 1)};
        return b;
    }
    /// Another tier, which the first group asks for what its caches lack.
    void behind(Scenario& s) {
        auto& front = s.backends.front();
        if (front.discipline == Discipline::Ps) return;
        Scenario other;
        use_policy(other, "p2c");
        auto& tier = s.behind.emplace_back(other.balancers);
        tier.name = "behind";
        tier.count = static_cast<std::int64_t>(1 + rng_.below(2));
        tier.attempts = attempts();
        if (rng_.chance(0.3)) guard(tier);
        auto group = backends(s);
        for (auto& name : group.members) name = "c" + name;
        group.tier = 1;
        s.backends.push_back(std::move(group));
        auto& asks = s.backends.front();
        if (rng_.chance(0.3)) {
            for (auto i = 1 + rng_.below(2); i-- != 0;)
                asks.calls.push_back(
                    {"behind", 1, static_cast<std::int64_t>(1 + rng_.below(4)),
                     rng_.chance(0.3) ? std::optional{ms(1 + rng_.below(30))} : std::nullopt});
            return;
        }
        auto& cache = asks.cache.emplace();
        cache.entries = static_cast<std::int64_t>(1 + rng_.below(20));
        cache.tier = 1;
        if (rng_.chance(0.3)) cache.timeout = ms(1 + rng_.below(30));
        cache.prefill = rng_.chance(0.3);
    }
    Arrivals arrivals() {
        switch (rng_.below(5)) {
            case 0: return ConstantRate{between(50, 500)};
            case 1: return Mmpp{{{0, 20ms}, {1000, 30ms}}};
            case 2: return Profile{{{0ms, 300}, {100ms, 0}, {200ms, 600}}};
            case 3:
                return Closed{static_cast<std::int64_t>(1 + rng_.below(8)),
                              rng_.chance(0.5) ? Distribution{} : service()};
            default: return Poisson{between(50, 500)};
        }
    }
    Clients clients() {
        Clients c;
        c.arrivals = arrivals();
        if (rng_.chance(0.5)) c.work = {Exponential{1}};
        if (rng_.chance(0.3)) c.keys = ZipfKeys{50, 1};
        if (rng_.chance(0.3)) c.keys = UniformKeys{10};
        if (rng_.chance(0.5)) c.timeout = ms(1 + rng_.below(60));
        c.network = network();
        c.deadline = c.timeout && rng_.chance(0.5);
        c.attempts = attempts();
        if (rng_.chance(0.2)) c.throttle = lb::ClientThrottle::Config{.k = 2, .window = ms(100)};
        return c;
    }
    /// Everything quick, so that it matters within half a second.
    void guard(Balancers& b) {
        auto& g = b.guard;
        if (rng_.chance(0.4)) {
            g.health_check.emplace();
            g.health_check->kind = static_cast<lb::HealthCheckConfig::Kind>(rng_.below(3));
            g.health_check->initial = static_cast<lb::HealthCheckConfig::Initial>(rng_.below(5));
            g.health_check->interval = ms(10 + rng_.below(30));
            g.health_check->interval_falling = g.health_check->interval_rising = ms(0);
            g.health_check->timeout = ms(1 + rng_.below(10));
            g.health_check->fall = static_cast<std::int64_t>(1 + rng_.below(2));
            g.health_check->reuse_connection = rng_.chance(0.5);
            g.health_check->on_down = static_cast<lb::HealthCheckConfig::OnDown>(rng_.below(2));
        }
        if (rng_.chance(0.3)) {
            g.passive_health.emplace();
            g.passive_health->rule = static_cast<lb::PassiveCount::Rule>(rng_.below(3));
            g.passive_health->whole_seconds = false;
            g.passive_health->server_errors = true;
            g.passive_health->fail_timeout = ms(30);
            g.passive_health->error_limit = 2;
        }
        if (rng_.chance(0.3)) {
            g.outlier_ejection.emplace();
            g.outlier_ejection->sweep_interval = g.outlier_ejection->base_ejection = ms(20);
            g.outlier_ejection->max_ejected_percent = 60;
            g.outlier_ejection->consecutive->server_error = 2;
        }
        if (rng_.chance(0.4)) {
            auto breaker = std::make_shared<lb::breaker::Config>();
            breaker->scope =
                rng_.chance(0.8) ? lb::breaker::Scope::Backend : lb::breaker::Scope::Cluster;
            breaker->trip.consecutive_failures = {2};
            breaker->trip.min_calls = 5;
            breaker->open.wait = ms(10);
            breaker->half_open.max_trials = 2;
            breaker->half_open.max_wait = ms(20);
            g.circuit_breaker = std::move(breaker);
        }
        if (rng_.chance(0.3))
            g.limits = lb::ResourceLimits::Config{.max_connections = {3},
                                                  .max_pending = {2},
                                                  .max_requests = {8},
                                                  .max_retries = {1},
                                                  .retry_budget = {}};
        if (rng_.chance(0.2)) b.queue_timeout = ms(5);
        if (rng_.chance(0.3)) b.around.pool.fail_open.emplace();
        if (rng_.chance(0.2)) g.admission.emplace();
    }
    Attempts attempts() {
        Attempts a;
        if (rng_.chance(0.3))
            a.retry = lb::Retry::Config{.attempts = static_cast<std::int64_t>(1 + rng_.below(4)),
                                        .backoff = one_of({0ms, 0ms, 2ms}),
                                        .on = "refused, reset, timeout, 500-599"};
        if (rng_.chance(0.2)) a.per_try = ms(1 + rng_.below(30));
        if (rng_.chance(0.2)) a.hedge = Hedge{ms(1 + rng_.below(20)), 2, rng_.chance(0.5)};
        if (rng_.chance(0.3)) a.budget = lb::RetryBudget::Config{.percent = 0.3, .min = 1};
        return a;
    }
    Change change(const Scenario& s) {
        switch (rng_.below(18)) {
            case 0:
                return Slow{between(0.5, 10),
                            {Constant{1e-3 * static_cast<double>(rng_.below(20))}}};
            case 1: return Hang{};
            case 2:
                return AddBackends{rng_.below(s.backends.size()), {lbtest::numbered("n", new_++)}};
            case 3: return RemoveBackends{};
            case 4: return DrainBackends{};
            case 5: return Reweight{between(0.5, 4)};
            case 6: return Error{.rate = 0.5, .latency = ms(1)};
            case 7: return Cut{.after = 0.5};
            case 8: return Capacity{.factor = 0.4};
            case 9: return Brownout{.dimmer = 0.5};
            case 10:
                return Leak{
                    .requests = 10,
                    .factor = 2,
                    .at_limit = rng_.chance(0.3) ? Leak::AtLimit::Slow : Leak::AtLimit::Crash,
                    .restart = 30ms};
            case 11:
                return NetworkFault{static_cast<NetworkFault::Direction>(rng_.below(3)),
                                    {Exponential{0.002}},
                                    rng_.chance(0.5) ? 0.1 : 1};
            case 12: return Restart{.drain = 10ms, .down = 30ms};
            case 14: return ProbeLie{.pass = 0.5};
            case 13: return Restart{.drain = 0ms, .down = 30ms, .batch = 2, .every = 10ms};
            default:
                return Crash{static_cast<Crash::Answer>(rng_.below(2)),
                             static_cast<Crash::InFlight>(rng_.below(3))};
        }
    }
    TimelineEntry entry(const Scenario& s) {
        TimelineEntry e;
        e.name = "e";
        e.at = ms(rng_.below(380));
        if (rng_.chance(0.6)) e.lasts = ms(1 + rng_.below(200));
        for (const auto& group : s.backends)
            for (const auto& name : group.members)
                if (rng_.chance(0.4)) e.targets.push_back(name);
        e.change = change(s);
        if (!is_fault(e.change)) e.lasts.reset();
        if (is_fault(e.change) && !std::holds_alternative<Leak>(e.change) && rng_.chance(0.3))
            e.repeat = Repeat{{Exponential{0.05}}, {Exponential{0.02}}, rng_.chance(0.5)};
        const bool some = std::holds_alternative<Slow>(e.change) ||
                          std::holds_alternative<Hang>(e.change) ||
                          std::holds_alternative<NetworkFault>(e.change);
        if (some && rng_.chance(0.3)) e.probability = 0.3;
        if (std::holds_alternative<Slow>(e.change) && rng_.chance(0.3)) e.ramp.in = 50ms;
        if (auto* hang = std::get_if<Hang>(&e.change); hang != nullptr && rng_.chance(0.3)) {
            hang->scope = Hang::Scope::New;
            if (rng_.chance(0.5)) hang->close_after = ms(1 + rng_.below(50));
        }
        if (auto* slow = std::get_if<Slow>(&e.change); slow != nullptr && rng_.chance(0.3))
            slow->add = {Exponential{0.001}};
        return e;
    }

    lb::Rng rng_;
    std::uint64_t new_ = 0;
};

/// Whether requests may make several attempts,
bool tries(const Scenario& s) {
    return s.balancers.attempts.any() ||
           std::any_of(s.clients.begin(), s.clients.end(),
                       [](const auto& c) { return c.attempts.any(); });
}
double as_ns(Duration d) { return static_cast<double>(std::max(d, Duration{1}).count()); }
/// and whether workers may be at work that are no longer there.
bool loses_workers(const Scenario& s) {
    return std::any_of(s.timeline.begin(), s.timeline.end(),
                       [](const auto& e) { return std::holds_alternative<Capacity>(e.change); });
}

// ---- Of every policy

class EveryRun : public testing::TestWithParam<std::string> {};

const std::uint64_t kScenarios = lbtest::times(300);

TEST_P(EveryRun, AccountsForEveryRequestInEverySegment) {
    for (std::uint64_t seed = 0; seed != kScenarios; ++seed) {
        auto s = Author{seed}.scenario();
        use_policy(s, GetParam());
        const auto run = simulate(s, 0);
        ASSERT_EQ(run.edges.size(), run.segments.size() + 1) << "seed " << seed;
        for (const auto& segment : run.segments) {
            const auto& o = segment.outcomes;
            ASSERT_EQ(o.offered, o.succeeded + o.failed + o.timed_out + o.rejected + o.unfinished)
                << "seed " << seed;
            ASSERT_EQ(segment.latency.count(), o.succeeded);
            ASSERT_LE(o.good, o.succeeded);
            if (!tries(s)) {
                ASSERT_LE(o.attempts + o.rejected, o.offered);  // Nobody tries twice.
            }
        }
        if (s.requests) {
            ASSERT_LE(run.all().outcomes.offered, static_cast<std::uint64_t>(*s.requests));
        }
    }
}

TEST_P(EveryRun, AddsUpOverItsBackendsAndOverTime) {
    for (std::uint64_t seed = 0; seed != kScenarios; ++seed) {
        auto s = Author{seed}.scenario();
        use_policy(s, GetParam());
        const auto run = simulate(s, 0);
        std::uint64_t offered = 0, good = 0, offered_in_steps = 0, good_in_steps = 0;
        Duration span{};
        for (const auto& segment : run.segments) {
            std::uint64_t attempts = 0, succeeded = 0;
            for (const auto& b : segment.backends) {
                ASSERT_LE(b.hits + b.misses, b.attempts) << "seed " << seed;
                ASSERT_LE(b.sessions_lost, b.attempts) << "seed " << seed;
                // What backends ask for is no client's.
                attempts += b.tier == 0 ? b.attempts : 0;
                succeeded += b.tier == 0 ? b.latency.count() : 0;
                // (Of a hedge the loser may fail or succeed after the winner.)
                ASSERT_LE(b.failed + b.latency.count(), b.attempts) << "seed " << seed;
                ASSERT_GE(b.in_flight_ns, 0);
                const auto& v = b.verdicts;
                ASSERT_LE(std::max(v.unfounded, v.repeated), v.exclusions) << "seed " << seed;
                ASSERT_EQ(v.exclusions == 0, v.first_excluded == Duration::max());
                ASSERT_EQ(v.readmissions == 0, v.last_readmitted == Duration::min());
                ASSERT_LE(v.failed_before, b.failed);
                ASSERT_LE(v.trials, b.attempts);
                for (const double part :
                     {v.left_out, v.excluded_ns / as_ns(segment.span),
                      v.spared_ns / as_ns(segment.span), v.open_ns / as_ns(segment.span)})
                    ASSERT_TRUE(part >= -1e-9 && part <= 1 + 1e-9) << "seed " << seed;
                if (!loses_workers(s)) {
                    ASSERT_LE(b.busy_ns, b.worker_ns * (1 + 1e-9)) << "seed " << seed;
                }
            }
            ASSERT_EQ(attempts, segment.outcomes.attempts) << "seed " << seed;
            ASSERT_EQ(succeeded, segment.outcomes.succeeded);
            offered += segment.outcomes.offered;
            good += segment.outcomes.good;
            span += segment.span;
        }
        for (const auto& step : run.series.steps) {
            offered_in_steps += step.offered;
            good_in_steps += step.good;
        }
        ASSERT_EQ(offered_in_steps, offered);
        ASSERT_EQ(good_in_steps, good);
        ASSERT_EQ(span, run.duration) << "seed " << seed;
        ASSERT_EQ(run.all().outcomes.offered, offered);
    }
}

// Whoever asks why a request went where it did is told of every member that it could not go to,
// and asking changes nothing.
TEST_P(EveryRun, ExplainsWhoCouldNotBePicked) {
    std::uint64_t explained = 0, excluded = 0;
    for (std::uint64_t seed = 0; seed != kScenarios / 3; ++seed) {
        auto s = Author{seed}.scenario();
        use_policy(s, GetParam());
        const auto silent = simulate(s, 0);
        s.explain = 1 + seed % 40;
        const auto run = simulate(s, 0);
        ASSERT_EQ(run.digest, silent.digest) << "seed " << seed;
        if (!run.explained || run.explained->members == 0) continue;
        const auto& e = *run.explained;
        ++explained;
        excluded += e.excluded.size();
        std::set<std::string> names;
        for (const auto& x : e.excluded) {
            ASSERT_FALSE(x.why.empty()) << "seed " << seed;
            ASSERT_TRUE(names.insert(x.backend).second) << "seed " << seed;
        }
        ASSERT_LE(names.size(), e.members);
        ASSERT_EQ(e.backend.empty(), !e.rejection.empty());
        if (e.rejection == words(lb::Rejection::AllExcluded)) {
            ASSERT_EQ(names.size(), e.members) << "seed " << seed;
        }
        if (e.backend.empty()) continue;
        ASSERT_EQ(names.count(e.backend), 0u) << "seed " << seed;
        ASSERT_TRUE(std::any_of(e.candidates.begin(), e.candidates.end(),
                                [&](const auto& c) { return c.backend == e.backend; }))
            << "seed " << seed;
        // A place on a ring may be that of somebody who is passed over; then it says so.
        for (const auto& c : e.candidates)
            ASSERT_TRUE(names.count(c.backend) == 0 || !c.note.empty()) << "seed " << seed;
    }
    EXPECT_GT(explained, kScenarios / 6);
    EXPECT_GT(excluded, 10u);
}

TEST_P(EveryRun, RepeatsItself) {
    for (std::uint64_t seed = 0; seed != kScenarios / 3; ++seed) {
        auto s = Author{seed}.scenario();
        use_policy(s, GetParam());
        const auto once = simulate(s, 3), again = simulate(s, 3);
        ASSERT_EQ(once.digest, again.digest);
        ASSERT_EQ(once.events, again.events);
        ASSERT_EQ(once.all().latency, again.all().latency);
        ASSERT_EQ(once.log.size(), again.log.size());
    }
}

TEST_P(EveryRun, DiffersFromReplicationToReplication) {
    Scenario s;
    s.duration = 1s;
    s.clients.push_back(clients_of(Poisson{200}));
    s.backends.push_back(backends_of("b", 2, 0.005));
    use_policy(s, GetParam());
    EXPECT_NE(simulate(s, 0).digest, simulate(s, 1).digest);
}

TEST_P(EveryRun, MeetsTheSameArrivalsAsUnderEveryOtherPolicy) {
    for (std::uint64_t seed = 0; seed != kScenarios / 3; ++seed) {
        auto s = Author{seed}.open_scenario(), other = s;
        use_policy(s, GetParam());
        use_policy(other, "random");
        const auto mine = simulate(s, 0), theirs = simulate(other, 0);
        ASSERT_EQ(mine.edges, theirs.edges);
        for (std::size_t i = 0; i != mine.segments.size(); ++i)
            ASSERT_EQ(mine.segments[i].outcomes.offered, theirs.segments[i].outcomes.offered);
        ASSERT_EQ(mine.series.steps.size(), theirs.series.steps.size());
        for (std::size_t i = 0; i != mine.series.steps.size(); ++i)
            ASSERT_EQ(mine.series.steps[i].offered, theirs.series.steps[i].offered);
    }
}

/// All that arrives does so early and is answered or given up long before the end, and nothing
/// fails: so all there is to know about time is in the measurements.
Scenario calm(std::uint64_t seed) {
    lb::Rng rng{seed};
    Scenario s;
    s.seed = seed;
    s.duration = 1000s;
    s.balancers.count = static_cast<std::int64_t>(1 + rng.below(3));
    Clients c;
    c.arrivals = Profile{{{0ms, 400}, {500ms, 0}}};
    c.keys = UniformKeys{1000};  // Else a policy of keys has but one to go by.
    if (rng.chance(0.5)) c.timeout = 30ms;
    s.clients.push_back(c);
    for (const char* stem : {"a", "b"}) {
        auto b = backends_of(stem, 2, 0.008);
        b.workers.value = static_cast<std::int64_t>(1 + rng.below(2));
        b.discipline = static_cast<Discipline>(rng.below(3));
        if (rng.chance(0.5)) b.network = {Exponential{0.001}};
        s.backends.push_back(b);
    }
    s.timeline = {entry_of(100ms, {}, AddBackends{0, {"new"}}),
                  entry_of(200ms, {"b0"}, RemoveBackends{}), entry_of(300ms, {"a1"}, Reweight{3})};
    return s;
}

// Little's law, exactly: the area under the requests in flight is the sum of the times that they
// were in flight, and those are what the clients waited.
TEST_P(EveryRun, ObeysLittlesLawToTheNanosecond) {
    for (std::uint64_t seed = 0; seed != 50; ++seed) {
        auto s = calm(seed);
        use_policy(s, GetParam());
        for (const bool faults : {false, true}) {
            if (faults) {
                s.timeline.push_back(
                    entry_of(310ms, {"a0", "b1"}, Slow{5, {Constant{0.001}}}, 50ms));
                s.timeline.push_back(entry_of(320ms, {"a1"}, Hang{}, 100ms));
            }
            const auto all = simulate(s, 0).all();
            const auto& o = all.outcomes;
            // A policy that fills the first keeps most waiting too long.
            const auto& entry = laws::entry_of(GetParam());
            ASSERT_GT(o.succeeded, entry.starves ? 0u : 20u);
            ASSERT_TRUE(o.rejected == 0 || entry.declines);
            ASSERT_EQ(o.offered, o.succeeded + o.timed_out + o.rejected);
            double in_flight_ns = 0;
            for (const auto& b : all.backends) in_flight_ns += b.in_flight_ns;
            const double waited_ns = all.latency.mean() * static_cast<double>(all.latency.count()) +
                                     static_cast<double>(o.timed_out) * 30e6;
            EXPECT_NEAR(in_flight_ns, waited_ns, 0.5) << "seed " << seed;
        }
    }
}

// Each service ends at a whole nanosecond, the nearest: so much may be missing, or too much.
TEST_P(EveryRun, KeepsItsWorkersBusyForJustTheServiceTheyGive) {
    for (std::uint64_t seed = 0; seed != 50; ++seed) {
        auto s = calm(seed);
        use_policy(s, GetParam());
        const auto all = simulate(s, 0).all();
        double busy_ns = 0;
        for (const auto& b : all.backends) busy_ns += b.busy_ns;
        const auto attempts = static_cast<double>(all.outcomes.attempts);
        EXPECT_NEAR(busy_ns, all.outcomes.service_ns, attempts) << "seed " << seed;
    }
}

// A feature that is listed but changes nothing leaves every event where it was.
TEST_P(EveryRun, IsUnchangedByFeaturesThatDoNothing) {
    for (std::uint64_t seed = 0; seed != 40; ++seed) {
        auto plain = Author{seed}.open_scenario();
        use_policy(plain, GetParam());
        std::vector<std::pair<std::string, Scenario>> same(5, {"", plain});
        same[0].first = "a fault that slows nothing";
        same[0].second.timeline.push_back(entry_of(100ms, {"a1"}, Slow{}, 50ms));
        same[1].first = "a window";
        same[1].second.windows.push_back({.name = "x", .from = 50ms, .to = 70ms});
        same[2].first = "clients that never come";
        same[2].second.clients.push_back(clients_of(Profile{{{0ms, 0}}}));
        same[3].first = "a group without backends";
        same[3].second.backends.push_back(backends_of("x", 0, 1));
        same[4].first = "a service level and a finer series";
        same[4].second.slo = Slo{.latency = 1ms};
        same[4].second.series_step = 1ms;
        const auto expected = simulate(plain, 0);
        for (const auto& [what, scenario] : same) {
            const auto run = simulate(scenario, 0);
            ASSERT_EQ(run.digest, expected.digest) << what << ", seed " << seed;
            ASSERT_EQ(run.all().latency, expected.all().latency) << what;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryRun, testing::ValuesIn(laws::names_of(laws::any)),
                         laws::test_name);

}  // namespace
