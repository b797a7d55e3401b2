#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/scenarios.hpp"

// Several attempts for one request: retries and hedges, by balancers and by clients, and what ends
// an attempt early.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;
using lbtest::entry;

lb::Retry::Config at_once(std::int64_t attempts, std::string on = "refused, reset, timeout") {
    return {.attempts = attempts, .backoff = 0ns, .on = std::move(on)};
}

/// Round robin over two backends, of which the first is as `change` says.
Scenario half_bad(const CsvTrace& trace, const Change& change) {
    auto s = lbtest::fleet(2, "round_robin", trace.arrivals(), {Constant{1}});
    s.duration = 60s;
    s.timeline = {entry(0s, {"b0"}, change)};
    return s;
}
Duration total(const Scenario& s) { return lbtest::total_latency(lbtest::run(s).latency); }

TEST(Retry, GoesToAnotherBackend) {
    const CsvTrace trace{"0,1\n10,1\n20,1\n30,1\n"};
    auto s = half_bad(trace, Crash{});
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 2u);
    s.balancers.attempts.retry = at_once(2);
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 4u);
    EXPECT_EQ(tally.backends[0].failed, tally.backends[0].attempts);
    EXPECT_EQ(tally.outcomes.attempts, 4 + tally.backends[0].attempts);
    EXPECT_GE(tally.backends[0].attempts, 1u);
}

TEST(Retry, EndsWithTheLastFailureWhenAllAttemptsAreMade) {
    const CsvTrace trace{"0,1\n10,1\n"};
    auto s = half_bad(trace, Crash{});
    s.timeline[0].targets.push_back("b1");
    s.balancers.attempts.retry = at_once(3);
    const auto o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.failed, 2u);
    EXPECT_EQ(o.attempts, 6u);
    s.balancers.around.avoid_tried = lb::AvoidTried::Strict;  // There are only two to try.
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 4u);
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 2u);
}

TEST(Retry, MayBeOfAnswersThatAreNoFailures) {
    const CsvTrace trace{"0,1\n10,1\n20,1\n30,1\n"};
    auto s = half_bad(trace, Error{.statuses = {{429}}});
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 4u);
    s.balancers.attempts.retry = at_once(2, "429");
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 8u);  // Each to b0, then to b1.
    s.balancers.attempts.retry.reset();
    s.clients[0].attempts.retry = at_once(2, "429");
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 8u);
}

TEST(Cut, WastesTheWorkUntilThen) {
    const CsvTrace trace{"0,1\n10,1\n"};
    const auto o = lbtest::run(half_bad(trace, Cut{.after = 0.5})).outcomes;
    EXPECT_EQ(o.failed, 1u);
    EXPECT_EQ(o.service_ns, 1.5e9);
    EXPECT_EQ(o.wasted_ns, 0.5e9);
}

TEST(Retry, WaitsLongerEachTime) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Crash{});
    s.timeline = {entry(0s, {"b0", "b1"}, Crash{}, 6500ms)};
    s.balancers.attempts.retry = {.attempts = 5,
                                  .backoff = 1s,
                                  .multiplier = 2,
                                  .max_backoff = 10s,
                                  .jitter = lb::Retry::Jitter::None,
                                  .on = "refused"};
    EXPECT_EQ(total(s), 7s + 1s);  // Made at 0, 1, 3 and 7 s.
}

TEST(Retry, IsNotMadeOnceTheAnswerHasBegun) {
    const CsvTrace trace{"0,1\n10,1\n"};
    auto s = half_bad(trace, Cut{});
    s.timeline[0].targets.push_back("b1");
    s.balancers.attempts.retry = at_once(3);
    const auto o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.failed, 2u);
    EXPECT_EQ(o.attempts, 2u);
    // A process that dies before it answers has sent nothing.
    s.timeline = {entry(500ms, {"b0", "b1"}, Crash{}, 100ms)};
    s.balancers.attempts.retry->backoff = 1s;
    s.balancers.attempts.retry->jitter = lb::Retry::Jitter::None;
    EXPECT_EQ(lbtest::run(s).outcomes.succeeded, 2u);
}

TEST(PerTry, EndsAnAttemptThatTakesTooLong) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Hang{});
    s.balancers.attempts.per_try = 3s;
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 1u);
    s.balancers.attempts.retry = at_once(2);
    EXPECT_EQ(total(s), 3s + 1s);
    EXPECT_EQ(lbtest::run(s).backends[0].failed, 1u);
}

