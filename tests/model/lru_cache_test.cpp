#include "model/lru_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "base/rng.hpp"

namespace {

using lbsim::LruCache;

/// The same by a list.
class Naive {
public:
    explicit Naive(std::size_t entries) : entries_{entries} {}
    bool touch(std::uint64_t key) {
        const auto at = std::find(keys_.begin(), keys_.end(), key);
        if (at == keys_.end()) return false;
        keys_.splice(keys_.begin(), keys_, at);
        return true;
    }
    void insert(std::uint64_t key) {
        if (touch(key)) return;
        if (keys_.size() == entries_) keys_.pop_back();
        keys_.push_front(key);
    }

private:
    std::size_t entries_;
    std::list<std::uint64_t> keys_;
};

TEST(LruCache, ForgetsWhatWasNotAskedForLongest) {
    LruCache cache{2};
    EXPECT_FALSE(cache.touch(1));
    cache.insert(1);
    cache.insert(2);
    EXPECT_TRUE(cache.touch(1));
    cache.insert(3);
    EXPECT_FALSE(cache.touch(2));
    EXPECT_TRUE(cache.touch(1));
    EXPECT_TRUE(cache.touch(3));
    cache.clear();
    EXPECT_FALSE(cache.touch(3));
    EXPECT_EQ(cache.size(), 0u);
}

// Small sizes make gaps and long ways round the table; keys that differ in high bits only, too.
TEST(LruCache, DoesAsAListDoes) {
    lb::Rng rng{1};
    for (const std::size_t entries : {1u, 2u, 3u, 7u, 8u, 9u, 100u})
        for (const unsigned shift : {0u, 20u, 44u, 60u}) {
            LruCache cache{entries};
            Naive naive{entries};
            for (int i = 0; i != 4000; ++i) {
                const auto key = rng.below(std::min<std::size_t>(15, 2 * entries) + 1) << shift;
                if (rng.chance(0.5)) {
                    ASSERT_EQ(cache.touch(key), naive.touch(key)) << entries << ' ' << shift;
                } else {
                    cache.insert(key);
                    naive.insert(key);
                }
                ASSERT_LE(cache.size(), entries);
            }
        }
}

}  // namespace
