#include "balancer/policies/alb/weighted_random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::Response;
using lb::alb::WeightedRandom;
using lbtest::ClockedPool;
using lbtest::fits;
using End = lb::Response::End;
using namespace std::chrono_literals;

std::unique_ptr<lb::Policy> mitigating(bool on = true) {
    WeightedRandom::Config config;
    config.anomaly_mitigation = on;
    return std::make_unique<WeightedRandom>(config);
}

/// Targets that answer as they are told.
struct Group : ClockedPool {
    explicit Group(std::size_t targets, bool on = true) : ClockedPool{mitigating(on)} {
        for (std::size_t i = 0; i != targets; ++i) add();
    }
    void answers(std::size_t which, int times, const Response& response) {
        for (int i = 0; i != times; ++i) answer(ids[which], response);
    }
    /// A period in which each answers so often, `which` of them with errors only.
    void period(int times, std::vector<std::size_t> which,
                const Response& error = {.status = 500}) {
        for (std::size_t i = 0; i != ids.size(); ++i) {
            const bool bad = std::find(which.begin(), which.end(), i) != which.end();
            answers(i, times, bad ? error : Response{});
        }
        wait(5s);
    }
    double weight(std::size_t which) {
        for (const auto& candidate : explained().first.candidates)
            if (candidate.backend == ids[which]) return candidate.score;
        return -1;
    }
};

TEST(AlbWeightedRandom, IsUniformWhateverTheWeightsOfTheScenario) {
    ClockedPool pool{mitigating(false)};
    for (const double weight : {1.0, 9.0, 3.0, 0.5}) pool.add(weight);
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 40'000; ++i) ++counts[index(*pool.pick())];
    EXPECT_TRUE(fits(counts, {0.25, 0.25, 0.25, 0.25}));
}

TEST(AlbWeightedRandom, IsNeverDueAndChangesNothingWithoutMitigation) {
    Group group{3, false};
    EXPECT_EQ(group.policy->next_due(), lb::Instant::max());
    group.period(100, {0});
    EXPECT_EQ(group.weight(0), 1);
}

TEST(AlbWeightedRandom, HalvesAnAnomalousTargetEachPeriodDownToAHundredth) {
    Group group{4};
    for (const double expected : {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.01, 0.01}) {
        group.period(100, {2});
        EXPECT_EQ(group.weight(2), expected);
        for (const std::size_t well : {0u, 1u, 3u}) EXPECT_EQ(group.weight(well), 1);
    }
}

TEST(AlbWeightedRandom, DrawsInProportionToTheAutomaticWeights) {
    Group group{4};
    group.period(100, {2});
    group.period(100, {2});
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 100'000; ++i) ++counts[index(*group.explained().second)];
    EXPECT_TRUE(fits(counts, {4 / 13.0, 4 / 13.0, 1 / 13.0, 4 / 13.0}));
}

TEST(AlbWeightedRandom, RaisesARecoveredTargetBitByBit) {
    Group group{3};
    for (int i = 0; i != 7; ++i) group.period(100, {0});
    for (int i = 1; i != 10; ++i) {
        group.period(100, {});
        EXPECT_NEAR(group.weight(0), 0.01 + 0.1 * i, 1e-12);
    }
    group.period(100, {});
    EXPECT_EQ(group.weight(0), 1);
}

TEST(AlbWeightedRandom, TakesServerErrorsAndBrokenConnectionsForErrors) {
    for (const Response& error :
         {Response{.status = 500}, Response{.status = 503}, Response{.end = End::Refused},
          Response{.end = End::Reset}, Response{.end = End::Timeout}}) {
        Group group{3};
        group.period(100, {1}, error);
        EXPECT_EQ(group.weight(1), 0.5);
    }
    for (const Response& fine :
         {Response{.status = 404}, Response{.end = End::Cancelled}, Response{.latency = 10s}}) {
        Group group{3};
        group.period(100, {1}, fine);
        EXPECT_EQ(group.weight(1), 1);
    }
}

TEST(AlbWeightedRandom, NeedsThreeHealthyTargets) {
    Group two{2};
    two.period(100, {0});
    EXPECT_EQ(two.weight(0), 1);
    Group three{3};
    three.exclude(three.ids[2]);
    three.period(100, {0});
    EXPECT_EQ(three.weight(0), 1);
}

TEST(AlbWeightedRandom, FindsNoAnomalyWhereAllFailAlike) {
    Group group{5};
    group.period(100, {0, 1, 2, 3, 4});
    for (std::size_t i = 0; i != 5; ++i) EXPECT_EQ(group.weight(i), 1);
}

// Of 100 answers each, with 1 error in 100 among 900 of the peers: 6 errors are 3.5 standard errors
// above (0.0444 / 0.0128), 7 are 4.1 (0.0544 / 0.0132).  Where 30 of 100 fail, 59 are 5.7 above,
// and yet not twice as many.
TEST(AlbWeightedRandom, TellsAnAnomalyFromChanceAndFromATrifle) {
    struct Case {
        int own, peers;
        bool anomalous;
    };
    for (const auto& [own, peers, anomalous] : {Case{1, 1, false},
                                                {5, 1, false},
                                                {6, 1, false},
                                                {7, 1, true},
                                                {30, 1, true},
                                                {99, 50, false},
                                                {60, 30, true},
                                                {59, 30, false}}) {
        Group group{10};
        for (std::size_t i = 0; i != 10; ++i) {
            const int errors = i == 0 ? own : peers;
            group.answers(i, errors, {.status = 502});
            group.answers(i, 100 - errors, {});
        }
        group.wait(5s);
        EXPECT_EQ(group.weight(0) < 1, anomalous) << own << " and " << peers;
    }
}

TEST(AlbWeightedRandom, JudgesNobodyByFewAnswersButKeepsThem) {
    Group group{3};
    group.period(19, {0});
    EXPECT_EQ(group.weight(0), 1);
    group.answers(0, 1, {.status = 500});
    group.answers(1, 100, {});
    group.answers(2, 100, {});
    group.wait(5s);
    EXPECT_EQ(group.weight(0), 0.5);
    group.answers(0, 1, {});  // Since it was judged there is one.
    group.wait(5s);
    EXPECT_EQ(group.weight(0), 0.5);
}

TEST(AlbWeightedRandom, NeverPicksAnExcludedTargetThatItHadLowered) {
    Group group{4};
    group.period(100, {0});
    group.exclude(group.ids[0]);
    for (int i = 0; i != 1000; ++i) ASSERT_NE(*group.pick(), group.ids[0]);
    group.admit(group.ids[0]);
    EXPECT_EQ(group.weight(0), 0.5);
}

TEST(AlbWeightedRandom, ForgetsWhoHadTheSlotBefore) {
    Group group{4};
    group.period(100, {0});
    group.answers(0, 50, {.status = 500});
    const auto slot = group.ids[0];
    group.fleet.remove(slot, {});
    EXPECT_EQ(group.add(), slot);
    EXPECT_EQ(group.weight(0), 1);
    group.answers(0, 20, {});
    group.wait(5s);
    EXPECT_EQ(group.weight(0), 1);
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 40'000; ++i) ++counts[index(*group.explained().second)];
    EXPECT_TRUE(fits(counts, {0.25, 0.25, 0.25, 0.25}));
}

}  // namespace