TEST(Budget, AllowsAPartOfTheRequests) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{100}, {Constant{0.1}});
    s.backends[0].workers = {};
    s.duration = 100s;
    s.timeline = {entry(0s, {"b0", "b1"}, Error{})};
    s.balancers.attempts.retry = at_once(4, "500");
    const auto all = lbtest::run(s).outcomes;
    EXPECT_EQ(all.attempts, 4 * all.offered);
    s.balancers.attempts.budget = lb::RetryBudget::Config{.percent = 0.2, .min = 0};
    // Ten are in flight, and with them retries: x of 10 + x at most, 0.2 (10 + x).
    const auto attempts = static_cast<double>(lbtest::run(s).outcomes.attempts) / 10'000;
    EXPECT_GT(attempts, 1.1);
    EXPECT_LE(attempts, 1.25);
    s.balancers.attempts.budget->percent = 0;
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, all.offered);
}

TEST(Budget, CountsRetriesInFlightAndNoneThatEnded) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Crash{});
    s.timeline[0].targets.push_back("b1");
    s.balancers.attempts.retry = at_once(4);
    s.balancers.guard.limits.emplace().max_retries = lb::Limit{1};
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 4u);
}

TEST(Hedge, TakesTheAnswerThatComesFirst) {
    const CsvTrace trace{"0,1\n10,1\n"};
    auto s = half_bad(trace, Slow{.factor = 5});
    s.balancers.attempts.hedge = Hedge{.after = 500ms};
    // The first takes 1.5 s by the hedge; the second goes to b1, or b0 and again b1.
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 2u);
    EXPECT_EQ(tally.latency.max(), lbtest::run(s).latency.max());
    EXPECT_LE(total(s), 3s);
    EXPECT_GE(tally.outcomes.attempts, 3u);
    EXPECT_EQ(tally.outcomes.wasted_ns, 5e9 * static_cast<double>(tally.backends[0].attempts));
}

TEST(Hedge, FreesTheBackendThatNoticesThatItLost) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Slow{.factor = 5});
    s.balancers.attempts.hedge = Hedge{.after = 500ms};
    s.backends[0].cancellation = Cancellation::All;
    auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.wasted_ns, 1.5e9);
    EXPECT_EQ(tally.backends[0].in_flight_ns, 1.5e9);
    s.balancers.attempts.hedge->cancel = false;
    tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.wasted_ns, 5e9);
    EXPECT_EQ(tally.backends[0].in_flight_ns, 5e9);
}

TEST(Clients, TryAgainThroughWhicheverBalancer) {
    const CsvTrace trace{"0,1\n10,1\n20,1\n30,1\n"};
    auto s = half_bad(trace, Crash{});
    s.balancers.count = 3;
    s.clients[0].attempts.retry = at_once(10);
    s.clients[0].network = {Constant{0.1}};
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 4u);
    EXPECT_EQ(tally.outcomes.offered, 4u);
    EXPECT_EQ(total(s) - 4 * 1200ms, static_cast<std::int64_t>(tally.backends[0].attempts) * 200ms);
}

TEST(Clients, LosePatienceWithEachAttemptAndInTheEnd) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Hang{});
    s.timeline[0].targets.push_back("b1");
    s.clients[0].attempts.retry = at_once(3);
    s.clients[0].attempts.per_try = 2s;
    auto o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.timed_out, 1u);
    EXPECT_EQ(o.attempts, 3u);
    s.clients[0].timeout = 3s;
    o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.timed_out, 1u);
    EXPECT_EQ(o.attempts, 2u);
}

TEST(Clients, AndBalancersMultiply) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Crash{});
    s.timeline[0].targets.push_back("b1");
    s.clients[0].attempts.retry = at_once(3, "refused, reset");
    s.balancers.attempts.retry = at_once(4);
    EXPECT_EQ(lbtest::run(s).outcomes.attempts, 12u);
}

TEST(Deadline, SparesTheBackendWhatNobodyWaitsFor) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n0,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.clients[0].timeout = 1500ms;
    EXPECT_EQ(lbtest::run(s).backends[0].busy_ns, 4e9);
    s.clients[0].deadline = true;
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.backends[0].busy_ns, 2e9);  // One in time, one begun in time.
    EXPECT_EQ(tally.outcomes.timed_out, 3u);
}

TEST(QueueTimeout, AnswersThoseWhoHaveWaitedTooLong) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n0,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.backends[0].queue_timeout = 1500ms;
    const auto tally = lbtest::run(s);
    EXPECT_EQ(tally.outcomes.succeeded, 2u);
    EXPECT_EQ(tally.outcomes.failed, 2u);
    EXPECT_EQ(tally.backends[0].busy_ns, 2e9);
}

TEST(Cancellation, LetsGoOfWhatWaitsOrOfAll) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n0.8,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.duration = 20s;
    s.clients[0].timeout = 500ms;
    const auto busy = [&](Cancellation how, Discipline discipline) {
        s.backends[0].cancellation = how;
        s.backends[0].discipline = discipline;
        return lbtest::run(s).backends[0].busy_ns;
    };
    EXPECT_EQ(busy(Cancellation::None, Discipline::Fifo), 4e9);
    EXPECT_EQ(busy(Cancellation::Waiting, Discipline::Fifo), 1e9 + 0.5e9 * 0 + 1e9);
    EXPECT_EQ(busy(Cancellation::All, Discipline::Fifo), 0.5e9 + 0.5e9);
    EXPECT_EQ(busy(Cancellation::All, Discipline::Lifo), 0.5e9 + 0.5e9);
    EXPECT_EQ(busy(Cancellation::All, Discipline::Ps), 0.5e9 + 0.5e9);
}

