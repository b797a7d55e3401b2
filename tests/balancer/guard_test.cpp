#include "balancer/guard.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/policies.hpp"
#include "support/pool.hpp"
#include "support/times.hpp"

// Verdicts of checks, ejection, breakers and limits, as the balancer heeds them.

namespace {

using namespace lb;
using namespace std::chrono_literals;
using End = Response::End;

constexpr Response kOk{End::Complete, 200, 10ms, 10ms};
constexpr Response kBroken{End::Complete, 500, 10ms, 10ms};

/// Three backends, a guard and a balancer, and a clock.
struct Rig {
    Fleet fleet;
    std::vector<BackendId> ids;
    std::unique_ptr<Guard> guard;
    std::unique_ptr<Balancer> balancer;
    Instant now{};
    std::vector<HealthProbe> probes;

    explicit Rig(const Guard::Config& config, std::optional<FailOpen> fail_open = {}) {
        for (const char* name : {"a", "b", "c"}) ids.push_back(lbtest::join(fleet, name));
        guard = std::make_unique<Guard>(fleet, config, Rng{1}, now);
        Balancer::Config around;
        Defaults defaults;
        static const auto policies = builtin_policies();
        around.pool.level.policy = policies.find("round_robin")->configure(defaults);
        around.pool.fail_open = fail_open;
        balancer = std::make_unique<Balancer>(fleet, around, Rng{2}, now, guard.get());
        pass(0s);
    }
    /// Time passes; probes are answered at once, or never if it is nothing.
    template <class Answer>
    void pass(Duration d, Answer answer) {
        const Instant end = now + d;
        while (guard->next_due() <= end) {
            now = std::max(now, guard->next_due());
            guard->due(now, probes);
            for (const auto& probe : std::exchange(probes, {}))
                if (const std::optional<Response> response = answer(probe.to))
                    guard->answered(probe.to, probe.token, *response, now);
        }
        now = end;
    }
    void pass(Duration d) {
        pass(d, [](BackendId) { return std::optional{kOk}; });
    }
    Decision pick() { return balancer->pick({}, now); }
    /// Where a request goes that is answered so at once; nothing if it is rejected.
    std::optional<BackendId> send(const Response& response = kOk) {
        const auto decision = pick();
        const auto* ticket = std::get_if<Ticket>(&decision);
        if (ticket == nullptr) return std::nullopt;
        balancer->done(*ticket, response, now);
        return ticket->backend;
    }
    /// The first backend fails what it gets, until that excludes it.
    void fail_first_until(Exclusion why) {
        for (int i = 0; i != 1000 && !fleet.is_excluded(ids[0], why); ++i) {
            const auto ticket = std::get<Ticket>(pick());
            balancer->done(ticket, ticket.backend == ids[0] ? kBroken : kOk, now);
        }
        ASSERT_TRUE(fleet.is_excluded(ids[0], why));
    }
    Rejection rejected() { return std::get<Rejection>(pick()); }
    std::string log() {
        std::vector<Guard::Change> changes;
        guard->take_changes(changes);
        std::string out;
        for (const auto& c : changes)
            out += (out.empty() ? "" : ", ") +
                   (c.backend ? fleet.backend(*c.backend).name + ' ' : std::string{}) +
                   std::string{words(c.what)};
        return out;
    }
};

HealthCheckConfig checks() {
    HealthCheckConfig c;
    c.interval = 1s;
    c.timeout = 500ms;
    c.fall = 2;
    c.rise = 2;
    c.first_delay = HealthCheckConfig::FirstDelay::AtOnce;
    return c;
}

TEST(Guard, LeavesOutWhoFailsItsHealthChecksUntilTheyPass) {
    Rig rig{{.health_check = checks()}};
    const auto sick = [&](BackendId id) {
        return id == rig.ids[1] ? std::optional{kBroken} : std::optional{kOk};
    };
    rig.pass(2500ms, sick);
    EXPECT_EQ(rig.log(), "b unhealthy");
    EXPECT_TRUE(rig.fleet.is_excluded(rig.ids[1], Exclusion::Unhealthy));
    for (int i = 0; i != 10; ++i) EXPECT_NE(rig.send(), rig.ids[1]);
    rig.pass(5s);
    EXPECT_EQ(rig.log(), "b healthy");
    EXPECT_TRUE(rig.fleet.is_eligible(rig.ids[1]));
}

TEST(Guard, InPanicLeavesOutWhoDrainsOrIsDown) {
    const auto none = [](BackendId) { return std::optional{kBroken}; };
    Rig rig{{.health_check = checks()}, FailOpen{}};
    rig.pass(5s, none);
    const auto used = [&] {
        std::string names;
        for (int i = 0; i != 6; ++i)
            if (const auto to = rig.send()) names += rig.fleet.backend(*to).name;
        return names;
    };
    EXPECT_EQ(used().size(), 6u);
    rig.fleet.exclude(rig.ids[1], Exclusion::Draining, rig.now);
    EXPECT_EQ(used().find('b'), std::string::npos);
    rig.fleet.exclude(rig.ids[2], Exclusion::Down, rig.now);
    EXPECT_EQ(used(), "aaaaaa");
    rig.fleet.admit(rig.ids[1], Exclusion::Draining, rig.now);
    EXPECT_NE(used().find('b'), std::string::npos);
    // Who was taken out does not bring panic on: of the two others one is healthy.
    Rig drained{{}, FailOpen{}};
    drained.fleet.exclude(drained.ids[0], Exclusion::Draining, drained.now);
    drained.fleet.exclude(drained.ids[1], Exclusion::Unhealthy, drained.now);
    for (int i = 0; i != 6; ++i) EXPECT_EQ(drained.send(), drained.ids[2]);
}

TEST(Guard, LetsTheLoneOneInAgainWhenTheOthersLeave) {
    PassiveCount::Config rule;
    rule.server_errors = true;
    Rig rig{{.passive_health = rule}};
    rig.fleet.remove(rig.ids[2], rig.now);
    rig.fail_first_until(Exclusion::Failing);
    rig.fleet.remove(rig.ids[1], rig.now);
    EXPECT_LE(rig.guard->next_due(), rig.now);
    rig.pass(0s);
    EXPECT_TRUE(rig.fleet.is_eligible(rig.ids[0]));
    EXPECT_EQ(rig.send(), rig.ids[0]);
}

TEST(Guard, ReadmitsNobodyForAnAnswerThatComesTooLate) {
    auto slow = checks();
    slow.fall = 3;
    OutlierRules rules;
    rules.max_ejected_percent = 100;
    Rig rig{{.health_check = slow, .outlier_ejection = rules}};
    const auto& a = rig.ids[0];
    rig.fail_first_until(Exclusion::Ejected);
    rig.log();
    std::vector<HealthProbe> late;
    for (int i = 0; i != 2; ++i) {
        rig.now = std::max(rig.now, rig.guard->next_due());
        rig.guard->due(rig.now, late);
    }
    std::erase_if(late, [&](const HealthProbe& probe) { return probe.to != a; });
    ASSERT_FALSE(late.empty());
    rig.now = late.front().until;
    rig.guard->due(rig.now, rig.probes);
    EXPECT_FALSE(rig.guard->answered(a, late.front().token, kOk, rig.now));
    EXPECT_EQ(rig.log(), "");
    EXPECT_TRUE(rig.fleet.is_excluded(a, Exclusion::Ejected));
}

TEST(Guard, ShedsNoneThatItAdmittedBefore) {
    Rig rig{{.admission = AdmissionControl::Config{}}};
    for (int i = 0; i != 200; ++i) rig.send(kBroken);
    int shed = 0;
    const auto is_shed = [](const Decision& decision) {
        const auto* why = std::get_if<Rejection>(&decision);
        return why != nullptr && *why == Rejection::Shed;
    };
    for (int i = 0; i != 100; ++i) {
        shed += is_shed(rig.balancer->pick({}, rig.now));
        EXPECT_FALSE(is_shed(rig.balancer->pick({.admitted = true}, rig.now)));
    }
    EXPECT_GT(shed, 0);
}

TEST(Guard, TakesSilenceForAFailure) {
    Rig rig{{.health_check = checks()}};
    rig.pass(5s,
             [&](BackendId id) { return id == rig.ids[0] ? std::nullopt : std::optional{kOk}; });
    EXPECT_EQ(rig.log(), "a unhealthy");
}

TEST(Guard, RejectsWhenNobodyIsHealthyOrFailsOpen) {
    const auto none = [](BackendId) { return std::optional{kBroken}; };
    Rig closed{{.health_check = checks()}};
    closed.pass(5s, none);
    EXPECT_EQ(closed.rejected(), Rejection::AllExcluded);
    Rig open{{.health_check = checks()}, FailOpen{}};
    open.pass(5s, none);
    EXPECT_TRUE(open.send().has_value());
    // One of three is less than half.
    Rig partly{{.health_check = checks()}, FailOpen{}};
    partly.pass(5s, [&](BackendId id) {
        return id == partly.ids[0] ? std::optional{kOk} : std::optional{kBroken};
    });
    std::vector<bool> used(3);
    for (int i = 0; i != 9; ++i) used[index(*partly.send())] = true;
    EXPECT_EQ(used, std::vector<bool>(3, true));
}

TEST(Guard, ChecksWhoJoinsBeforeItIsUsedIfToldSo) {
    auto config = checks();
    config.initial = HealthCheckConfig::Initial::Checking;
    Rig rig{{.health_check = config}};
    const auto d = lbtest::join(rig.fleet, "d", 1, rig.now);
    EXPECT_LE(rig.guard->next_due(), rig.now);
    rig.pass(0s, [&](BackendId) { return std::optional<Response>{}; });
    for (int i = 0; i != 10; ++i) EXPECT_NE(rig.send(), d);
    rig.pass(3s);
    bool used = false;
    for (int i = 0; i != 10; ++i) used = used || rig.send() == d;
    EXPECT_TRUE(used);
}

TEST(Guard, LeavesOutWhoFailsTooManyRequests) {
    PassiveCount::Config passive;
    passive.rule = PassiveCount::Rule::Consecutive;
    passive.error_limit = 3;
    passive.fail_timeout = 5s;
    Rig rig{{.passive_health = passive}};
    const auto answer = [&] {
        const auto decision = rig.pick();
        const auto& ticket = std::get<Ticket>(decision);
        rig.balancer->done(ticket, ticket.backend == rig.ids[2] ? kBroken : kOk, rig.now);
        return ticket.backend;
    };
    for (int i = 0; i != 9; ++i) answer();
    EXPECT_EQ(rig.log(), "c ejected");
    for (int i = 0; i != 9; ++i) EXPECT_NE(answer(), rig.ids[2]);
    rig.pass(6s);
    EXPECT_EQ(rig.log(), "c readmitted");
}

TEST(Guard, EjectsOutliers) {
    OutlierRules rules;
    rules.max_ejected_percent = 50;
    Rig rig{{.outlier_ejection = rules}};
    for (int i = 0; i != 60; ++i) {
        const auto decision = rig.pick();
        const auto& ticket = std::get<Ticket>(decision);
        rig.balancer->done(ticket, ticket.backend == rig.ids[0] ? kBroken : kOk, rig.now);
    }
    EXPECT_EQ(rig.log(), "a ejected");
    EXPECT_TRUE(rig.fleet.is_excluded(rig.ids[0], Exclusion::Ejected));
    rig.pass(41s);
    EXPECT_EQ(rig.log(), "a readmitted");
}

std::shared_ptr<breaker::Config> breaker_config() {
    auto c = std::make_shared<breaker::Config>();
    c->trip.consecutive_failures = {3};
    c->trip.failure_rate.reset();
    c->open.wait = 2s;
    c->open.backoff.jitter = 0;
    c->half_open.max_trials = 2;
    return c;
}

TEST(Guard, OpensACircuitTriesAndClosesIt) {
    Rig rig{{.circuit_breaker = breaker_config()}};
    for (int i = 0; i != 9; ++i) {
        const auto decision = rig.pick();
        const auto& ticket = std::get<Ticket>(decision);
        rig.balancer->done(ticket, ticket.backend == rig.ids[1] ? kBroken : kOk, rig.now);
    }
    EXPECT_EQ(rig.log(), "b circuit opened");
    for (int i = 0; i != 9; ++i) EXPECT_NE(rig.send(), rig.ids[1]);
    rig.pass(2s);
    EXPECT_EQ(rig.log(), "b circuit half-open");
    // Two trials, and nobody else while they are out.
    std::vector<Ticket> out;
    for (int i = 0; i != 12; ++i) out.push_back(std::get<Ticket>(rig.pick()));
    std::size_t trials = 0;
    for (const auto& t : out) trials += t.backend == rig.ids[1] ? 1 : 0;
    EXPECT_EQ(trials, 2u);
    for (const auto& t : out) rig.balancer->done(t, kOk, rig.now);
    EXPECT_EQ(rig.log(), "b circuit closed");
    EXPECT_TRUE(rig.fleet.is_eligible(rig.ids[1]));
}

TEST(Guard, RejectsWhileTheCircuitOfAllIsOpen) {
    auto config = breaker_config();
    config->scope = breaker::Scope::Cluster;
    Rig rig{{.circuit_breaker = config}};
    for (int i = 0; i != 3; ++i) rig.send(kBroken);
    EXPECT_EQ(rig.rejected(), Rejection::Open);
    rig.now += 2s;
    EXPECT_TRUE(rig.send().has_value());
    EXPECT_TRUE(rig.send().has_value());
    EXPECT_EQ(rig.log(), "circuit opened, circuit half-open, circuit closed");
}

TEST(Guard, LimitsWhatIsUnderWay) {
    ResourceLimits::Config limits;
    limits.max_requests = {2};
    Rig rig{{.limits = limits}};
    const auto one = std::get<Ticket>(rig.pick()), two = std::get<Ticket>(rig.pick());
    EXPECT_EQ(rig.rejected(), Rejection::Limited);
    rig.balancer->done(one, kOk, rig.now);
    EXPECT_TRUE(rig.send().has_value());
    rig.balancer->done(two, kOk, rig.now);
}

TEST(Guard, LeavesARequestToWaitForAConnection) {
    ResourceLimits::Config limits;
    limits.max_connections = {1};
    limits.max_pending = {1};
    Rig rig{{.limits = limits}};
    EXPECT_FALSE(rig.guard->waits());
    const auto one = std::get<Ticket>(rig.pick());
    EXPECT_TRUE(rig.guard->waits());
    rig.guard->on_waiting(true);
    EXPECT_FALSE(rig.guard->waits());  // There is but one place.
    EXPECT_FALSE(rig.guard->connects());
    rig.balancer->done(one, kOk, rig.now);
    EXPECT_TRUE(rig.guard->connects());
    rig.guard->on_waiting(false);
}

TEST(Guard, ForgetsWhoLeavesWithWhateverIsUnderWay) {
    Guard::Config config{.health_check = checks(), .circuit_breaker = breaker_config()};
    config.outlier_ejection.emplace();
    config.passive_health.emplace();
    Rig rig{config};
    std::vector<Ticket> out;
    for (int i = 0; i != 3; ++i) out.push_back(std::get<Ticket>(rig.pick()));
    for (const auto id : rig.ids) rig.fleet.remove(id, rig.now);
    for (const auto& t : out) rig.balancer->done(t, kBroken, rig.now);
    EXPECT_EQ(rig.rejected(), Rejection::NoBackends);
    rig.pass(10s);
    const auto d = lbtest::join(rig.fleet, "d", 1, rig.now);
    rig.pass(1s);
    EXPECT_EQ(rig.send(), d);
    EXPECT_EQ(rig.log(), "");
}

// Anything may happen in any order; whoever works in the end is used in the end.
TEST(Guard, ExcludesNobodyForEverWhoWorks) {
    for (std::uint64_t seed = 0; seed != lbtest::times(200); ++seed) {
        Rng rng{seed};
        Guard::Config config;
        if (rng.chance(0.5)) config.health_check = checks();
        if (rng.chance(0.5)) config.passive_health.emplace();
        if (rng.chance(0.5)) config.outlier_ejection.emplace();
        if (rng.chance(0.7)) config.circuit_breaker = breaker_config();
        Rig rig{config, rng.chance(0.5) ? std::optional{FailOpen{}} : std::nullopt};
        std::vector<Ticket> out;
        const auto anything = [&](BackendId) -> std::optional<Response> {
            if (rng.chance(0.3)) return std::nullopt;
            return rng.chance(0.5) ? kOk : kBroken;
        };
        for (int i = 0; i != 300; ++i) {
            switch (rng.below(4)) {
                case 0: rig.pass(std::chrono::milliseconds{rng.below(2000)}, anything); break;
                case 1:
                    if (out.empty()) break;
                    rig.balancer->done(out.back(), rng.chance(0.5) ? kOk : kBroken, rig.now);
                    out.pop_back();
                    break;
                default: {
                    const auto decision = rig.pick();
                    if (const auto* t = std::get_if<Ticket>(&decision)) out.push_back(*t);
                }
            }
        }
        for (const auto& t : out) rig.balancer->done(t, kOk, rig.now);
        for (int i = 0; i != 900; ++i) {  // No ejection lasts longer than 300 s.
            rig.pass(1s);
            for (int k = 0; k != 6; ++k) rig.send();
        }
        for (const auto id : rig.ids) EXPECT_TRUE(rig.fleet.is_eligible(id)) << "seed " << seed;
    }
}

}  // namespace
