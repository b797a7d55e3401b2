#include <gtest/gtest.h>

#include <algorithm>
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
        {Kind::Tcp, Hang{.scope = Hang::Scope::New}, ""},
        {Kind::Http, Hang{.scope = Hang::Scope::New}, "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Http, Hang{.scope = Hang::Scope::New, .close_after = 100ms},
         "b0 unhealthy at 6100, b0 healthy at 12000"},
        {Kind::Http, Slow{.add = {Uniform{0.5, 0.5}}}, "b0 unhealthy at 6400, b0 healthy at 12000"},
        {Kind::Http, Slow{.add = {Uniform{0.3, 0.3}}}, ""},
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

// Of five requests a second, served in a second, there are always some.
TEST(Checks, FeelThatABackendIsSaturatedAlsoBesideTheQueue) {
    auto s = checked(Kind::Http, Slow{.factor = 100});
    s.backends[0].probes.service = {Constant{0.0005}};
    s.backends[0].saturation = Saturation{.beyond = 2, .factor = 1};
    EXPECT_EQ(verdicts(s), "");
    s.backends[0].probes.service = {Constant{0.3 / 100}};  // Alone 0.3 s.
    EXPECT_EQ(verdicts(s).substr(0, 12), "b0 unhealthy");
    s.backends[0].saturation.reset();
    EXPECT_EQ(verdicts(s), "");
}

// Hung from 4.5 s on, b0 is found down at 6.4 s: what it had got by then waits for its clients'
// patience of 1 s, or is cut off.
TEST(Checks, MayCloseWhatIsInFlightWhenABackendGoesDown) {
    auto s = checked(Kind::Http, Hang{});
    auto o = lbtest::run(s).outcomes;
    const auto lost = o.timed_out;
    EXPECT_GE(lost, 9u);
    EXPECT_EQ(o.failed, 0u);
    s.balancers.guard.health_check->on_down = lb::HealthCheckConfig::OnDown::CloseInFlight;
    o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.failed, 5u);  // Those of the last second.
    EXPECT_EQ(o.timed_out + o.failed, lost);
    s.balancers.attempts.retry = {.attempts = 2, .backoff = 0ns, .on = "reset"};
    o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.failed, 0u);
    EXPECT_EQ(o.timed_out, lost - 5);
}

TEST(Checks, OpenAConnectionFirstUnlessTheyHaveOne) {
    auto s = checked(Kind::Http, Crash{});
    s.backends[0].connect = {Constant{0.05}};
    // The refused probe of 5 s has lost the connection; that of 11 s opened one.
    EXPECT_EQ(verdicts(s), "b0 unhealthy at 6050, b0 healthy at 12000");
    s.balancers.guard.health_check->reuse_connection = false;
    EXPECT_EQ(verdicts(s), "b0 unhealthy at 6050, b0 healthy at 12050");
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

TEST(Verdicts, AreLaidToAllThatIsWrongThereAlsoToARestart) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline[0].name = "gone";
    s.timeline.push_back(entry(5s, {"b0"}, Slow{2}, 8s));
    s.timeline.push_back(entry(11s, {"b1"}, Restart{.drain = 1s, .down = 4s}));
    s.timeline[1].name = "busy";
    s.timeline[2].name = "deploy";
    std::string out;
    for (const auto& l : simulate(s, 0).log)
        if (l.what == "unhealthy") out += l.backend + ": " + l.cause + "; ";
    EXPECT_EQ(out, "b0: gone, busy; b1: deploy; ");
}

// b0 is unhealthy from 6 s to 12 s, b1 from 8 s to 14 s: when both are, both are used.
TEST(Verdicts, AreOverriddenWhereSoFewAreHealthy) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline.push_back(entry(6500ms, {"b1"}, Crash{}, 6s));
    s.balancers.around.pool.fail_open = lb::FailOpen{};
    std::string out;
    for (const auto& l : simulate(s, 0).log)
        if (l.what.starts_with("panic"))
            out +=
                std::to_string(l.at / 1s) + ' ' + l.balancer + ' ' + l.what + ": " + l.why + "; ";
    EXPECT_EQ(out,
              "8 lb0 panic: too few are healthy: all are used; "
              "12 lb0 panic ended: enough are healthy; ");
    // So nobody is spared meanwhile, and each is for the 2 s when the other is well.
    const auto tally = lbtest::run(s);
    for (const auto& b : tally.backends) {
        EXPECT_EQ(b.verdicts.excluded_ns, 6e9);
        EXPECT_EQ(b.verdicts.spared_ns, 2e9);
    }
    EXPECT_EQ(tally.outcomes.panic_ns, 4e9);
    s.windows = {{"within", 9s, 11s}};
    EXPECT_EQ(simulate(s, 0).over(9s, 11s).outcomes.panic_ns, 2e9);
    s.balancers.around.pool.fail_open.reset();
    EXPECT_EQ(lbtest::run(s).outcomes.panic_ns, 0);
}

