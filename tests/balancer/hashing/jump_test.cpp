#include "balancer/hashing/jump.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"

namespace {

using lb::jump_hash;

// From github.com/lithammer/go-jump-consistent-hash, jump_test.go.
TEST(JumpHash, GivesThePublishedTestValues) {
    EXPECT_EQ(jump_hash(1, 1), 0u);
    EXPECT_EQ(jump_hash(42, 57), 43u);
    EXPECT_EQ(jump_hash(0xdead10cc, 1), 0u);
    EXPECT_EQ(jump_hash(0xdead10cc, 666), 361u);
    EXPECT_EQ(jump_hash(256, 1024), 520u);
}

TEST(JumpHash, MovesAKeyOnlyToABucketThatIsNew) {
    lb::Rng rng{1};
    for (int k = 0; k != 1000; ++k) {
        const auto key = rng();
        auto last = jump_hash(key, 1);
        for (std::uint32_t n = 2; n != 300; ++n) {
            const auto bucket = jump_hash(key, n);
            ASSERT_LT(bucket, n);
            ASSERT_TRUE(bucket == last || bucket == n - 1);
            last = bucket;
        }
    }
}

// 100,000 keys see a share off by 0.01 with probability 0.999.
TEST(JumpHash, SpreadsKeysEvenly) {
    lb::Rng rng{2};
    std::vector<std::uint64_t> counts(7);
    for (int k = 0; k != 100'000; ++k) ++counts[jump_hash(rng(), 7)];
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(7, 1 / 7.0)));
}

TEST(JumpHash, TakesAsManyBucketsAsItsNumbersHold) {
    lb::Rng rng{3};
    constexpr std::uint32_t kMost = std::uint32_t{1} << 31;
    for (int k = 0; k != 1000; ++k) ASSERT_LT(jump_hash(rng(), kMost), kMost);
    for (const std::uint64_t key : {std::uint64_t{0}, ~std::uint64_t{0}})
        ASSERT_LT(jump_hash(key, kMost), kMost);
}

}  // namespace
