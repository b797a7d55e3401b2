#include "balancer/policies/ribbon/best_available.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "support/clocked_pool.hpp"
#include "support/history.hpp"

namespace {

using lb::ribbon::BestAvailable;
using lbtest::ClockedPool;
using lbtest::make;
using End = lb::Response::End;
using namespace std::chrono_literals;

TEST(RibbonBestAvailable, PicksTheFewestInFlightAndTheFirstAmongEquals) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 3; ++i) pool.add();
    std::vector<lb::Ticket> out;
    for (const std::size_t expected : {0u, 1u, 2u, 0u, 1u, 2u}) {
        out.push_back(*pool.send());
        EXPECT_EQ(out.back().backend, pool.ids[expected]);
    }
    pool.done(out[2]);
    EXPECT_EQ(pool.send()->backend, pool.ids[2]);
}

TEST(RibbonBestAvailable, AlwaysAsksTheFirstWhileIdle) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 3; ++i) pool.add();
    for (int i = 0; i != 10; ++i) EXPECT_EQ(pool.pick(), pool.ids[0]);
}

TEST(RibbonBestAvailable, CountsOnlyWhatItSentItself) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 2; ++i) pool.add();
    for (int i = 0; i != 5; ++i) pool.fleet.sent(pool.ids[0], {});
    EXPECT_EQ(pool.pick(), pool.ids[0]);
}

TEST(RibbonBestAvailable, LeavesAloneWhoeverCannotBeReached) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 2; ++i) pool.add();
    for (int i = 0; i != 3; ++i) EXPECT_EQ(pool.pick({.end = End::Refused}), pool.ids[0]);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    pool.wait(10s);
    EXPECT_EQ(pool.pick(), pool.ids[0]);
}

TEST(RibbonBestAvailable, TakesTurnsIfNobodyCanBeReached) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 3; ++i)
        for (int failures = (pool.add(), 3); failures != 0; --failures)
            pool.answer(pool.ids.back(), {.end = End::Reset});
    for (const std::size_t expected : {1u, 2u, 0u})
        EXPECT_EQ(pool.pick({.end = End::Reset}), pool.ids[expected]);
}

TEST(RibbonBestAvailable, NeverPicksAnExcludedOne) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 2; ++i) pool.add();
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    for (int i = 0; i != 3; ++i) pool.answer(pool.ids[1], {.end = End::Reset});
    EXPECT_EQ(pool.pick(), pool.ids[1]);
}

TEST(RibbonBestAvailable, SaysWhatItCompared) {
    ClockedPool pool{make<BestAvailable>()};
    for (int i = 0; i != 2; ++i) pool.add();
    pool.send();
    auto [why, picked] = pool.explained();
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[0].score, 1);
    EXPECT_EQ(why.candidates[1].score, 0);
    EXPECT_EQ(picked, pool.ids[1]);
}

lbtest::History::Make walking_over(std::size_t few) {
    return [few] { return std::make_unique<BestAvailable>(BestAvailable::Config{}, few); };
}

TEST(RibbonBestAvailable, FindsByRankWhomAWalkFinds) {
    lbtest::expect_alike(walking_over(std::numeric_limits<std::size_t>::max()), walking_over(0));
}

}  // namespace
