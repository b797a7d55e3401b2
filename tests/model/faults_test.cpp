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
    const Slow slow{1, 1s};
    EXPECT_EQ(total(faulty(trace, {entry(1s, {"b0"}, slow, 1s)})), 1s + 2500ms + 3400ms);
    // On top of the factor: 2 * 1 s + 1 s each.
    EXPECT_EQ(total(faulty(trace, {entry(0s, {"b0"}, Slow{2, 1s})})), 3s + 5500ms + 8400ms);
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

TEST(World, LogsWhatHappenedToWhomWhenAndWhy) {
    const CsvTrace trace{"0,1\n"};
    auto s = faulty(trace, {entry(1s, {"b0"}, Slow{4}, 2s), entry(2s, {"b0"}, Crash{}, 5s)});
    s.timeline[1].name = "outage";
    std::string log;
    for (const auto& e : simulate(s, 0).log)
        log += std::to_string(e.at / 1s) + ' ' + e.what + ' ' + e.backend + ' ' + e.cause + '\n';
    EXPECT_EQ(log,
              "1 slow b0 entry\n"
              "2 crashed b0 outage\n"
              "3 slow ended b0 entry\n"
              "7 crashed ended b0 outage\n");
}

}  // namespace
