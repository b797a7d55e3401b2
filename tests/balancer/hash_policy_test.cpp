#include "support/hash_policy.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using lb::combined_hash;
using lb::HashPart;
using Parts = std::vector<HashPart>;

TEST(CombinedHash, IsTheOnlyPartAsItIs) {
    EXPECT_EQ(combined_hash(Parts{{7}}), 7u);
    EXPECT_EQ(combined_hash(Parts{{}, {7}, {}}), 7u);
    EXPECT_EQ(combined_hash(Parts{{}, {}}), std::nullopt);
    EXPECT_EQ(combined_hash(Parts{}), std::nullopt);
}

TEST(CombinedHash, TurnsWhatThereWasByOneBit) {
    EXPECT_EQ(combined_hash(Parts{{1}, {8}}), 10u);
    EXPECT_EQ(combined_hash(Parts{{8}, {1}}), 17u) << "order matters";
    EXPECT_EQ(combined_hash(Parts{{1}, {1}}), 3u) << "twice the same does not vanish";
    EXPECT_EQ(combined_hash(Parts{{std::uint64_t{1} << 63}, {0}}), 1u);
}

TEST(CombinedHash, StopsAtATerminalRuleThatApplied) {
    EXPECT_EQ(combined_hash(Parts{{1, true}, {8}}), 1u);
    EXPECT_EQ(combined_hash(Parts{{1}, {8, true}, {5}}), 10u);
    EXPECT_EQ(combined_hash(Parts{{{}, true}, {8}}), 8u);
}

}  // namespace
