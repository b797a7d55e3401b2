#include "experiment/comparison.hpp"

#include <gtest/gtest.h>

#include "experiment/made.hpp"

namespace {

using namespace lbtest;

// Requests of which `slow` per mille of each replication take a second instead of a millisecond,
// and `lost` per mille fail.
std::vector<Observation> observed(const Variant& variant, const std::vector<std::uint64_t>& slow,
                                  const std::vector<std::uint64_t>& lost) {
    std::vector<Observation> out;
    for (std::size_t r = 0; r != slow.size(); ++r) {
        Tally t;
        t.span = 3s;
        t.outcomes.offered = t.outcomes.attempts = 100'000;
        t.outcomes.failed = 100 * lost[r];
        t.outcomes.succeeded = 100'000 - t.outcomes.failed;
        t.outcomes.good = t.outcomes.succeeded - 100 * slow[r];
        t.latency.record(1'000'000, t.outcomes.good);
        t.latency.record(1'000'000'000, 100 * slow[r]);
        out.push_back(observe(variant, replication({t})));
    }
    return out;
}

struct Contest {
    std::vector<Variant> variants;
    std::vector<std::vector<Observation>> observations;

    void add(const std::string& label, const std::vector<std::uint64_t>& slow,
             std::vector<std::uint64_t> lost = {}) {
        lost.resize(slow.size());
        variants.push_back({label, scenario()});
        observations.push_back(observed(variants.back(), slow, lost));
    }
    std::vector<Comparison> compared() const { return compare(variants, observations); }
    const Comparison* find(const std::vector<Comparison>& all, std::string_view metric) const {
        for (const auto& c : all)
            if (c.metric == metric) return &c;
        return nullptr;
    }
    std::vector<std::vector<std::size_t>> ranked() const {
        std::vector<RunResult> runs;
        for (std::size_t i = 0; i != variants.size(); ++i)
            runs.push_back(summarise(variants[i], observations[i]));
        return rank(runs, compared());
    }
};

using Places = std::vector<std::vector<std::size_t>>;

TEST(Comparison, PairsEveryVariantWithEveryOtherInEachMetric) {
    Contest contest;
    for (const auto* label : {"a", "b", "c", "d"}) contest.add(label, {1, 2, 3});
    EXPECT_EQ(contest.compared().size(), 6u * 4);
    for (auto& v : contest.variants) v.scenario.slo.reset();
    EXPECT_EQ(contest.compared().size(), 6u * 3);
}

TEST(Comparison, SeesASmallDifferenceThatIsTheSameInEveryReplication) {
    Contest contest;
    contest.add("a", {1, 50, 99, 30, 70});
    contest.add("b", {3, 52, 101, 32, 72});  // Noise of dozens, difference of two.
    const auto all = contest.compared();
    const auto* good = contest.find(all, "good");
    EXPECT_NEAR(good->difference.value, 0.002, 1e-12);
    EXPECT_TRUE(good->distinguishable);
    EXPECT_FALSE(contest.find(all, "error_rate")->distinguishable);  // The same in both: nothing.
}

TEST(Comparison, CorrectsForHowManyPairsAreLookedAt) {
    // Half a percent of chance: enough among four comparisons, far from proof among 24.
    const std::vector<std::uint64_t> base{50, 50, 50, 50, 50}, other{52, 54, 55, 53, 56};
    Contest two;
    two.add("a", base);
    two.add("b", other);
    const auto alone = two.compared();
    const double p = two.find(alone, "good")->p_value;
    EXPECT_NEAR(p, 0.0048, 0.0001);
    EXPECT_TRUE(two.find(alone, "good")->distinguishable);
    Contest four = two;
    four.add("c", base);
    four.add("d", base);
    const auto many = four.compared();
    EXPECT_EQ(four.find(many, "good")->p_value, p);
    EXPECT_FALSE(four.find(many, "good")->distinguishable);
}

TEST(Comparison, ProvesNothingByOneReplication) {
    Contest contest;
    contest.add("a", {1});
    contest.add("b", {500});
    for (const auto& c : contest.compared()) {
        EXPECT_FALSE(c.distinguishable);
        EXPECT_FALSE(c.difference.low);
    }
    EXPECT_EQ(contest.ranked(), (Places{{0, 1}}));
}

TEST(Comparison, TellsInfiniteFromFiniteOnlyIfItIsAlwaysSo) {
    Contest always;
    always.add("a", {1, 2, 3}, {20, 30, 40});
    always.add("b", {1, 2, 3});
    auto all = always.compared();
    const auto* p99 = always.find(all, "p99_s");
    EXPECT_TRUE(p99->difference.beyond);
    EXPECT_GT(p99->difference.value, 0);
    EXPECT_TRUE(p99->distinguishable);

    Contest once;
    once.add("b", {1, 2, 3});
    once.add("a", {1, 2, 3}, {20, 1, 1});
    all = once.compared();
    p99 = once.find(all, "p99_s");
    EXPECT_LT(p99->difference.value, 0);
    EXPECT_FALSE(p99->distinguishable);

    Contest both;
    both.add("a", {1, 2, 3}, {20, 30, 40});
    both.add("b", {1, 2, 3}, {20, 30, 40});
    all = both.compared();
    EXPECT_TRUE(both.find(all, "p99_s")->difference.absent);
}

TEST(Comparison, LeavesOutVariantsThatMetOtherRequests) {
    Contest contest;
    contest.add("a", {1, 2});
    contest.add("b", {1, 2});
    contest.variants[1].scenario.seed = 2;
    EXPECT_TRUE(contest.compared().empty());
}

TEST(Comparison, RanksByGoodThenByTheTailAndGroupsWhatIsNotToldApart) {
    Contest contest;
    contest.add("bad", {400, 410, 420, 430});
    contest.add("good", {1, 2, 3, 4});
    contest.add("like_bad", {410, 400, 430, 420});
    EXPECT_EQ(contest.ranked(), (Places{{1}, {0, 2}}));
}

TEST(Comparison, LetsTheTailDecideBetweenThoseEquallyGood) {
    // As many are good, but those of "lost" that are not good never come back.
    Contest contest;
    contest.add("lost", {0, 0, 0, 0}, {20, 21, 22, 23});
    contest.add("late", {20, 21, 22, 23});
    EXPECT_EQ(contest.ranked(), (Places{{1}, {0}}));
}

}  // namespace