TEST(Verdicts, AreCountedWithTheTimeThatTheyHeld) {
    const auto tally = lbtest::run(checked(Kind::Http, Crash{}));
    EXPECT_EQ(tally.backends[0].verdicts.exclusions, 1u);
    EXPECT_EQ(tally.backends[0].verdicts.first_excluded, 6s);
    EXPECT_EQ(tally.backends[0].verdicts.excluded_ns, 6e9);
    EXPECT_EQ(tally.backends[1].verdicts.exclusions, 0u);
}

// Out from 6 s to 12 s; the fault ends at 10.5 s.
TEST(Verdicts, SayWhenABackendIsLetBackIn) {
    const auto all = simulate(checked(Kind::Http, Crash{}), 0);
    const auto whole = all.all().backends[0].verdicts;
    EXPECT_EQ(whole.readmissions, 1u);
    EXPECT_EQ(whole.last_readmitted, 12s);
    EXPECT_EQ(whole.left_out, 0);
    EXPECT_EQ(whole.unfounded, 0u);
    EXPECT_EQ(whole.repeated, 0u);
    // Of the requests at 4.5 s, 4.6 s … 5.9 s every second one goes there.
    EXPECT_EQ(whole.failed_before, 8u);
    const auto during = all.over(4500ms, 10500ms).backends[0].verdicts;
    EXPECT_EQ(during.left_out, 1);
    EXPECT_EQ(during.readmissions, 0u);
    EXPECT_EQ(during.excluded_ns, 4.5e9);
    const auto after = all.over(10500ms, 20s).backends[0].verdicts;
    EXPECT_EQ(after.exclusions, 0u);
    EXPECT_EQ(after.last_readmitted, 12s);
    EXPECT_EQ(after.excluded_ns, 1.5e9);
    EXPECT_EQ(after.left_out, 0);
}

TEST(Verdicts, AreRepeatedIfTheSameBalancerComesToThemAgain) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline.push_back(entry(14500ms, {"b0"}, Crash{}, 2s));
    const auto v = simulate(s, 0).all().backends[0].verdicts;
    EXPECT_EQ(v.exclusions, 2u);
    EXPECT_EQ(v.repeated, 1u);
    EXPECT_EQ(v.unfounded, 0u);
    EXPECT_EQ(v.left_out, 0);
}

// Probes that lie are a fault, but a service that is always slower than probes may take is none.
TEST(Verdicts, AreUnfoundedIfNothingIsWrong) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline.clear();
    s.backends[0].probes.service = {Constant{0.5}};
    const auto v = simulate(s, 0).all().backends[0].verdicts;
    EXPECT_EQ(v.exclusions, 1u);
    EXPECT_EQ(v.unfounded, 1u);
    EXPECT_EQ(v.left_out, 1);
}

TEST(Verdicts, EndWithMembership) {
    auto s = checked(Kind::Http, Crash{});
    s.timeline.push_back(entry(8s, {"b0"}, RemoveBackends{}));
    const auto v = simulate(s, 0).all().backends[0].verdicts;
    EXPECT_EQ(v.excluded_ns, 2e9);
    EXPECT_EQ(v.left_out, 0);
}

/// A circuit that five failures in a row open for 5 s and one trial closes, while both backends
/// fail from 4.5 s to 12.5 s.
Scenario broken(lb::breaker::Scope scope) {
    auto s = checked(Kind::Http, Error{});
    s.timeline[0].targets = {"b0", "b1"};
    s.timeline[0].lasts = 8s;
    s.balancers.guard.health_check.reset();
    lb::breaker::Config breaker;
    breaker.scope = scope;
    breaker.trip.failure_rate.reset();
    breaker.open.backoff.kind = lb::breaker::Backoff::Kind::Constant;
    breaker.open.backoff.jitter = 0;
    breaker.half_open.max_trials = 1;
    s.balancers.guard.circuit_breaker = std::make_shared<const lb::breaker::Config>(breaker);
    return s;
}

// Five failures take a second; some 5 s later it is tried, too early, and again 5 s later.
TEST(Verdicts, TellHowLongCircuitsAreOpenAndWhatTriesThem) {
    const auto tally = lbtest::run(broken(lb::breaker::Scope::Backend));
    for (const auto& b : tally.backends) {
        EXPECT_EQ(b.verdicts.trials, 2u);
        EXPECT_NEAR(b.verdicts.open_ns * 1e-9, 10.2, 0.2);
        EXPECT_LE(b.verdicts.excluded_ns, b.verdicts.open_ns);
        EXPECT_EQ(b.verdicts.failed_before, 5u);
    }
    EXPECT_EQ(tally.outcomes.open_ns, 0);
}

