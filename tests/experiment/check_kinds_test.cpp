#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "experiment/load.hpp"
#include "experiment/run.hpp"

// Assertions about picks: sequences, runs, and shares by the null distribution that is theirs.

namespace {

using namespace lbsim;
using testing::HasSubstr;

/// Four backends at 1000/s for 20 s, twice, under a policy, with what is expected.
Experiment expecting(const std::string& policy, const std::string& expect,
                     const std::string& more = "") {
    const auto text = R"({ "replications": 2, "duration": "20s",
        "clients": [{ "name": "c", "arrivals": { "poisson": { "rate": "1000/s" } } }],
        "balancers": { "policy": ")" +
                      policy + "\"" + more + R"( },
        "backends": [{ "name": "b", "count": 4, "workers": 100, "service": "10ms" }],
        "expect": [")" +
                      expect + R"("] })";
    return load_experiment("test.json", text, {}, lb::builtin_policies());
}

ExpectOutcome outcome(const std::string& policy, const std::string& expect,
                      const std::string& more = "") {
    return run(expecting(policy, expect, more)).expect.front();
}

std::string mistake(const std::string& policy, const std::string& expect,
                    const std::string& more = "") {
    const auto read = read_expectations(expecting(policy, expect, more));
    return read.problems.empty() ? "" : read.problems.front().message;
}

TEST(Sequence, IsThatOfTheFirstPicks) {
    EXPECT_TRUE(outcome("round_robin", "sequence == [b0, b1, b2, b3, b0]").passed);
    const auto wrong = outcome("round_robin", "sequence == [b0, b1, b3, b2]");
    EXPECT_FALSE(wrong.passed);
    EXPECT_EQ(wrong.kind, ExpectOutcome::Kind::Exact);
    EXPECT_EQ(wrong.seen, "first divergent decision: pick 3, b2 instead of b3, in replication 0");
    EXPECT_THAT(mistake("random", "sequence == [b0, b9]"), HasSubstr("no backend \"b9\""));
    EXPECT_THAT(mistake("random", "sequence == []"), HasSubstr("expected a backend"));
    EXPECT_THAT(mistake("random", "sequence ~ [b0]"), HasSubstr("expected =="));
}

TEST(FirstPick, AndLongestRunAreMetrics) {
    EXPECT_TRUE(outcome("round_robin", "first_pick(b2) == 3").passed);
    EXPECT_TRUE(outcome("round_robin", "max_run == 1").passed);
    EXPECT_TRUE(outcome("first", "max_run(b0) == 4096").passed);
    EXPECT_TRUE(outcome("first", "first_pick(b2) == 3").vacuous);
    EXPECT_TRUE(outcome("round_robin", "max_run(1s..2s) == 1").vacuous);  // First picks only.
}

TEST(Discrepancy, IsBelowOneWhereTurnsAreSmooth) {
    EXPECT_TRUE(outcome("round_robin", "discrepancy == 0.75").passed);
    EXPECT_TRUE(outcome("random", "discrepancy > 10").passed);
}

TEST(Shares, AreJudgedAllAtOnceByTheGTest) {
    const auto right = outcome("random", "shares ~ weights");
    EXPECT_TRUE(right.passed) << right.seen;
    EXPECT_EQ(right.kind, ExpectOutcome::Kind::Derived);
    EXPECT_THAT(right.seen, HasSubstr("G-test p = "));
    EXPECT_TRUE(outcome("rendezvous", "shares ~ uniform").passed);
}

TEST(Shares, AreRefusedWherePicksDependOnEachOther) {
    for (const auto* policy : {"p2c", "least_connections", "round_robin", "ring_hash"})
        EXPECT_THAT(mistake(policy, "shares ~ weights"), HasSubstr("depend on each other"))
            << policy;
    EXPECT_THAT(mistake("random", "shares ~ weights", R"(, "retry": { "attempts": 2 })"),
                HasSubstr("depend on each other"));
    EXPECT_THAT(mistake("random", "shares ~ equal"), HasSubstr("expected weights or uniform"));
    EXPECT_THAT(mistake("random", "shares(b0) ~ weights"), HasSubstr("about all backends"));
}

TEST(Share, IsJudgedByTheBinomialLawWherePicksAreIndependent) {
    EXPECT_THAT(outcome("random", "share(b0) ~ 25%").seen, HasSubstr("binomial, of "));
    EXPECT_TRUE(outcome("random", "share(b0) ~ 25%").passed);
    EXPECT_TRUE(outcome("random", "share(b0) ~ 25% ± 3%").passed);
    // 40,000 picks tell 25 % from 27.
    EXPECT_FALSE(outcome("random", "share(b0) ~ 27%").passed);
    EXPECT_FALSE(outcome("random", "share(b0) ~ 25% ± 0.5%").passed);  // Too few to be certain.
    EXPECT_THAT(outcome("p2c", "share(b0) ~ 25%").seen, testing::Not(HasSubstr("binomial")));
}

// 1000/s for 10 ms: ten at once on average, or two and a half at each of four.
TEST(InFlightMax, IsNotedIfItIsAskedFor) {
    EXPECT_TRUE(outcome("first", "in_flight_max(b0) in [20, 40]").passed);
    EXPECT_TRUE(outcome("first", "in_flight_max(b3) == 0").passed);
    EXPECT_TRUE(outcome("round_robin", "in_flight_max(b1, 5s..6s) in [3, 15]").passed);
    EXPECT_FALSE(outcome("round_robin", "3 > in_flight_max(b1)").passed);
}

TEST(Keys, OfTheScenarioAreMovedByItsPolicy) {
    const auto even = outcome("rendezvous", "remap.moved(b1) in [24%, 26%]");
    EXPECT_TRUE(even.passed) << even.seen;
    EXPECT_FALSE(outcome("hash_mod", "remap.needless(b1) == 0").passed);
    EXPECT_THAT(mistake("random", "remap.moved(b1) == 0"), HasSubstr("does not go by keys"));
}

}  // namespace
