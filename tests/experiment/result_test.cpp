#include "experiment/result.hpp"

#include <gtest/gtest.h>

#include "experiment/made.hpp"

namespace {

using namespace lbtest;

Variant variant() { return {"p2c", scenario()}; }

std::vector<Replication> two() {
    std::vector<Replication> out;
    for (const std::uint64_t extra : {0u, 100u}) {
        std::vector<Tally> seconds;
        for (std::uint64_t s = 0; s != 3; ++s)
            seconds.push_back(tally({.succeeded = 800,
                                     .failed = 100 + extra,
                                     .timed_out = s,
                                     .rejected = 2,
                                     .unfinished = 1},
                                    {500, 300 + extra, 100}));
        out.push_back(replication(std::move(seconds), 7 + extra));
    }
    return out;
}

TEST(Result, CountsAddUpOverReplicationsWindowsAndBackends) {
    const auto run = summarise(variant(), two());
    EXPECT_TRUE(run.measures.requests.conserved());
    EXPECT_EQ(run.measures.requests.offered, 2u * (3 * 903 + 3) + 300);
    Outcomes parts;
    ASSERT_EQ(run.windows.size(), 4u);
    for (std::size_t i = 0; i != 3; ++i) {
        EXPECT_TRUE(run.windows[i].measures.requests.conserved());
        parts.add(run.windows[i].measures.requests);
    }
    EXPECT_EQ(parts.offered, run.measures.requests.offered);
    EXPECT_EQ(parts.attempts, run.measures.requests.attempts);
    std::uint64_t attempts = 0;
    double shares = 0;
    for (const auto& b : run.measures.backends) {
        attempts += b.attempts;
        shares += b.share.value;
    }
    EXPECT_EQ(attempts, run.measures.requests.attempts);
    EXPECT_DOUBLE_EQ(shares, 1);
}

TEST(Result, NamesWindowsAndBackendsAsTheScenarioDoes) {
    const auto run = summarise(variant(), two());
    EXPECT_EQ(run.windows[1].name, "during:slow");
    EXPECT_EQ(run.windows[1].from, 1s);
    EXPECT_EQ(run.windows[1].to, 2s);
    EXPECT_EQ(run.measures.backends[2].name, "b2");
    EXPECT_EQ(run.measures.backends[2].group, "b");
    EXPECT_EQ(run.variant, "p2c");
    EXPECT_EQ(run.replications, 2u);
}

TEST(Result, AveragesReplicationsWithStudentsInterval) {
    const auto run = summarise(variant(), two());
    // Of attempts 900 and 1000 a second, 500 each to b0.
    const double a = 5.0 / 9, b = 0.5, mean = (a + b) / 2;
    const auto& share = run.measures.backends[0].share;
    EXPECT_DOUBLE_EQ(share.value, mean);
    // Two values: t of one degree of freedom at 97.5 % is 12.7062, the error half the difference.
    EXPECT_NEAR(*share.high - mean, 12.7062 * (a - b) / 2, 1e-5);
    EXPECT_NEAR(mean - *share.low, 12.7062 * (a - b) / 2, 1e-5);
    const auto runs = two();
    const auto one = summarise(variant(), std::span{runs}.first(1));
    EXPECT_FALSE(one.measures.backends[0].share.low);
    EXPECT_FALSE(one.measures.backends[0].share.high);
}

TEST(Result, ExpectsOfABackendWhatItsPolicyEqualises) {
    auto v = variant();
    auto runs = two();
    for (auto& r : runs)
        for (auto& s : r.segments)
            for (std::size_t b = 0; b != 3; ++b) {
                s.backends[b].expected_by_weight = b == 0 ? 2 : 1;
                s.backends[b].expected_by_speed = b == 0 ? 8 : 1;
            }
    EXPECT_FALSE(summarise(v, runs).measures.backends[0].expected_share);
    v.scenario.balancers.equalises = lb::Equalises::Requests;
    EXPECT_EQ(summarise(v, runs).measures.backends[0].expected_share, 0.5);
    v.scenario.balancers.equalises = lb::Equalises::InFlight;
    EXPECT_EQ(summarise(v, runs).measures.backends[0].expected_share, 0.8);
}

TEST(Result, IsBeyondIfAnyReplicationIsAndAbsentOnlyIfAllAre) {
    const auto number = Reading::number(2), beyond = Reading::beyond(),
               absent = Reading::absent("nothing");
    const auto of = [](std::initializer_list<Reading> readings) {
        return figure(std::vector<Reading>{readings});
    };
    EXPECT_TRUE(of({number, beyond}).beyond);
    EXPECT_FALSE(of({number, beyond}).low);
    EXPECT_TRUE(of({absent, absent}).absent);
    EXPECT_FALSE(of({absent, number}).absent);
    EXPECT_EQ(of({absent, number}).value, 2);
    EXPECT_TRUE(of({number, Reading::number(2, true)}).thin);
}

TEST(Result, TellsRunsApartByTheOrderedDigestsOfTheirReplications) {
    auto runs = two();
    const auto digest = summarise(variant(), runs).digest;
    EXPECT_EQ(digest.size(), 16u);
    EXPECT_EQ(digest.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(summarise(variant(), two()).digest, digest);
    std::swap(runs[0].digest, runs[1].digest);
    EXPECT_NE(summarise(variant(), runs).digest, digest);
}

TEST(Result, JudgesTheServiceLevelByTheMeanOfGood) {
    auto v = variant();
    const auto runs = two();
    const double good = summarise(v, runs).measures.good.value;
    v.scenario.slo->good = good;
    EXPECT_TRUE(summarise(v, runs).slo->met);
    v.scenario.slo->good = good + 1e-9;
    EXPECT_FALSE(summarise(v, runs).slo->met);
    v.scenario.slo.reset();
    EXPECT_FALSE(summarise(v, runs).slo);
    EXPECT_TRUE(summarise(v, runs).measures.good.absent);
}

Series::Step step(std::uint64_t offered, std::int64_t ns, std::vector<std::uint32_t> attempts,
                  Condition condition) {
    Series::Step out;
    out.offered = offered;
    out.in_flight = offered;
    out.latency.record(ns, offered);
    out.attempts = std::move(attempts);
    out.conditions = {condition, Condition::Up, Condition::Up};
    return out;
}

TEST(Result, JoinsSeriesOfUnequalStepsAtTheLongerOne) {
    auto runs = two();
    runs[0].series.step = 1s;
    runs[0].series.steps = {step(10, 1000, {10, 0}, Condition::Up),
                            step(20, 1000, {0, 20}, Condition::Slow),
                            step(30, 1000, {30}, Condition::Up), step(0, 1000, {}, Condition::Up)};
    runs[1].series.step = 2s;
    runs[1].series.steps = {step(30, 3000, {30, 0}, Condition::Crashed),
                            step(10, 3000, {10}, Condition::Up)};
    const auto series = summarise(variant(), runs).series;
    EXPECT_EQ(series.step, 2s);
    ASSERT_EQ(series.steps.size(), 2u);
    const auto& first = series.steps[0];
    EXPECT_EQ(first.offered, 30);
    EXPECT_EQ(first.in_flight, 25);
    EXPECT_EQ(first.conditions[0], Condition::Crashed);
    EXPECT_EQ(first.conditions[1], Condition::Up);
    ASSERT_EQ(first.shares.size(), 3u);
    EXPECT_DOUBLE_EQ(first.shares[0], 40.0 / 60);
    EXPECT_DOUBLE_EQ(first.shares[1], 20.0 / 60);
    EXPECT_NEAR(*first.p50, 1e-6, 1e-8);
    EXPECT_NEAR(*first.p99, 3e-6, 3e-8);
    EXPECT_EQ(series.steps[1].offered, 20);
}

}  // namespace
