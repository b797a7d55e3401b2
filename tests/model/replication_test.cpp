#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/tally.hpp"
#include "support/scenarios.hpp"

// What a replication says of a run: what is measured, and to which span it belongs.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;

Scenario steady() {  // At 0.5, 1, 1.5, … s.
    auto s = lbtest::one_station(ConstantRate{2}, {Constant{0.1}});
    s.duration = 10s;
    return s;
}

TEST(Replication, MeasuresArrivalsFromZeroUpToTheEndAndNoLonger) {
    EXPECT_EQ(lbtest::run(steady()).outcomes.offered, 19u);  // Not the one at 10 s.
    auto s = steady();
    s.warmup = 5s;  // At -4.5, -4, … 0, 0.5, … s: now one comes at 0.
    EXPECT_EQ(lbtest::run(s).outcomes.offered, 20u);
}

TEST(Replication, DoesNotMeasureTheWarmUpButFeelsIt) {
    auto s = lbtest::one_station(ConstantRate{1}, {Constant{1.5}});
    s.warmup = 10s;
    s.duration = 1s;
    // Those at -9, -8, … end 1.5 s apart from -7.5 on: the tenth, of 0, at 6.
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.all().outcomes.offered, 1u);
    EXPECT_EQ(r.all().latency.max(), Duration{6s}.count());
    EXPECT_EQ(r.all().backends[0].busy_ns, 1e9);
    EXPECT_EQ(r.all().backends[0].attempts, 1u);
    EXPECT_EQ(r.duration, 1s);
}

TEST(Replication, MeasuresAsManyArrivalsAsAskedFor) {
    auto s = steady();
    s.requests = 7;
    s.warmup = 3s;
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.all().outcomes.offered, 7u);
    EXPECT_EQ(r.all().outcomes.succeeded, 7u);
    EXPECT_EQ(r.duration, 3s);  // They came at 0, 0.5, … 3 s.
}

TEST(Replication, EndsWithATraceThatIsShorterThanTheNumberOfRequests) {
    const CsvTrace trace{"0,1\n2,1\n5,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.requests = 100;
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.all().outcomes.succeeded, 3u);
    EXPECT_EQ(r.duration, 5s);
    ASSERT_EQ(r.traces.size(), 1u);
    EXPECT_EQ(r.traces[0].report.records, 3u);
}

TEST(Replication, ReplaysATraceFasterAndWithLargerRequestsIfAskedTo) {
    const CsvTrace trace{"0,1\n4,2\n"};
    auto arrivals = trace.arrivals();
    arrivals.speed = 4;
    arrivals.work_scale = 3;
    auto s = lbtest::one_station(arrivals, {Constant{1}});
    s.duration = 60s;
    const auto t = lbtest::run(s);  // Of 3 s at 0 and of 6 s at 1 s.
    EXPECT_EQ(lbtest::total_latency(t.latency), 3s + 8s);
}

TEST(Replication, ReadsBareTimesOfATraceInTheUnitItIsTold) {
    const CsvTrace trace{"0,1\n1000,1\n"};
    auto arrivals = trace.arrivals();
    arrivals.time_unit = "ms";
    auto s = lbtest::one_station(arrivals, {Constant{2}});
    s.duration = 60s;
    EXPECT_EQ(lbtest::total_latency(lbtest::run(s).latency), 2s + 3s);
}

// A request that arrives at an edge belongs to what begins there; where it ends does not matter.
TEST(Replication, AttributesRequestsToTheSpanInWhichTheyArrive) {
    const CsvTrace trace{"0,1\n1.999999999,5\n2,1\n4,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}}, {});
    s.duration = 20s;
    s.windows = {{"w", 2s, 4s}};
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.edges, (std::vector<Duration>{0s, 2s, 4s, 20s}));
    EXPECT_EQ(r.over(0s, 2s).latency.max(), Duration{5s}.count());
    EXPECT_EQ(r.over(2s, 4s).outcomes.offered, 1u);
    EXPECT_EQ(r.over(4s, 20s).outcomes.offered, 1u);
    EXPECT_EQ(r.over(0s, 2s).backends[0].busy_ns, 1e9 + 1);
    EXPECT_EQ(r.over(2s, 4s).backends[0].busy_ns, 2e9 + 1e9);
    EXPECT_EQ(r.over(2s, 4s).span, 2s);
}

TEST(Replication, JoinsItsSpansToTheWhole) {
    auto s = lbtest::fleet(3, "p2c", Poisson{20}, {Exponential{0.1}});
    const auto whole = lbtest::run(s);
    s.windows = {{"a", 3s, 17s}, {"b", 5s, 40s}};
    const auto parts = lbtest::run(s);
    EXPECT_EQ(parts.outcomes.offered, whole.outcomes.offered);
    EXPECT_TRUE(parts.latency == whole.latency);
    for (std::size_t i = 0; i != 3; ++i) {
        EXPECT_TRUE(parts.backends[i].latency == whole.backends[i].latency);
        EXPECT_NEAR(parts.backends[i].busy_ns, whole.backends[i].busy_ns, 1);
        EXPECT_EQ(parts.backends[i].queue_max, whole.backends[i].queue_max);
    }
}

