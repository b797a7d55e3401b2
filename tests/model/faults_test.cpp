#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;
using lbtest::entry;

/// One backend, to which the trace's requests go.
Scenario faulty(const CsvTrace& trace, std::vector<TimelineEntry> timeline) {
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.timeline = std::move(timeline);
    return s;
}
Duration total(const Scenario& s) { return lbtest::total_latency(lbtest::run(s).latency); }

TEST(World, SlowsServicesForAsLongAsTheFaultLasts) {
    const CsvTrace trace{"0,1\n"};
    // 0.5 s at full speed, 0.125 s worth in the slow half second, the rest at full speed.
    EXPECT_EQ(total(faulty(trace, {entry(500ms, {"b0"}, Slow{4}, 500ms)})), 1375ms);
    EXPECT_EQ(total(faulty(trace, {entry(500ms, {"b0"}, Slow{4})})), 2500ms);
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"}, Slow{4})})), 4s);  // First the fault.
    EXPECT_EQ(total(faulty(trace, {entry(1s, {"b0"}, Slow{4})})), 1s);
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"}, Slow{0.25})})), 250ms);
}

TEST(World, MultipliesTheFactorsOfFaultsAtOnce) {
    const CsvTrace trace{"0,1\n"};
    // 0.25 s worth by 0.5 s, 0.25 s worth in the next 1.5 s, 0.5 s worth in 1.5 s more.
    EXPECT_EQ(
        total(faulty(trace, {entry(0s, {"b0"}, Slow{2}, 2s), entry(500ms, {"b0"}, Slow{3}, 20s)})),
        3500ms);
}

TEST(World, AddsTheExtraTimeOfAFaultToServicesThatBeginDuringIt) {
    const CsvTrace trace{"0,1\n0.5,1\n0.6,1\n"};
    const Slow slow{1, {Constant{1}}};
    EXPECT_EQ(total(faulty(trace, {entry(1s, {"b0"}, slow, 1s)})), 1s + 2500ms + 3400ms);
    // On top of the factor: 2 * 1 s + 1 s each.
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"}, Slow{2, {Constant{1}}})})),
              3s + 5500ms + 8400ms);
}

TEST(World, HangsAndThenGoesOnWhereItWas) {
    const CsvTrace trace{"0,1\n2,1\n"};
    EXPECT_EQ(total(faulty(trace, {entry(500ms, {"b0"}, Hang{}, 5s)})), 6s + 5s);
    EXPECT_EQ(
        total(faulty(trace, {entry(500ms, {"b0"}, Hang{}, 5s), entry(1s, {"b0"}, Hang{}, 1s)})),
        6s + 5s);  // It hangs until all faults are over.
    EXPECT_EQ(
        total(faulty(trace, {entry(500ms, {"b0"}, Hang{}, 5s), entry(1s, {"b0"}, Slow{2}, 20s)})),
        6500ms + 6500ms);
}

TEST(World, EndsAFaultOfABackendThatLeftMeanwhile) {
    const CsvTrace trace{"0,1\n"};
    EXPECT_EQ(total(faulty(
                  trace, {entry(500ms, {"b0"}, Hang{}, 2s), entry(1s, {"b0"}, RemoveBackends{})})),
              3s);
    EXPECT_EQ(total(faulty(
                  trace, {entry(500ms, {"b0"}, Slow{4}, 1s), entry(1s, {"b0"}, RemoveBackends{})})),
              1750ms);
}

TEST(World, SparesABackendThatLeftFromFaultsThatBeginLater) {
    const CsvTrace trace{"0,3\n"};
    for (const Change& fault : std::vector<Change>{Slow{5}, Hang{}, Crash{}})
        EXPECT_EQ(total(faulty(trace, {entry(1s, {"b0"}, RemoveBackends{}),
                                       entry(2s, {"b0"}, fault, 500ms)})),
                  3s);
}

