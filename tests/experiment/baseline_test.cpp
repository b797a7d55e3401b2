#include "experiment/baseline.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace {

using namespace lbsim;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

BaselineScenario stored(const std::string& digest, std::vector<double> p99,
                        std::vector<std::string> picks = {"b0", "b1", "b2"}) {
    BaselineScenario out{"s", "f", 1, p99.size(), {}};
    out.variants.push_back({"p2c", digest, std::move(picks), {{"p99_s", std::move(p99)}}});
    return out;
}

BaselineVerdict held(const BaselineScenario& before, const BaselineScenario& now) {
    return compare(std::vector{before}, std::vector{now}, 0.02).front();
}

/// Twenty replications about x, with a spread of a hundredth, and something added to each.
std::vector<double> about(double x, double more = 0, double noise = 0) {
    std::vector<double> out;
    for (int i = 0; i != 20; ++i)
        out.push_back(x * (1 + 0.01 * ((7 * i) % 20 - 9.5) / 10) + more +
                      noise * ((3 * i) % 7 - 3));
    return out;
}

TEST(Baseline, IsUnchangedIfTheEventsAre) {
    const auto verdict = held(stored("aa", about(1)), stored("aa", about(1)));
    EXPECT_TRUE(verdict.unchanged);
    EXPECT_TRUE(verdict.holds());
    EXPECT_EQ(outcome_of(verdict).seen, "the same events");
}

TEST(Baseline, FailsIfAMetricMovedForCertainAndFarEnough) {
    // Paired, a shift of 4 % stands out of noise of 1 %, as the noise is in both.
    auto verdict = held(stored("aa", about(1)), stored("bb", about(1, 0.04, 1e-4)));
    ASSERT_EQ(verdict.changes.size(), 1u);
    EXPECT_TRUE(verdict.changes[0].certain);
    EXPECT_TRUE(verdict.changes[0].large);
    EXPECT_FALSE(verdict.holds());
    EXPECT_EQ(outcome_of(verdict).kind, ExpectOutcome::Kind::Baseline);
    // As certain, but less than is allowed.
    verdict = held(stored("aa", about(1)), stored("bb", about(1, 0.01, 1e-4)));
    EXPECT_TRUE(verdict.changes[0].certain);
    EXPECT_FALSE(verdict.changes[0].large);
    EXPECT_TRUE(verdict.holds());
    // As large, but it may be chance.
    verdict = held(stored("aa", about(1)), stored("bb", about(1, 0.04, 0.1)));
    EXPECT_FALSE(verdict.changes[0].certain);
    EXPECT_TRUE(verdict.holds());
}

TEST(Baseline, NamesTheFirstDivergentDecision) {
    auto verdict = held(stored("aa", about(1)), stored("bb", about(1), {"b0", "b2", "b2"}));
    EXPECT_EQ(verdict.diverges, 2u);
    EXPECT_EQ(
        outcome_of(verdict).seen,
        "other events, but no metric moved further than is allowed; first divergent decision: "
        "pick 2, b2 instead of b1");
    verdict = held(stored("aa", about(1)), stored("bb", about(1)));
    EXPECT_EQ(verdict.diverges, 0u);
}

TEST(Baseline, TakesWhatBecameInfiniteForCertain) {
    const std::vector<double> never(20, kInfinity);
    EXPECT_FALSE(held(stored("aa", about(1)), stored("bb", never)).holds());
    EXPECT_FALSE(held(stored("aa", never), stored("bb", about(1))).holds());
    auto once = about(1);
    once[3] = kInfinity;  // In one replication of twenty: not for certain.
    EXPECT_TRUE(held(stored("aa", about(1)), stored("bb", once)).holds());
}

// A thousand metrics that chance alone moved: Holm lets none through at 1e-6.
TEST(Baseline, CountsEveryMetricAsAHypothesis) {
    auto before = stored("aa", about(1)), now = stored("bb", about(1, 0.03, 0.0085));
    const auto alone = held(before, now).changes.front().p_value;
    EXPECT_LT(alone, 1e-6);
    EXPECT_GT(alone, 1e-9);
    for (int i = 0; i != 1000; ++i) {
        before.variants[0].values.push_back({"m" + std::to_string(i), about(1)});
        now.variants[0].values.push_back({"m" + std::to_string(i), about(1)});
    }
    EXPECT_FALSE(held(before, now).changes.front().certain);
}

}  // namespace