TEST(Verdicts, OfACircuitOfAllBackendsAreNoneOfABackend) {
    const auto tally = lbtest::run(broken(lb::breaker::Scope::Cluster));
    EXPECT_NEAR(tally.outcomes.open_ns * 1e-9, 10.1, 0.2);
    const auto refused = static_cast<std::size_t>(lb::Rejection::Open);
    EXPECT_NEAR(static_cast<double>(tally.outcomes.rejections[refused]), 100, 2);
    std::uint64_t trials = 0;
    for (const auto& b : tally.backends) {
        EXPECT_EQ(b.verdicts.open_ns, 0);
        EXPECT_EQ(b.verdicts.exclusions, 0u);
        trials += b.verdicts.trials;
    }
    EXPECT_EQ(trials, 2u);
}

// It opens and closes all the time.
TEST(Verdicts, OfTheWarmUpAreNotCounted) {
    auto s = broken(lb::breaker::Scope::Cluster);
    s.timeline.clear();
    s.backends[0].errors = Error{.rate = 0.6};
    s.warmup = 500s;
    const auto tally = lbtest::run(s);
    EXPECT_GT(tally.outcomes.open_ns, 0);
    EXPECT_LE(tally.outcomes.open_ns, static_cast<double>(tally.span.count()));
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

/// One backend that takes one at a time; how long the client of each request waited, in order.
Scenario one_at_a_time(const CsvTrace& trace) {
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.backends[0].max_in_flight = {1};
    s.balancers.queue_timeout = 10s;
    return s;
}

TEST(Limits, LetRequestsWaitForABackendThatIsFull) {
    const CsvTrace trace{"0,3\n1,1\n2,1\n"};
    auto s = one_at_a_time(trace);
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 3u);
    EXPECT_EQ(lbtest::total_latency(tally.latency), 3s + 3s + 3s);  // Until 3 s, 4 s, 5 s.
    EXPECT_EQ(tally.backends[0].queue_max, 0u);                     // They wait elsewhere.
    s.balancers.queue_timeout = 2500ms;  // From 2 s on the third waits for 2 s only.
    EXPECT_EQ(lbtest::run(s).outcomes.succeeded, 3u);
    s.balancers.queue_timeout = 1900ms;  // The second would wait for 2 s.
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 2u);
    EXPECT_EQ(tally.outcomes.rejections[static_cast<std::size_t>(lb::Rejection::AllFull)], 1u);
    s.balancers.queue_timeout.reset();  // Nobody waits.
    EXPECT_EQ(lbtest::run(s).outcomes.rejected, 2u);
    s.balancers.queue_timeout = 10s;
    // Who joins is a backend for whoever waits.
    s.timeline = {entry(1500ms, {}, AddBackends{.group = 0, .members = {"b1"}})};
    EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 3s + 1500ms + 1500ms);
}

TEST(Limits, LetNobodyWaitBeyondThemForABackend) {
    const CsvTrace trace{"0,3\n1,1\n2,1\n"};
    auto s = one_at_a_time(trace);
    s.balancers.guard.limits = lb::ResourceLimits::Config{.max_connections = {},
                                                          .max_pending = {1},
                                                          .max_requests = {},
                                                          .max_retries = {},
                                                          .retry_budget = {}};
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 2u);
    EXPECT_EQ(tally.outcomes.rejections[static_cast<std::size_t>(lb::Rejection::AllFull)], 1u);
}

TEST(Limits, KeepTheOrderOfThoseWhoWait) {
    // Retries and routes take other ways to the backend, and must not pass.
    const CsvTrace trace{"0,2\n0.1,1\n0.2,1\n0.3,1\n"};
    for (const bool retries : {false, true}) {
        auto s = one_at_a_time(trace);
        if (retries) s.balancers.attempts.retry = lb::Retry::Config{};
        EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 2s + 2900ms + 3800ms + 4700ms);
    }
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

// One request in twenty seconds, so that probes which a hung backend holds are as many as all that
// is to come.
TEST(HealthCheck, DoesNotStopTheWorldWithProbesThatABackendHolds) {
    for (const auto discipline : {Discipline::Fifo, Discipline::Lifo, Discipline::Ps}) {
        auto s = lbtest::fleet(2, "round_robin", ConstantRate{0.05}, {Constant{0.001}});
        s.duration = 200s;
        s.backends[0].discipline = discipline;
        s.backends[0].probes = {true, {Constant{0.001}}};
        lb::HealthCheckConfig check;
        check.interval = 5s;
        check.timeout = 1s;
        s.balancers.guard.health_check = check;
        auto flap = entry(0s, {"b1"}, Slow{2}, 200s);
        flap.name = "flap";
        flap.repeat.emplace();
        flap.repeat->between = {Constant{7}};
        flap.repeat->lasts = {Constant{3}};
        s.timeline = {entry(10s, {"b0"}, Hang{}), flap};
        const auto run = simulate(s, 0);
        const auto turns = std::count_if(run.log.begin(), run.log.end(),
                                         [](const LogEntry& e) { return e.cause == "flap"; });
        EXPECT_EQ(turns, 40) << static_cast<int>(discipline);  // Twenty times there and back.
    }
}

}  // namespace