/// In service, waiting, coming during the crash, coming after it.
struct Fates {
    std::uint64_t failed, timed_out, succeeded;
};
Fates crash(Crash how, std::optional<Duration> timeout) {
    const CsvTrace trace{"0,2\n0.5,2\n2,2\n4,2\n"};
    auto s = faulty(trace, {entry(1s, {"b0"}, how, 2s)});
    s.clients[0].timeout = timeout;
    const auto t = lbtest::run(s);
    EXPECT_EQ(lbtest::total_latency(t.latency), 2s);  // It starts afresh.
    EXPECT_EQ(t.outcomes.unfinished, timeout ? 0u : 3u - t.outcomes.failed);
    EXPECT_EQ(t.outcomes.attempts, 4u);
    EXPECT_EQ(t.backends[0].busy_ns, 1e9 + 2e9);
    return {t.outcomes.failed, t.outcomes.timed_out, t.outcomes.succeeded};
}

TEST(World, CrashesAsTold) {
    using A = Crash::Answer;
    using F = Crash::InFlight;
    struct Case {
        Crash how;
        std::uint64_t failed;  // The others of three are lost.
    };
    for (const auto& [how, failed] : std::vector<Case>{{{A::Refuse, F::Reset}, 3},
                                                       {{A::Refuse, F::Lost}, 1},
                                                       {{A::Drop, F::Reset}, 2},
                                                       {{A::Drop, F::Lost}, 0}}) {
        for (const auto timeout : {std::optional<Duration>{}, std::optional<Duration>{3s}}) {
            const auto fates = crash(how, timeout);
            EXPECT_EQ(fates.failed, failed);
            EXPECT_EQ(fates.timed_out, timeout ? 3 - failed : 0);
            EXPECT_EQ(fates.succeeded, 1u);
        }
    }
}

TEST(World, FailsWhatACrashCutsOffInThatInstantAndTellsTheBalancer) {
    const CsvTrace trace{"0,2\n0.5,2\n"};
    const auto t = lbtest::run(faulty(trace, {entry(1s, {"b0"}, Crash{})}));
    EXPECT_EQ(t.backends[0].failed, 2u);
    EXPECT_EQ(t.backends[0].in_flight_ns, 1e9 + 5e8);
}

TEST(World, StaysDownUntilAllCrashesAreOver) {
    const CsvTrace trace{"0,0\n1.5,0\n2.5,0\n3.5,0\n"};
    const auto t = lbtest::run(
        faulty(trace, {entry(1s, {"b0"}, Crash{}, 1s), entry(1200ms, {"b0"}, Crash{}, 2s)}));
    EXPECT_EQ(t.outcomes.failed, 2u);
    EXPECT_EQ(t.outcomes.succeeded, 2u);
}

TEST(World, AnswersWithAnErrorWhatFindsTheQueueFull) {
    const CsvTrace trace{"0,2\n0.5,2\n1,2\n2,1\n"};
    auto s = faulty(trace, {});
    s.backends[0].queue = {1};
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.failed, 1u);
    EXPECT_EQ(t.backends[0].failed, 1u);
    EXPECT_EQ(t.outcomes.succeeded, 3u);
    EXPECT_EQ(lbtest::total_latency(t.latency), 2s + 3500ms + 3s);
    EXPECT_EQ(t.backends[0].queue_max, 1u);
}

std::string log_of(const Scenario& s) {
    std::string log;
    for (const auto& e : simulate(s, 0).log)
        log += std::to_string(e.at / 1s) + ' ' + e.what + ' ' + e.backend + ' ' + e.cause + '\n';
    return log;
}

TEST(World, LogsWhatHappenedToWhomWhenAndWhy) {
    const CsvTrace trace{"0,1\n"};
    auto s = faulty(trace, {entry(1s, {"b0"}, Slow{4}, 2s), entry(2s, {"b0"}, Crash{}, 5s)});
    s.timeline[1].name = "outage";
    EXPECT_EQ(log_of(s),
              "1 slow b0 entry\n"
              "2 crashed b0 outage\n"
              "3 slow ended b0 entry\n"
              "7 crashed ended b0 outage\n");
}

// ---- Of single requests

Outcomes outcomes(const Scenario& s) { return lbtest::run(s).outcomes; }