TEST(ConnectTimeout, IsHowLongASilentBackendIsWaitedFor) {
    const CsvTrace trace{"0,1\n"};
    auto s = half_bad(trace, Crash{.answer = Crash::Answer::Drop});
    s.balancers.attempts.retry = at_once(2, "refused");
    s.balancers.connect_timeout = 2s;
    EXPECT_EQ(total(s), 2s + 1s);
    s.timeline = {entry(0s, {"b0"}, NetworkFault{.loss = 1})};
    EXPECT_EQ(total(s), 2s + 1s);
    s.timeline = {};
    s.backends[0].connect = {Constant{0.25}};
    EXPECT_EQ(total(s), 1250ms);
    s.backends[0].connect = {Constant{3}};
    EXPECT_EQ(lbtest::run(s).outcomes.failed, 1u);
}

// A hiccup of five seconds at half load, after which retries alone keep five backends at more than
// they can bear, for ever: Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021.
// Of requests none of which is accepted, n are turned away with probability n / (n + 1): about
// 1 + 1/2 + 1/3 … are sent in all.  Where half is accepted, k = 2 lets all through.
TEST(Throttle, TurnsAwayWhatBackendsWouldNotAccept) {
    auto s = lbtest::fleet(1, "round_robin", ConstantRate{100}, {Constant{1e-4}});
    s.duration = 60s;
    s.clients[0].throttle = lb::ClientThrottle::Config{};
    EXPECT_EQ(lbtest::run(s).outcomes.rejected, 0u);
    s.timeline = {entry(0s, {"b0"}, Error{.rate = 0.4})};
    EXPECT_LT(lbtest::run(s).outcomes.rejected, 30u);  // By the first few alone.
    s.timeline = {entry(0s, {"b0"}, Error{})};
    auto o = lbtest::run(s).outcomes;
    EXPECT_EQ(o.rejected, o.rejections[static_cast<std::size_t>(lb::Rejection::Shed)]);
    EXPECT_EQ(o.rejected + o.attempts, o.offered);
    // The mean is the harmonic number of 6000, 9.3, its variance less.
    EXPECT_GE(o.attempts, 1u);
    EXPECT_LE(o.attempts, 9.3 + 5 * 3.1);
    s.timeline = {entry(0s, {"b0"}, Error{.statuses = {{429}}})};  // A success, but not accepted.
    EXPECT_LE(lbtest::run(s).outcomes.attempts, 9.3 + 5 * 3.1);
    s.timeline = {entry(0s, {"b0"}, Error{})};
    // Retries pass it, too.
    s.clients[0].attempts.retry = at_once(3, "500-599");
    o = lbtest::run(s).outcomes;
    EXPECT_LE(o.attempts, 10.4 + 5 * 3.3);
    EXPECT_EQ(o.failed + o.rejected, o.offered);
}

TEST(RetryStorm, OutlivesItsCauseUnlessRetriesHaveABudgetOrQueuesAnEnd) {
    auto s = lbtest::fleet(5, "random", Poisson{500}, {Exponential{0.05}});
    s.backends[0].workers = {10};
    s.duration = 90s;
    s.slo = Slo{.latency = 1s};
    s.timeline = {entry(10s, {"b0", "b1", "b2", "b3", "b4"}, Slow{.factor = 10}, 5s)};
    s.windows = {{"late", 60s, 90s}};
    s.balancers.attempts.per_try = 1s;
    const auto good = [&] {
        const auto o = simulate(s, 0).over(60s, 90s).outcomes;
        return static_cast<double>(o.good) / static_cast<double>(o.offered);
    };
    EXPECT_EQ(good(), 1);
    s.balancers.attempts.retry = at_once(4);
    EXPECT_LT(good(), 0.01);
    s.balancers.attempts.budget = lb::RetryBudget::Config{.percent = 0.1};
    EXPECT_EQ(good(), 1);
    s.balancers.attempts.budget.reset();
    s.backends[0].queue = {40};
    EXPECT_GT(good(), 0.999);
    // Who leaves a queue that is served in order leaves when its turn was near: no help.
    s.backends[0].queue = {};
    s.backends[0].cancellation = Cancellation::Waiting;
    EXPECT_LT(good(), 0.2);
    s.backends[0].cancellation = Cancellation::All;
    EXPECT_EQ(good(), 1);
    s.backends[0].cancellation = Cancellation::Waiting;
    s.backends[0].discipline = Discipline::Lifo;
    EXPECT_GT(good(), 0.99);
}

}  // namespace
