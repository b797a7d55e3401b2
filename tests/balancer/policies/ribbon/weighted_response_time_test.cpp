#include "balancer/policies/ribbon/weighted_response_time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::ribbon::WeightedResponseTime;
using lbtest::ClockedPool;
using lbtest::fits;
using lbtest::make;
using namespace std::chrono_literals;

/// With one answer from each, of so many milliseconds, and weights made of them.
struct Weighed : ClockedPool {
    explicit Weighed(const std::vector<int>& means) : ClockedPool{make<WeightedResponseTime>()} {
        for (const int mean : means) answer(add(), {.latency = std::chrono::milliseconds{mean}});
        wait(30s);
    }
    std::vector<std::uint64_t> counts(int picks) {
        std::vector<std::uint64_t> out(ids.size());
        for (int i = 0; i != picks; ++i) ++out[index(explained().second.value())];
        return out;
    }
};

TEST(RibbonWeightedResponseTime, AddsUpTheSumOfAllMeansLessTheOwn) {
    EXPECT_EQ(WeightedResponseTime::accumulated(std::vector<double>{10, 40, 80, 100}),
              (std::vector<double>{220, 410, 560, 690}));
    EXPECT_TRUE(WeightedResponseTime::accumulated({}).empty());
}

TEST(RibbonWeightedResponseTime, DrawsInProportion) {
    Weighed pool{{10, 40, 80, 100}};
    EXPECT_TRUE(fits(pool.counts(200'000), {220 / 690., 190 / 690., 150 / 690., 130 / 690.}));
}

TEST(RibbonWeightedResponseTime, TakesTurnsUntilThirtySecondsHavePassed) {
    ClockedPool pool{make<WeightedResponseTime>()};
    EXPECT_EQ(pool.policy->next_due(), lb::Instant::max());
    pool.now += 7s;
    for (int i = 0; i != 2; ++i) pool.add();
    EXPECT_EQ(pool.policy->next_due(), lb::Instant{37s});
    pool.answer(pool.ids[0], {.latency = 1ms});
    pool.wait(30s - 1ns);
    for (const std::size_t expected : {1u, 0u, 1u}) EXPECT_EQ(pool.pick(), pool.ids[expected]);
    pool.wait(1ns);
    EXPECT_EQ(pool.policy->next_due(), lb::Instant{67s});
    // Nobody else has a mean: the one that has gets nothing.
    for (int i = 0; i != 20; ++i) EXPECT_EQ(pool.explained().second, pool.ids[1]);
}

TEST(RibbonWeightedResponseTime, DoesNotReactBetween) {
    Weighed pool{{10, 10}};
    pool.answer(pool.ids[0], {.latency = 10s});
    EXPECT_TRUE(fits(pool.counts(20'000), {0.5, 0.5}));
    pool.wait(30s);
    EXPECT_TRUE(fits(pool.counts(20'000), {10 / 5015., 5005 / 5015.}));
}

TEST(RibbonWeightedResponseTime, TakesTurnsWhileTheNumberOfServersHasChanged) {
    Weighed pool{{10, 1000}};
    pool.add();
    for (const std::size_t expected : {1u, 2u, 0u, 1u}) EXPECT_EQ(pool.pick(), pool.ids[expected]);
    pool.wait(30s);
    EXPECT_NE(pool.explained().first.score, "nothing");
}

TEST(RibbonWeightedResponseTime, TakesTurnsIfAllAnswerWithinAMillisecond) {
    Weighed pool{{0, 0, 0}};
    for (const std::size_t expected : {1u, 2u, 0u}) EXPECT_EQ(pool.pick(), pool.ids[expected]);
}

TEST(RibbonWeightedResponseTime, KeepsTheProportionsOfTheEligible) {
    Weighed pool{{10, 40, 80, 100}};
    pool.exclude(pool.ids[1]);
    EXPECT_TRUE(fits(pool.counts(100'000), {220 / 500., 0, 150 / 500., 130 / 500.}));
    pool.exclude(pool.ids[3]);
    EXPECT_TRUE(fits(pool.counts(100'000), {220 / 370., 0, 150 / 370., 0}));
}

TEST(RibbonWeightedResponseTime, EndsWhereRibbonWouldDrawForEver) {
    Weighed pool{{0, 10}};  // All weight on the one without a mean.
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.explained().second, pool.ids[1]);
}

TEST(RibbonWeightedResponseTime, SaysTheWeights) {
    Weighed pool{{10, 40, 80}};
    pool.exclude(pool.ids[0]);
    const auto [why, picked] = pool.explained();
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[0].score, 90);
    EXPECT_EQ(why.candidates[1].score, 50);
}

}  // namespace