TEST(Error, IsAnsweredToThePartOfTheRequestsThatItSays) {
    auto s = lbtest::fleet(3, "round_robin", ConstantRate{1000}, {Constant{0.001}});
    s.duration = 20s;
    s.timeline = {entry(0s, {"b0", "b1", "b2"}, Error{.rate = 0.2})};
    // 20,000 coins: 4000 give or take 5 times 56.6, missed once in 1.7 million.
    EXPECT_NEAR(static_cast<double>(outcomes(s).failed), 4000, 283);
    s.timeline = {entry(0s, {"b0"}, Error{.rate = 1})};
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, tally.backends[0].attempts);
    EXPECT_EQ(tally.backends[0].failed, tally.backends[0].attempts);
    EXPECT_EQ(tally.backends[1].failed, 0u);
}

TEST(Error, MayBefallSomeRequestsOfABackendAtAnyTime) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{1000}, {Constant{0.001}});
    s.duration = 20s;
    auto failing = lbtest::backends(1, {Constant{0.001}});
    failing.name = "c";
    failing.members = {"c0"};
    failing.errors = Error{.rate = 0.2};
    s.backends.push_back(failing);
    const auto tally = lbtest::run(s);
    // Of a third of 20,000 a fifth: 1333 give or take 5 times 32.7.
    EXPECT_NEAR(static_cast<double>(tally.outcomes.failed), 1333, 164);
    EXPECT_EQ(tally.backends[2].failed, tally.outcomes.failed);
    // Another error that befalls it does not make one request fail twice.
    s.timeline = {entry(0s, {"c0"}, Error{.rate = 1})};
    EXPECT_EQ(lbtest::run(s).outcomes.failed, tally.backends[2].attempts);
}

TEST(Error, HasTheStatusesThatItSaysByTheirShares) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{1000}, {Constant{0.001}});
    s.backends[0].workers = {};
    s.duration = 20s;
    s.timeline = {entry(0s, {"b0"}, Error{.statuses = {{503, 3}, {404, 1}}})};
    // Of 20,000 a quarter is the client's fault and no error: give or take 5 times 61.
    EXPECT_NEAR(static_cast<double>(outcomes(s).failed), 15'000, 306);
}

TEST(Error, TakesAsMuchWorkAsASuccessUnlessItIsTold) {
    const CsvTrace trace{"0,1\n0,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Error{})});
    EXPECT_EQ(lbtest::run(s).backends[0].busy_ns, 2e9);
    s.timeline = {entry(0s, {"b0"}, Error{.latency = 10ms})};
    EXPECT_EQ(lbtest::run(s).backends[0].busy_ns, 20e6);
}

/// Two classes of requests, of which one is hit.
Scenario two_classes(Change change) {
    auto s = lbtest::fleet(4, "round_robin", ConstantRate{1000}, {Constant{0.001}});
    s.duration = 10s;
    s.clients[0].classes = {{.name = "page", .share = 3}, {.name = "export", .share = 1}};
    s.timeline = {entry(0s, {"b0", "b1", "b2", "b3"}, std::move(change))};
    s.timeline[0].request_class = "export";
    return s;
}

TEST(Error, BefallsTheSameRequestsOnEveryBackendIfTheirClassIsToBlame) {
    auto s = two_classes(Error{});
    const auto once = outcomes(s);
    EXPECT_NEAR(static_cast<double>(once.failed), 2500, 217);  // As above, 5 times 43.3.
    s.balancers.attempts.retry = lb::Retry::Config{.attempts = 4, .on = "500"};
    const auto again = outcomes(s);
    EXPECT_EQ(again.failed, once.failed);  // Another backend does not help.
    EXPECT_EQ(again.attempts, again.offered + 3 * again.failed);
}

TEST(Cut, BreaksTheAnswerOffInTheMiddle) {
    const CsvTrace trace{"0,1\n5,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Cut{.after = 0.25}, 2s)});
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, 1u);
    EXPECT_EQ(tally.outcomes.succeeded, 1u);
    EXPECT_EQ(tally.backends[0].busy_ns, 1.25e9);
}

TEST(Cut, BreaksTheAnswerOffAfterATime) {
    const CsvTrace trace{"0,1\n5,0.2\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Cut{.after_time = 300ms})});
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, 1u);
    EXPECT_EQ(tally.outcomes.succeeded, 1u);  // It was done before.
    EXPECT_EQ(tally.backends[0].busy_ns, 0.5e9);
}

TEST(Hang, MayLetWhatItHasBegunGoOn) {
    const CsvTrace trace{"0,1\n0.6,1\n0.7,1\n8,1\n"};
    auto s = faulty(trace, {entry(500ms, {"b0"}, Hang{.scope = Hang::Scope::New}, 5s)});
    s.clients[0].timeout = 3s;
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 2u);  // The first and the last,
    EXPECT_EQ(tally.outcomes.timed_out, 2u);
    EXPECT_EQ(tally.backends[0].busy_ns, 2e9);  // and no worker was held.
    std::get<Hang>(s.timeline[0].change).close_after = 1s;
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.timed_out, 0u);
    EXPECT_EQ(tally.outcomes.failed, 2u);
    s.clients[0].timeout = 999ms;
    EXPECT_EQ(lbtest::run(s).outcomes.timed_out, 4u);  // The others, too.
}

