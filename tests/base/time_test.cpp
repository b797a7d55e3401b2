#include "base/time.hpp"

#include <gtest/gtest.h>

namespace {

using lb::Duration;
using lb::Instant;
using lb::later;
using namespace std::chrono_literals;

TEST(Time, LaterIsTheSumOrTheLastMomentThereIs) {
    EXPECT_EQ(later(Instant{3s}, 4s), Instant{7s});
    EXPECT_EQ(later(Instant{-3s}, 4s), Instant{1s});
    EXPECT_EQ(later(Instant::max() - 4s, 4s), Instant::max());
    EXPECT_EQ(later(Instant::max() - 3s, 4s), Instant::max());
    EXPECT_EQ(later(Instant{}, Duration::max()), Instant::max());
    EXPECT_EQ(later(Instant{1ns}, Duration::max()), Instant::max());
    EXPECT_EQ(later(Instant{-1ns}, Duration::max()), Instant::max() - 1ns);
    EXPECT_EQ(later(Instant::min(), 1s), Instant::min() + 1s);
}

}  // namespace
