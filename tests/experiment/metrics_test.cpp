#include "experiment/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiment/made.hpp"

namespace {

using namespace lbtest;
using Kind = Reading::Kind;

Reading read(std::string_view name, const Tally& tally, const Scenario& scenario,
             std::optional<std::vector<std::size_t>> backends = {}) {
    const auto* metric = find_metric(name);
    EXPECT_NE(metric, nullptr) << name;
    if (!backends) return metric->compute({tally, scenario});
    return metric->compute({tally, scenario, *backends});
}

// 1000 offered: 900 succeed in 1 ms … 900 ms, 450 of them well; 1200 attempts.
Tally example() {
    auto out =
        tally({.succeeded = 900, .failed = 50, .timed_out = 30, .rejected = 15, .unfinished = 5},
              {600, 300, 300, 0});
    out.span = 2s;
    out.outcomes.service_ns = 8e9;
    out.outcomes.wasted_ns = 2e9;
    double weight = 1;
    for (auto& b : out.backends) {
        b.failed = 7;
        b.busy_ns = 5e8;
        b.demand_ns = 1.5e9;
        b.in_flight_ns = 4e9;
        b.queue_max = static_cast<std::uint64_t>(weight);
        b.in_flight_max = static_cast<std::uint64_t>(10 * weight);
        b.expected_by_weight = weight;
        b.expected_by_speed = 4 - weight;
        weight += 1;
    }
    return out;
}

TEST(Metrics, SayWhatWasCountedAndDivided) {
    struct Case {
        std::string_view name;
        double expected;
    };
    const auto t = example();
    auto s = scenario();
    s.clients.resize(1);
    s.clients[0].timeout = std::chrono::seconds{1};
    for (const auto& [name, expected] : std::initializer_list<Case>{
             {"offered", 1000},     {"succeeded", 900},   {"failed", 50},
             {"timed_out", 30},     {"rejected", 15},     {"unfinished", 5},
             {"attempts", 1200},    {"good", 0.45},       {"error_rate", 0.095},
             {"throughput", 450},   {"goodput", 225},     {"amplification", 1.2},
             {"wasted_work", 0.25}, {"mean", 0.4505},     {"max", 0.9},
             {"utilization", 0.5},  {"demand", 1.5},      {"in_flight_mean", 8},
             {"queue_max", 4},      {"max_over_mean", 2}, {"jain", 1200.0 * 1200 / (4 * 540000)}}) {
        const auto reading = read(name, t, s);
        ASSERT_TRUE(reading.is(Kind::Number)) << name;
        EXPECT_DOUBLE_EQ(reading.value, expected) << name;
    }
    EXPECT_DOUBLE_EQ(read("cv", t, s).value, std::sqrt(45000.0) / 300);
}

TEST(Metrics, OfABackendOrAGroupCountWhatItDid) {
    struct Case {
        std::string_view name;
        std::vector<std::size_t> backends;
        double expected;
    };
    const auto t = example();
    auto s = scenario();
    s.balancers.equalises = lb::Equalises::Requests;
    for (const auto& [name, backends, expected] :
         std::initializer_list<Case>{{"share", {0}, 0.5},
                                     {"share", {1, 2}, 0.5},
                                     {"share", {3}, 0},
                                     {"attempts", {0, 1}, 900},
                                     {"failed", {0, 1}, 14},
                                     {"expected_share", {0}, 0.1},
                                     {"expected_share", {1, 3}, 0.6},
                                     {"utilization", {2, 3}, 0.5},
                                     {"in_flight_mean", {0}, 2},
                                     {"in_flight_mean", {0, 1}, 4},
                                     {"queue_max", {0, 2}, 3},
                                     {"in_flight_max", {1, 2}, 30},
                                     {"mean", {0}, 0.449},
                                     {"max", {1}, 0.898},
                                     {"max", {0, 1}, 0.898}}) {
        const auto reading = read(name, t, s, backends);
        ASSERT_TRUE(reading.is(Kind::Number)) << name;
        EXPECT_DOUBLE_EQ(reading.value, expected) << name << " of " << backends.size();
    }
    s.balancers.equalises = lb::Equalises::InFlight;
    EXPECT_DOUBLE_EQ(read("expected_share", t, s, {{0}}).value, 0.5);
}

TEST(Metrics, CountWhatDidNotSucceedAsInfiniteInBareQuantilesOnly) {
    const auto t = example();
    const auto s = scenario();
    EXPECT_NEAR(read("p50", t, s).value, 0.5, 0.0005);
    EXPECT_NEAR(read("p90", t, s).value, 0.9, 0.0009);
    for (const auto* name : {"p95", "p99", "p999"}) EXPECT_TRUE(read(name, t, s).is(Kind::Beyond));
    EXPECT_NEAR(read("p50_success", t, s).value, 0.45, 0.0005);
    EXPECT_NEAR(read("p99_success", t, s).value, 0.891, 0.0009);
}

TEST(Metrics, AreThinWithFewerThanAHundredSamplesBeyondTheQuantile) {
    const auto s = scenario();
    EXPECT_FALSE(read("p90", example(), s).thin);
    EXPECT_TRUE(read("p90_success", example(), s).thin);  // 90 of 900.
    EXPECT_TRUE(read("p99", example(), s).thin);
    EXPECT_FALSE(read("p50_success", tally({.succeeded = 200}, {200}), s).thin);
    EXPECT_TRUE(read("p50_success", tally({.succeeded = 199}, {199}), s).thin);
}

TEST(Metrics, AreAbsentAndNotZeroWithoutAnythingToMeasure) {
    const Tally nothing = tally({}, {0, 0});
    const auto s = scenario();
    for (const auto* name :
         {"good", "error_rate", "p50", "p999", "mean", "p50_success", "max", "throughput",
          "goodput", "amplification", "wasted_work", "max_over_mean", "cv", "jain"}) {
        const auto reading = read(name, nothing, s);
        EXPECT_TRUE(reading.is(Kind::Absent)) << name;
        EXPECT_FALSE(reading.why.empty()) << name;
    }
    EXPECT_TRUE(read("share", nothing, s, {{0}}).is(Kind::Absent));
    auto none = s;
    none.slo.reset();
    EXPECT_TRUE(read("good", example(), none).is(Kind::Absent));
    EXPECT_DOUBLE_EQ(read("goodput", example(), none).value, 450);
    EXPECT_TRUE(read("expected_share", example(), none, {{0}}).is(Kind::Absent));
    auto unlimited = example();
    unlimited.backends[0].worker_ns = INFINITY;
    EXPECT_TRUE(read("utilization", unlimited, s, {{0}}).is(Kind::Absent));
}

TEST(Metrics, TellHowSoonVerdictsCameAndWhatTheyCost) {
    auto t = example();
    auto s = scenario();
    EXPECT_TRUE(read("flaps", t, s).is(Kind::Absent));
    s.balancers.guard.health_check.emplace();
    EXPECT_TRUE(read("trials", t, s).is(Kind::Absent));
    t.begins = 10s;
    t.backends[0].verdicts = {.exclusions = 3,
                              .unfounded = 2,
                              .repeated = 1,
                              .readmissions = 3,
                              .failed_before = 4,
                              .first_excluded = 10500ms,
                              .last_readmitted = 11500ms,
                              .excluded_ns = 8e8,
                              .spared_ns = 5e8};
    t.backends[1].verdicts = {.exclusions = 1, .first_excluded = 11s, .left_out = 0.5};
    EXPECT_EQ(read("exclusions", t, s).value, 4);
    EXPECT_EQ(read("false_exclusions", t, s).value, 2);
    EXPECT_EQ(read("flaps", t, s).value, 1);
    EXPECT_EQ(read("readmissions", t, s).value, 3);
    EXPECT_EQ(read("failed_before_exclusion", t, s).value, 4);
    EXPECT_EQ(read("time_to_exclude", t, s, {{0, 1}}).value, 0.5);
    EXPECT_EQ(read("time_to_exclude", t, s, {{1}}).value, 1);
    EXPECT_TRUE(read("time_to_exclude", t, s, {{2}}).is(Kind::Beyond));
    EXPECT_EQ(read("time_to_readmit", t, s, {{0}}).value, 1.5);
    EXPECT_TRUE(read("time_to_readmit", t, s, {{0, 1}}).is(Kind::Beyond));
    EXPECT_TRUE(read("time_to_readmit", t, s, {{2}}).is(Kind::Absent));
    EXPECT_EQ(read("excluded", t, s, {{0}}).value, 0.4);
    EXPECT_EQ(read("excluded", t, s, {{0, 2}}).value, 0.2);
    // A quarter of the time, and due one attempt by its weight.
    EXPECT_EQ(read("spared", t, s, {{0}}).value, 0.25);
}

TEST(Metrics, TellWhenAllWasWellAgain) {
    auto s = scenario();
    s.timeline.emplace_back().at = 10s;
    Series series{.step = 1s, .steps = {}};
    const auto step = [&](std::uint64_t good) {
        series.steps.emplace_back();
        series.steps.back().offered = 100;
        series.steps.back().good = good;
    };
    for (int i = 0; i != 10; ++i) step(80);
    for (const std::uint64_t good : {0, 0, 30, 60, 75, 71, 80, 79, 72, 80}) step(good);
    Tally t;
    t.begins = 12s;
    t.span = 8s;
    const auto seen = [&] { return find_metric("time_to_recover")->compute({t, s, {}, &series}); };
    EXPECT_EQ(seen().value, 4);  // 71 of 100 is less than nine tenths of 80, and 72 is not.
    series.steps[19].good = 0;
    EXPECT_TRUE(seen().is(Kind::Beyond));
    series.steps[19].offered = 19;  // Too few to tell.
    EXPECT_EQ(seen().value, 4);
    series.steps[0].unfinished = 20;
    EXPECT_EQ(seen().value, 4);
    series.steps[0].unfinished = 21;  // More than a tenth outlive the run: nobody knows.
    EXPECT_TRUE(seen().is(Kind::Absent));
    series.steps[0].unfinished = 0;
    t.begins = 16s;
    t.span = 3s;
    EXPECT_EQ(seen().value, 0);
    t.span = Duration::zero();
    EXPECT_TRUE(seen().is(Kind::Absent));
    t.span = 3s;
    s.timeline[0].at = 0s;
    EXPECT_TRUE(seen().is(Kind::Absent));
    s.timeline.clear();
    EXPECT_TRUE(seen().is(Kind::Absent));
}

// Steps of one second; b0 to b2, of which b2 is of another tier.
TEST(Metrics, TellTheLargestAndSmallestShareOverTime) {
    const auto s = scenario();
    auto t = tally({}, {0, 0, 0});
    t.backends[2].tier = 1;
    t.begins = 1s;
    t.span = 3500ms;
    Series series{.step = 1s, .steps = {}};
    const auto step = [&](std::vector<std::uint32_t> attempts) {
        series.steps.emplace_back().attempts = std::move(attempts);
    };
    step({100, 0, 9}), step({40, 60, 9}), step({19, 0}), step({5, 15}), step({0, 100, 9});
    const auto seen = [&](std::string_view name, std::vector<std::size_t> backends) {
        return find_metric(name)->compute({t, s, backends, &series});
    };
    // Neither what lies outside, nor the second with 19 attempts, nor the half one at the end.
    EXPECT_EQ(seen("share_max", {0}), Reading::number(0.4));
    EXPECT_EQ(seen("share_min", {0}), Reading::number(0.25));
    EXPECT_EQ(seen("share_max", {1}), Reading::number(0.75));
    EXPECT_EQ(seen("share_min", {0, 1}), Reading::number(1));
    t.span = 4s;
    EXPECT_EQ(seen("share_min", {0}), Reading::number(0));
    t.begins = 2s;
    t.span = 1s;
    EXPECT_TRUE(seen("share_min", {0}).is(Kind::Absent));
    EXPECT_TRUE(read("share_max", t, s, {{0}}).is(Kind::Absent));
}

TEST(Metrics, TellWhatLeftItsZoneAndHowLongPanicWas) {
    auto s = scenario();
    auto t = tally({.succeeded = 90}, {60, 40});
    t.outcomes.left_zone = 25;
    t.outcomes.panic_ns = 2e8;
    for (const auto* name : {"cross_zone", "panic"})
        EXPECT_TRUE(read(name, t, s).is(Kind::Absent)) << name;
    s.balancers.zones = {"a", "b"};
    EXPECT_EQ(read("cross_zone", t, s), Reading::number(0.25));
    s.balancers.around.pool.fail_open.emplace();
    EXPECT_TRUE(read("panic", t, s).is(Kind::Absent));  // Nothing that could be overridden.
    s.balancers.guard.health_check.emplace();
    EXPECT_EQ(read("panic", t, s), Reading::number(0.2));
    s.balancers.around.pool.fail_open.reset();
    EXPECT_TRUE(read("panic", t, s).is(Kind::Absent));
    s.balancers.around.pool.priorities.emplace();
    EXPECT_EQ(read("panic", t, s), Reading::number(0.2));
    t.outcomes.attempts = 0;
    EXPECT_TRUE(read("cross_zone", t, s).is(Kind::Absent));
}

TEST(Metrics, OfKeysAreNotOfRuns) {
    RemapStep step{.from = {}, .to = {}, .keys = 1000, .rows = {}};
    auto& row = step.rows.emplace_back();
    row.moved = 300;
    row.needless = 50;
    row.reordered = 100;
    row.unrestored = 20;
    const auto s = scenario();
    const Tally none;
    const std::size_t one[] = {0};
    const auto of = [&](std::string_view name, bool backend) {
        EXPECT_FALSE(find_metric(name)->of_run()) << name;
        Sample sample{.tally = none, .scenario = s, .keys = &step};
        if (backend) sample.backends = one;
        return find_metric(name)->compute(sample);
    };
    EXPECT_EQ(of("remap.moved", true), Reading::number(0.3));
    EXPECT_EQ(of("remap.needless", true), Reading::number(0.05));
    EXPECT_EQ(of("agreement", false), Reading::number(0.9));
    EXPECT_EQ(of("agreement", true), Reading::number(0.98));
    EXPECT_TRUE(find_metric("p99")->of_run());
    EXPECT_FALSE(find_metric("share")->of_run());
}

TEST(Metrics, LeaveBackendsThatWereNotThereOutOfTheBalance) {
    auto t = tally({.succeeded = 100}, {50, 50, 0});
    t.backends[2].worker_ns = 0;
    EXPECT_EQ(read("max_over_mean", t, scenario()).value, 1);
    EXPECT_EQ(read("cv", t, scenario()).value, 0);
    EXPECT_EQ(read("jain", t, scenario()).value, 1);
}

TEST(Metrics, HaveDistinctNamesAndColumnsByWhichTheyAreFound) {
    std::set<std::string> names;
    for (const auto& metric : metrics()) {
        EXPECT_TRUE(names.insert(column(metric)).second) << metric.name;
        EXPECT_EQ(find_metric(metric.name), &metric);
        EXPECT_EQ(find_metric(column(metric)), &metric);
        EXPECT_FALSE(metric.meaning.empty());
        EXPECT_FALSE(metric.meaning.ends_with('.')) << metric.name;
    }
    EXPECT_EQ(column(*find_metric("p99")), "p99_s");
    EXPECT_EQ(column(*find_metric("throughput")), "throughput_per_s");
    EXPECT_EQ(find_metric("p98"), nullptr);
}

}  // namespace