TEST(Slow, MayAddWhatIsDrawnForEach) {
    const CsvTrace trace{"0,1\n3,1\n8,1\n"};
    const Slow always{2, {Uniform{1, 1}}};
    EXPECT_EQ(total(faulty(trace, {entry(3s, {"b0"}, always, 4s)})), 1s + 3s + 1s);
    // What has begun is not slowed, unlike with a constant.
    EXPECT_EQ(total(faulty(trace, {entry(3500ms, {"b0"}, always, 4s)})), 3s);
    EXPECT_EQ(total(faulty(trace, {entry(3500ms, {"b0"}, Slow{2, {Constant{1}}}, 4s)})), 3500ms);
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{100}, {Constant{0.001}});
    s.backends[0].workers = {};
    s.duration = 100s;
    s.timeline = {entry(0s, {"b0"}, Slow{1, {Exponential{0.1}}})};
    // 10,000 draws: a deviation of 5 standard errors is of one run in a million.
    EXPECT_NEAR(lbtest::run(s).latency.mean() / 1e9, 0.101, 5 * 0.1 / 100);
}

TEST(Slow, BefallsAPartOfTheRequestsIfToldSo) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{100}, {Constant{0.001}});
    s.backends[0].workers = {};
    s.duration = 100s;
    s.timeline = {entry(0s, {"b0"}, Slow{.factor = 10})};
    s.timeline[0].probability = 0.1;
    const auto tally = lbtest::run(s);
    // 10,000 requests of 1 ms, of which 1000 give or take 5 times 30 take 10 ms.
    EXPECT_NEAR((tally.backends[0].busy_ns / 1e6 - 10'000) / 9, 1000, 150);
}

TEST(Hang, SwallowsAPartOfTheRequestsWithoutHoldingAWorker) {
    auto s = two_classes(Hang{});
    s.clients[0].timeout = 1s;
    const auto tally = lbtest::run(s);
    EXPECT_NEAR(static_cast<double>(tally.outcomes.timed_out), 2500, 217);
    EXPECT_EQ(tally.outcomes.succeeded + tally.outcomes.timed_out, tally.outcomes.offered);
    double busy_ns = 0;
    for (const auto& b : tally.backends) busy_ns += b.busy_ns;
    EXPECT_NEAR(busy_ns, 1e6 * static_cast<double>(tally.outcomes.succeeded), 1e3);
}

TEST(Brownout, LeavesOptionalWorkOutAndCountsIt) {
    const CsvTrace trace{"0,1\n2,1\n10,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Brownout{.saves = 0.75}, 5s)});
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 3u);
    EXPECT_EQ(tally.outcomes.degraded, 2u);
    EXPECT_EQ(tally.backends[0].busy_ns, 1.5e9);
}

// ---- Of what a backend can do

TEST(Capacity, TakesWorkersAwayThatEndWhatTheyAreAt) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n0,1\n2,1\n2,1\n2,1\n2,1\n"};
    auto s = faulty(trace, {entry(500ms, {"b0"}, Capacity{.factor = 0.5}, 3s)});
    s.backends[0].workers = {4};
    // Four at once, and then two by two.
    EXPECT_EQ(total(s), 4 * 1s + 2 * 1s + 2 * 2s);
    // The others start when the fault ends at 2.5 s.
    s.timeline = {entry(500ms, {"b0"}, Capacity{.factor = 0.5}, 2s)};
    EXPECT_EQ(total(s), 4 * 1s + 2 * 1s + 2 * 1500ms);
    s.timeline = {entry(500ms, {"b0"}, Capacity{.factor = 0.01}, 20s)};  // One is left.
    EXPECT_EQ(total(s), 4 * 1s + 1s + 2s + 3s + 4s);
}