TEST(Replication, CountsAsGoodWhatSucceedsWithinTheServiceLevel) {
    const CsvTrace trace{"0,1\n0,1\n0,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1}});
    s.slo = Slo{.latency = 2s};
    EXPECT_EQ(lbtest::run(s).outcomes.good, 2u);
    s.slo.reset();
    EXPECT_EQ(lbtest::run(s).outcomes.good, 3u);
}

TEST(Series, HasAStepForEachPieceOfTheDurationAndNoneBeyond) {
    auto s = steady();
    s.series_step = 1s;
    auto series = simulate(s, 0).series;
    ASSERT_EQ(series.steps.size(), 10u);
    for (std::size_t i = 0; i != 10; ++i) EXPECT_EQ(series.steps[i].offered, i == 0 ? 1u : 2u);
    s.series_step = 4s;  // Two and a half.
    series = simulate(s, 0).series;
    ASSERT_EQ(series.steps.size(), 3u);
    EXPECT_EQ(series.steps[2].offered, 4u);
    EXPECT_EQ(series.steps[2].conditions, (std::vector<Condition>{Condition::Up}));
}

TEST(Series, TellsHowTheBackendsAreAndHowManyClientsWaitAtTheEndOfEachStep) {
    const CsvTrace trace{"0.5,1\n0.6,1\n3.5,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{1.5}});
    s.duration = 5s;
    s.timeline = {lbtest::entry(1500ms, {"b0"}, Slow{2}, 1s)};
    const auto series = simulate(s, 0).series;
    std::string seen;
    for (const auto& step : series.steps)
        seen += std::to_string(step.in_flight) +
                (step.conditions.at(0) == Condition::Slow ? "s " : ". ");
    // The trace starts at 0: requests at 0, 0.1 and 3 s.  The first ends at 1.5 s, the second has
    // had half a second by 2.5 s and ends at 3.5 s, the third at 5 s, when the last step is over.
    EXPECT_EQ(seen, "2. 1s 1. 1. 1. ");
}

TEST(Series, DoublesItsStepsWhenTheyBecomeTooManyAndKeepsTheTotals) {
    for (const auto duration : {256s, 257s, 1000s, 3000s}) {
        auto s = lbtest::fleet(2, "p2c", Poisson{3}, {Exponential{0.3}});
        s.duration = duration;
        s.series_step = 1s;
        const auto r = simulate(s, 0);
        EXPECT_LE(r.series.steps.size(), 256u);
        EXPECT_GT(r.series.steps.size(), 128u - 1);
        const auto steps = static_cast<std::int64_t>(r.series.steps.size());
        EXPECT_EQ((duration + r.series.step - 1ns) / r.series.step, steps);
        Histogram latency{BackendTally::kDigits};
        std::uint64_t offered = 0, good = 0;
        std::vector<std::uint64_t> attempts(2);
        for (const auto& step : r.series.steps) {
            offered += step.offered;
            good += step.good;
            latency.merge(step.latency);
            for (std::size_t b = 0; b != step.attempts.size(); ++b) attempts[b] += step.attempts[b];
        }
        const auto all = r.all();
        EXPECT_EQ(offered, all.outcomes.offered);
        EXPECT_EQ(good, all.outcomes.good);
        EXPECT_EQ(latency.count(), all.latency.count());
        EXPECT_EQ(latency.max(), all.latency.max());
        for (std::size_t b = 0; b != 2; ++b) EXPECT_EQ(attempts[b], all.backends[b].attempts);
    }
}

TEST(Series, AttributesALateAnswerToTheStepInWhichItsRequestCame) {
    const CsvTrace trace{"0,1\n0.5,1\n"};
    auto s = lbtest::one_station(trace.arrivals(), {Constant{300}});
    s.duration = 1000s;
    s.drain = 1000s;
    s.series_step = 1s;
    const auto series = simulate(s, 0).series;
    EXPECT_EQ(series.step, 4s);
    EXPECT_EQ(series.steps[0].latency.count(), 2u);
}

TEST(Digest, TellsRunsApartBySeedReplicationAndPolicy) {
    const auto digest = [](std::uint64_t seed, std::uint64_t replication, const char* policy) {
        auto s = lbtest::fleet(5, policy, Poisson{4}, {Exponential{1}});
        s.seed = seed;
        return simulate(s, replication).digest;
    };
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed != 5; ++seed)
        for (std::uint64_t replication = 0; replication != 5; ++replication)
            for (const char* policy : {"random", "round_robin", "p2c", "least_connections"}) {
                EXPECT_TRUE(seen.insert(digest(seed, replication, policy)).second);
                EXPECT_EQ(digest(seed, replication, policy), digest(seed, replication, policy));
            }
}

TEST(Digest, IsTheSameWhateverIsMeasured) {
    auto s = lbtest::fleet(5, "p2c", Poisson{4}, {Exponential{1}});
    const auto digest = simulate(s, 0).digest;
    s.windows = {{"w", 3s, 17s}};
    s.series_step = 7ms;
    s.slo = Slo{};
    EXPECT_EQ(simulate(s, 0).digest, digest);
}

}  // namespace
