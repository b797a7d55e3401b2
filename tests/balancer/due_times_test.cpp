#include "balancer/due_times.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::BackendId;
using lb::DueTimes;
using lb::Instant;
using namespace std::chrono_literals;

TEST(DueTimes, TakeTheEarliestAndOfEqualOnesTheFirstSlot) {
    DueTimes due;
    EXPECT_EQ(due.next(), Instant::max());
    due.set(BackendId{2}, Instant{5s});
    due.set(BackendId{1}, Instant{5s});
    due.set(BackendId{3}, Instant{4s});
    EXPECT_EQ(due.next(), Instant{4s});
    EXPECT_EQ(due.first(), BackendId{3});
    due.set(BackendId{3}, Instant{6s});
    EXPECT_EQ(due.first(), BackendId{1});
    due.clear(BackendId{1});
    due.clear(BackendId{1});
    due.clear(BackendId{99});
    EXPECT_EQ(due.first(), BackendId{2});
    due.set(BackendId{2}, DueTimes::kNever);
    EXPECT_EQ(due.first(), BackendId{3});
    due.set(BackendId{3}, DueTimes::kNever);
    EXPECT_EQ(due.next(), DueTimes::kNever);
}

TEST(DueTimes, AgreeWithAScanOfAll) {
    lb::Rng rng{4};
    DueTimes due;
    std::vector<Instant> at(20, DueTimes::kNever);
    for (int step = 0; step != 20'000; ++step) {
        const auto slot = rng.below(20);
        at[slot] =
            rng.chance(0.3) ? DueTimes::kNever : Instant{1ns * static_cast<int>(rng.below(9))};
        due.set(BackendId{static_cast<std::uint32_t>(slot)}, at[slot]);
        const auto first = std::min_element(at.begin(), at.end());
        ASSERT_EQ(due.next(), *first);
        if (*first == DueTimes::kNever) continue;
        ASSERT_EQ(index(due.first()), static_cast<std::size_t>(first - at.begin()));
    }
}

}  // namespace