TEST(Capacity, SlowsASharedProcessorByTheSamePart) {
    const CsvTrace trace{"0,1\n0,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Capacity{.factor = 0.5})});
    s.backends[0].discipline = Discipline::Ps;
    s.backends[0].workers = {2};
    EXPECT_EQ(total(s), 2 * 2s);
}

TEST(Saturation, MakesServicesLongerTheMoreThereAre) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n"};
    auto s = faulty(trace, {});
    s.backends[0].workers = {};
    s.backends[0].saturation = Saturation{.beyond = 1, .factor = 0.5};
    EXPECT_EQ(total(s), 1s + 1500ms + 2s);
}

TEST(WarmUp, BeginsWhenAProcessIsBack) {
    const CsvTrace trace{"0,1\n3,1\n8,1\n14,1\n"};
    auto s = faulty(trace, {entry(2s, {"b0"}, Crash{}, 1s)});
    s.backends[0].warm_up = WarmUp{.factor = 3, .requests = {}, .over = 10s};
    EXPECT_EQ(total(s), 1s + 3s + 2s + 1s);  // Warm, cold, half way, warm.
    s.backends[0].warm_up = WarmUp{.factor = 3, .requests = 2, .over = {}};
    EXPECT_EQ(total(s), 1s + 3s + 2s + 1s);
}

TEST(WarmUp, HalvesAgainAndAgain) {
    const CsvTrace trace{"0,1\n3,1\n8,1\n13,1\n60,1\n"};
    auto s = faulty(trace, {entry(2s, {"b0"}, Crash{}, 1s)});
    s.duration = 70s;
    s.backends[0].warm_up = WarmUp{.factor = 3, .requests = {}, .over = {}, .half_life = 5s};
    EXPECT_EQ(total(s), 1s + 3s + 2s + 1500ms + 1s);
}

TEST(WarmUp, IsOfThoseWhoJoinLater) {
    const CsvTrace trace{"0,1\n0,1\n"};
    auto s = faulty(trace, {entry(0s, {}, AddBackends{.group = 0, .members = {"b1"}})});
    s.backends[0].warm_up = WarmUp{.factor = 3, .requests = 100, .over = {}};
    EXPECT_EQ(total(s), 1s + 3s);
}

TEST(Leak, KillsTheProcessAfterSoManyRequests) {
    const CsvTrace trace{"0,1\n2,1\n4,1\n8,1\n10,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Leak{.requests = 2, .restart = 4s})});
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.failed, 1u);  // At 4 s: it is gone from 3 s to 7 s.
    EXPECT_EQ(tally.outcomes.succeeded, 4u);
    EXPECT_EQ(log_of(s),
              "0 leaking b0 entry\n"
              "3 crashed b0 entry\n"
              "7 started b0 entry\n"
              "11 crashed b0 entry\n"
              "15 started b0 entry\n");
    const CsvTrace later{"0,1\n3,1\n8,1\n14,1\n30,1\n"};
    s = faulty(later, {entry(0s, {"b0"}, Leak{.requests = 4, .factor = 5})});
    s.duration = 40s;
    EXPECT_EQ(total(s), 1s + 2s + 3s + 4s + 1s);  // And after the fourth a new process.
}

