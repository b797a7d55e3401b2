#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/scenarios.hpp"

// Health checks, breakers and limits in a world: how probes travel, what they meet at backends, and
// what is left in the log.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;
using lbtest::entry;
using Kind = lb::HealthCheckConfig::Kind;

/// Two backends under checks every second, at whole seconds, and ten requests a second.
Scenario checked(Kind kind, const Change& change) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{10}, {Constant{0.01}});
    s.backends[0].workers = {4};
    s.duration = 20s;
    s.clients[0].timeout = 1s;
    lb::HealthCheckConfig check;
    check.kind = kind;
    check.interval = 1s;
    check.interval_falling = check.interval_rising = 0s;
    check.timeout = 400ms;
    check.fall = check.rise = 2;
    check.jitter_fraction = 0;
    check.first_delay = lb::HealthCheckConfig::FirstDelay::AtOnce;
    check.schedule = lb::HealthCheckConfig::Schedule::FixedRate;
    s.balancers.guard.health_check = check;
    s.timeline = {entry(4500ms, {"b0"}, change, 6s)};
    return s;
}
std::string verdicts(const Scenario& s) {
    std::string out;
    for (const auto& l : simulate(s, 0).log) {
        if (l.balancer.empty()) continue;
        out += (out.empty() ? "" : ", ") + l.backend + ' ' + l.what + " at " +
               std::to_string(l.at / 1ms);
    }
    return out;
}

TEST(Checks, FindOutWhatTheirKindCan) {
    // The second failure in a row is the probe at 6 s; a silent one is over 0.4 s later.
    const struct {
        Kind kind;
        Change change;
        std::string log;
    } cases[] = {
        {Kind::Tcp, Crash{}, "b0 unhealthy at 6000, b0 healthy at 12000"},
        {Kind::Http, Crash{}, "b0 unhealthy at 6000, b0 healthy at 12000"},
        {Kind::Tcp, Crash{.answer = Crash::Answer::Drop},
         "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Tcp, Hang{}, ""},
        {Kind::Http, Hang{}, "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Http, Error{}, ""},
        {Kind::Http, Error{.probes = true}, "b0 unhealthy at 6000, b0 healthy at 12000"},
        {Kind::App, Error{}, "b0 unhealthy at 6000, b0 healthy at 12000"},
        {Kind::Http, NetworkFault{.loss = 1}, "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Http, NetworkFault{.latency = {Constant{0.3}}},
         "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Http, NetworkFault{.latency = {Constant{0.1}}}, ""},
        {Kind::Http, ProbeLie{.pass = 0}, "b0 unhealthy at 6000, b0 healthy at 12000"},
    };
    for (std::size_t i = 0; i != std::size(cases); ++i)
        EXPECT_EQ(verdicts(checked(cases[i].kind, cases[i].change)), cases[i].log) << i;
}

TEST(Checks, BelieveALie) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline.push_back(entry(4500ms, {"b0"}, ProbeLie{}, 6s));
    EXPECT_EQ(verdicts(s), "");
}

TEST(Checks, MayWaitInTheQueueAndThenTellOfLoad) {
    auto s = checked(Kind::Http, Slow{.factor = 100});
    EXPECT_EQ(verdicts(s), "");
    // Five requests a second take a second each, in four workers.
    s.backends[0].probes.queues = true;
    s.backends[0].probes.service = {Constant{0.001}};
    s.balancers.guard.health_check->timeout = 100ms;
    EXPECT_EQ(verdicts(s).substr(0, 12), "b0 unhealthy");
}

TEST(Checks, AreSentByEachWhoKnowsByItself) {
    auto s = checked(Kind::Tcp, Crash{});
    s.timeline.clear();
    // At 1 s to 19 s: that of the beginning comes before anything is measured.
    EXPECT_EQ(lbtest::run(s).outcomes.probes, 2 * 19u);
    s.balancers.count = 3;
    EXPECT_EQ(lbtest::run(s).outcomes.probes, 3 * 2 * 19u);
    s.balancers.workers = 4;
    EXPECT_EQ(lbtest::run(s).outcomes.probes, 3 * 4 * 2 * 19u);
    s.balancers.share = Balancers::Share::Envoy;
    EXPECT_EQ(lbtest::run(s).outcomes.probes, 3 * 2 * 19u);
}

TEST(Verdicts, StandInTheLogWithWhoseTheyAreAndWhatIsWrongThere) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline[0].name = "gone";
    s.balancers.count = 2;
    s.balancers.workers = 2;
    std::string out;
    for (const auto& l : simulate(s, 0).log)
        if (l.what == "unhealthy") out += l.balancer + ' ' + l.why + ' ' + l.cause + "; ";
    const std::string why = " no connection for a probe gone; ";
    EXPECT_EQ(out, "lb0.0" + why + "lb0.1" + why + "lb1.0" + why + "lb1.1" + why);
}

TEST(Verdicts, AreCountedWithTheTimeThatTheyHeld) {
    const auto tally = lbtest::run(checked(Kind::Http, Crash{}));
    EXPECT_EQ(tally.backends[0].exclusions, 1u);
    EXPECT_EQ(tally.backends[0].first_excluded, 6s);
    EXPECT_EQ(tally.backends[0].excluded_ns, 6e9);
    EXPECT_EQ(tally.backends[1].exclusions, 0u);
}

TEST(Limits, LetRequestsWaitForAConnection) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n0,1\n"};
    auto s = lbtest::fleet(2, "round_robin", trace.arrivals(), {Constant{1}});
    s.backends[0].workers = {};
    s.duration = 20s;
    s.balancers.guard.limits = lb::ResourceLimits::Config{.max_connections = {1},
                                                          .max_pending = {2},
                                                          .max_requests = {},
                                                          .max_retries = {},
                                                          .retry_budget = {}};
    auto tally = lbtest::run(s);
    EXPECT_EQ(lbtest::total_latency(tally.latency), 1s + 2s + 3s);
    EXPECT_EQ(tally.outcomes.rejected, 1u);
    s.balancers.queue_timeout = 1500ms;
    tally = lbtest::run(s);
    EXPECT_EQ(lbtest::total_latency(tally.latency), 1s + 2s);
    EXPECT_EQ(tally.outcomes.rejected, 2u);
    EXPECT_EQ(tally.outcomes.rejections[static_cast<std::size_t>(lb::Rejection::Limited)], 2u);
    s.balancers.queue_timeout.reset();
    s.clients[0].timeout = 1500ms;
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.timed_out, 2u);
    EXPECT_EQ(tally.outcomes.rejected, 1u);
}

TEST(Limits, HoldForRetriesToo) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{10}, {Constant{0.5}});
    s.backends[0].workers = {};
    s.duration = 20s;
    s.timeline = {entry(0s, {"b0", "b1"}, Error{})};
    s.balancers.attempts.retry = lb::Retry::Config{.attempts = 3, .backoff = 0ns, .on = "500"};
    s.balancers.guard.limits = lb::ResourceLimits::Config{.max_connections = {},
                                                          .max_pending = {},
                                                          .max_requests = {},
                                                          .max_retries = {0},
                                                          .retry_budget = {}};
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, lbtest::run(s).outcomes.offered);
}

}  // namespace
