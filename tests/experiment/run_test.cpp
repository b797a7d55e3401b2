#include "experiment/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/rng.hpp"
#include "experiment/made.hpp"

namespace {

using namespace lbtest;

// Cut where the windows are, as the real one; what happens depends on seed and replication.
Replication pretend(const Scenario& scenario, std::uint64_t r) {
    std::vector<Duration> edges{0s, 3s};
    for (const auto& w : scenario.windows)
        for (const auto at : {w.from, w.to})
            if (at > 0s && at < 3s) edges.push_back(at);
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    auto rng = lb::Rng{scenario.seed}.stream("pretend", r);
    std::vector<Tally> segments;
    for (std::size_t i = 0; i + 1 != edges.size(); ++i) {
        segments.push_back(tally({.succeeded = 500 + rng.below(100), .failed = rng.below(9)},
                                 {300 + rng.below(100), 300, 50}));
        segments.back().span = edges[i + 1] - edges[i];
    }
    auto out = replication(std::move(segments), rng());
    out.edges = edges;
    out.duration = 3s;
    return out;
}

void backwards(std::size_t tasks, const std::function<void(std::size_t)>& task) {
    while (tasks != 0) task(--tasks);
}

void shuffled(std::size_t tasks, const std::function<void(std::size_t)>& task) {
    std::vector<std::size_t> order(tasks);
    std::iota(order.begin(), order.end(), std::size_t{0});
    lb::Rng rng{3};
    for (std::size_t i = tasks; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    for (const auto i : order) task(i);
}

// All that could differ, in words.
std::string written(const Result& result) {
    std::string out;
    for (const auto& run : result.runs) {
        out += run.variant + ' ' + run.digest;
        for (const auto& b : run.measures.backends)
            out += ' ' + std::to_string(b.share.value) + ' ' + std::to_string(b.attempts);
        out += '\n';
    }
    for (const auto& c : result.comparison)
        out += c.metric + c.a + c.b + std::to_string(c.difference.value) + ' ' +
               std::to_string(c.p_value) + '\n';
    for (const auto& e : result.expect) out += e.text + ": " + e.seen + '\n';
    return out;
}

TEST(Run, DependsNotOnTheOrderInWhichReplicationsRun) {
    const auto made =
        experiment({"share(b0, p2c) > 1%", "good(random) ~ 50% ± 49%"}, {"p2c", "random", "first"});
    const auto expected = written(run(made, in_order, pretend));
    EXPECT_EQ(written(run(made, backwards, pretend)), expected);
    EXPECT_EQ(written(run(made, shuffled, pretend)), expected);
}

TEST(Run, CutsTheRunWhereAnAssertionLooks) {
    const auto made = experiment({"offered(500ms..1500ms) > 0", "share(b0, 2500ms..3s) > 1%"});
    const auto result = run(made, in_order, pretend);
    ASSERT_EQ(result.expect.size(), 2u);
    for (const auto& e : result.expect) EXPECT_TRUE(e.passed) << e.text << ": " << e.seen;
    EXPECT_EQ(result.runs[0].windows.size(), 4u);  // Those of the scenario only.
}

TEST(Run, HoldsIfAllAssertionsDoWhateverTheServiceLevel) {
    auto made = experiment({"offered > 0"});
    made.variants[0].scenario.slo->good = 1;
    auto result = run(made, in_order, pretend);
    EXPECT_FALSE(result.runs[0].slo->met);
    EXPECT_TRUE(result.holds());
    result = run(experiment({"offered > 0", "offered > 1e9"}), in_order, pretend);
    EXPECT_FALSE(result.holds());
    EXPECT_TRUE(result.expect[0].passed);
}

TEST(Run, SharesTheFalseAlarmRateAmongAllOfTheSuite) {
    const auto made = experiment({"share(b0) ~ 40%", "share(b1) ~ 40%"});
    EXPECT_NE(run(made, in_order, pretend).expect[0].seen.find("over 2 assertions"),
              std::string::npos);
    EXPECT_NE(run(made, in_order, pretend, {.version = "1", .suite = 30})
                  .expect[0]
                  .seen.find("over 30 assertions"),
              std::string::npos);
}

TEST(Run, RunsEveryReplicationOfEveryVariantOnce) {
    auto made = experiment({}, {"p2c", "random"});
    made.variants[0].scenario.replications = made.variants[1].scenario.replications = 3;
    std::vector<std::uint64_t> seen;
    const auto result = run(made, backwards, [&](const Scenario& s, std::uint64_t r) {
        seen.push_back(r);
        return pretend(s, r);
    });
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 0, 1, 1, 2, 2}));
    EXPECT_EQ(result.runs.size(), 2u);
    EXPECT_TRUE(result.compared);
    EXPECT_EQ(result.replications, 3u);
}

}  // namespace