TEST(Leak, MayLeaveTheProcessSlow) {
    const CsvTrace trace{"0,1\n3,1\n8,1\n14,1\n30,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Leak{.requests = 2, .factor = 3}, 20s)});
    std::get<Leak>(s.timeline[0].change).at_limit = Leak::AtLimit::Slow;
    s.duration = 40s;
    EXPECT_EQ(total(s), 1s + 2s + 3s + 3s + 1s);
    EXPECT_EQ(log_of(s), "0 leaking b0 entry\n20 leaking ended b0 entry\n");
}

// ---- Of the network

TEST(NetworkFault, MakesEachWayLonger) {
    const CsvTrace trace{"0,1\n"};
    using Direction = NetworkFault::Direction;
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"}, NetworkFault{.latency = {Constant{0.1}}})})),
              1200ms);
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"},
                                         NetworkFault{.direction = Direction::ToBackend,
                                                      .latency = {Constant{0.1}}},
                                         500ms)})),
              1100ms);
}

TEST(NetworkFault, LosesRequestsOrAnswersInAPartition) {
    const CsvTrace trace{"0,1\n"};
    using Direction = NetworkFault::Direction;
    for (const auto way : {Direction::Both, Direction::ToBackend, Direction::FromBackend}) {
        auto s = faulty(trace, {entry(0s, {"b0"}, NetworkFault{.direction = way, .loss = 1})});
        s.clients[0].timeout = 3s;
        const auto tally = lbtest::run(s);
        EXPECT_EQ(tally.outcomes.timed_out, 1u);
        EXPECT_EQ(tally.backends[0].busy_ns, way == Direction::FromBackend ? 1e9 : 0);
    }
}

TEST(NetworkFault, MayBeOnTheWayFromOneBalancerOnly) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{1000}, {Constant{0.001}});
    s.duration = 10s;
    s.clients[0].timeout = 1s;
    s.balancers.count = 2;
    s.timeline = {entry(0s, {"b0"}, NetworkFault{.loss = 1})};
    const auto all = outcomes(s).timed_out;
    EXPECT_NEAR(static_cast<double>(all), 5000, 1);
    s.timeline = {entry(0s, {"b0"}, NetworkFault{.loss = 1, .balancers = {1}})};
    // A balancer of two gets half of 10,000, give or take 5 times 50, and b0 half of that.
    EXPECT_NEAR(static_cast<double>(outcomes(s).timed_out), 2500, 126);
    // Its probes do not come through either; those of the other do.
    lb::HealthCheckConfig check;
    check.initial = lb::HealthCheckConfig::Initial::Up;
    s.balancers.guard.health_check = check;
    for (const auto& l : simulate(s, 0).log)
        if (l.what == "unhealthy") { EXPECT_EQ(l.balancer + ' ' + l.backend, "lb1 b0"); }
}

TEST(NetworkFault, SendsAgainWhatIsLost) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{100}, {Constant{0.001}});
    s.backends[0].workers = {};
    s.duration = 100s;
    s.timeline = {entry(
        0s, {"b0"}, NetworkFault{.direction = NetworkFault::Direction::ToBackend, .loss = 0.1})};
    const auto& latency = lbtest::run(s).latency;
    // At once 9000 of 10,000 give or take 5 times 30; in 200 ms 900 give or take 143.
    EXPECT_NEAR(static_cast<double>(latency.count_at_most(100'000'000)), 9000, 150);
    EXPECT_NEAR(static_cast<double>(latency.count_at_most(300'000'000)), 9900, 50);
}

// ---- Again and again, more and more, one after the other

TEST(Repeat, ComesAndGoes) {
    const CsvTrace trace{"0,1.5\n6.5,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Hang{}, 6s)});
    s.timeline[0].repeat = Repeat{.between = {Constant{1}}, .lasts = {Constant{1}}};
    EXPECT_EQ(total(s), 2500ms + 1s);  // It pauses from 1 s to 2 s, and from 6 s on no more.
    EXPECT_EQ(log_of(s),
              "1 hung b0 entry\n2 hung ended b0 entry\n3 hung b0 entry\n4 hung ended b0 entry\n"
              "5 hung b0 entry\n6 hung ended b0 entry\n");
    s.timeline[0].lasts.reset();
    EXPECT_EQ(total(s), 2500ms + 2s);
}

TEST(Repeat, IsAtEachTargetByItselfOrAtAllTogether) {
    const auto together = [](bool all) {
        auto s = lbtest::fleet(2, "round_robin", ConstantRate{100}, {Constant{0.001}});
        s.duration = 200s;
        s.timeline = {entry(0s, {"b0", "b1"}, Crash{})};
        s.timeline[0].repeat =
            Repeat{.between = {Exponential{1}}, .lasts = {Exponential{1}}, .together = all};
        s.balancers.attempts.retry =
            lb::Retry::Config{.attempts = 2, .backoff = 0ns, .on = "refused"};
        s.balancers.around.avoid_tried = lb::AvoidTried::Strict;
        const auto o = outcomes(s);
        return static_cast<double>(o.failed) / static_cast<double>(o.offered);
    };
    // Down half of the time: 200 independent cycles of 2 s, so 1/2 and 1/4 give or take 0.18.
    EXPECT_NEAR(together(true), 0.5, 0.18);
    EXPECT_NEAR(together(false), 0.25, 0.18);
    EXPECT_GT(together(true), together(false) + 0.1);
}

TEST(Ramp, GrowsToTheFullStrength) {
    const CsvTrace trace{"0,1\n10,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Slow{.factor = 3})});
    s.timeline[0].ramp.in = 8s;
    // The first ends when the integral of 1 / (1 + t / 4) is 1, at 4 (e^(1/4) - 1) = 1.136 s, in
    // steps of a quarter of a second; the second meets all of it.
    const double first = lb::seconds(total(s)) - 3;
    EXPECT_LT(first, 1.137);
    EXPECT_GT(first, 1.09);
}

TEST(Ramp, ShrinksBeforeTheEnd) {
    const CsvTrace trace{"0,1\n10,1\n17,1\n"};
    auto s = faulty(trace, {entry(0s, {"b0"}, Slow{.factor = 3}, 16s)});
    s.duration = 30s;
    s.timeline[0].ramp.out = 8s;
    // At first it is whole, so 3 s.  From 10 s on, the integral of 1 / (5 - t / 4) is 1 after
    // 10 - 10 / e^(1/4) = 2.212 s, in steps of a quarter of a second.  Then there is none.
    const double second = lb::seconds(total(s)) - 4;
    EXPECT_GT(second, 2.212);
    EXPECT_LT(second, 2.26);
    s.timeline[0].ramp.in = 8s;  // Beside it, and with no time between.
    EXPECT_LT(lb::seconds(total(s)), 4 + second);
}

TEST(Restart, TakesThemOneAfterTheOther) {
    auto s = lbtest::fleet(3, "round_robin", ConstantRate{100}, {Constant{0.01}});
    s.duration = 30s;
    s.timeline = {entry(5s, {"b0", "b1"}, Restart{.drain = 2s, .down = 3s})};
    s.windows = {{"first", 5s, 10s}, {"second", 10s, 15s}, {"rest", 15s, 30s}};
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.all().outcomes.failed, 0u);  // What was drained has nothing to lose.
    const auto first = r.over(5s, 10s), second = r.over(10s, 15s), rest = r.over(15s, 30s);
    EXPECT_EQ(first.backends[0].attempts, 0u);
    EXPECT_GT(first.backends[1].attempts, 200u);
    EXPECT_EQ(second.backends[1].attempts, 0u);
    EXPECT_GT(second.backends[0].attempts, 200u);
    for (const auto& b : rest.backends) EXPECT_EQ(b.attempts, 500u);
    std::string log;
    for (const auto& l : r.log) log += l.backend + ' ' + l.what + "; ";
    EXPECT_EQ(log, "b0 drained; b0 stopped; b0 started; b1 drained; b1 stopped; b1 started; ");
}

TEST(Restart, StopsThoseThatAreStillBusyAndTwoAtATimeIfToldSo) {
    auto s = lbtest::fleet(3, "round_robin", ConstantRate{100}, {Constant{1}});
    s.backends[0].workers = {};
    s.duration = 10s;
    s.timeline = {entry(5s, {"b0", "b1"}, Restart{.drain = 500ms, .down = 1s, .batch = 2})};
    const auto r = simulate(s, 0);
    EXPECT_NEAR(static_cast<double>(r.all().outcomes.failed), 33, 2);  // Half a second of each.
    EXPECT_EQ(r.over(5s, 6s).backends[0].attempts + r.over(5s, 6s).backends[1].attempts, 0u);
}

}  // namespace
