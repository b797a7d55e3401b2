#include "balancer/hashing/haproxy/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "balancer/hashing/haproxy/functions.hpp"
#include "base/rng.hpp"

namespace {

using lb::BackendId;
using lb::haproxy::full_hash;
using lb::haproxy::Tree;

constexpr BackendId kA{0}, kB{1}, kC{2};

Tree grown(const std::vector<std::uint32_t>& nodes) {
    Tree tree;
    for (std::uint32_t i = 0; i != nodes.size(); ++i) tree.set(BackendId{i}, i + 1, nodes[i]);
    tree.seal();
    return tree;
}
std::vector<BackendId> owners(const Tree& tree, int hashes = 2000) {
    lb::Rng rng{7};
    std::vector<BackendId> out;
    for (int i = 0; i != hashes; ++i)
        out.push_back(tree.owner(tree.nearest(static_cast<std::uint32_t>(rng()))));
    return out;
}

TEST(HaproxyTree, HasTheNodesOfEachIdInOrderOfTheirKeys) {
    const auto tree = grown({16, 48, 1});
    ASSERT_EQ(tree.size(), 65u);
    std::map<BackendId, std::vector<std::uint32_t>> keys;
    for (std::size_t i = 0; i != tree.size(); ++i) {
        keys[tree.owner(i)].push_back(tree.key(i));
        EXPECT_TRUE(i == 0 || tree.key(i - 1) < tree.key(i));
    }
    for (std::uint32_t server = 0; server != 3; ++server) {
        std::vector<std::uint32_t> expected;
        for (std::uint32_t j = 0; j != keys[BackendId{server}].size(); ++j)
            expected.push_back(full_hash(4096 * (server + 1) + j));
        std::sort(expected.begin(), expected.end());
        EXPECT_EQ(keys[BackendId{server}], expected);
    }
}

TEST(HaproxyTree, FindsTheNearestNodeOnEitherSideAndAroundTheEnd) {
    const auto tree = grown({16, 32, 16});
    lb::Rng rng{1};
    for (int i = 0; i != 20'000; ++i) {
        auto hash = static_cast<std::uint32_t>(rng());
        if (i % 4 == 0) hash = tree.key(rng.below(tree.size())) + static_cast<std::uint32_t>(i % 3);
        std::uint32_t least = ~0u;
        for (std::size_t n = 0; n != tree.size(); ++n)
            least = std::min({least, hash - tree.key(n), tree.key(n) - hash});
        const auto key = tree.key(tree.nearest(hash));
        ASSERT_EQ(std::min(hash - key, key - hash), least);
    }
}

TEST(HaproxyTree, PrefersTheNodeBeforeIfBothAreAsNear) {
    const auto tree = grown({16, 16});
    int middles = 0;
    for (std::size_t n = 0; n + 1 != tree.size(); ++n) {
        const auto gap = tree.key(n + 1) - tree.key(n);
        if (gap % 2 != 0) continue;
        ++middles;
        EXPECT_EQ(tree.nearest(tree.key(n) + gap / 2), n);
        EXPECT_EQ(tree.nearest(tree.key(n) + gap / 2 + 1), n + 1);
    }
    EXPECT_GT(middles, 5);
}

TEST(HaproxyTree, AddsAndTakesAwayTheLastNodesOfAServerOnly) {
    Tree tree = grown({16, 16, 16});
    const auto before = owners(tree);
    tree.set(kB, 2, 32);
    tree.seal();
    const auto heavier = owners(tree);
    for (std::size_t i = 0; i != before.size(); ++i)
        ASSERT_TRUE(heavier[i] == before[i] || heavier[i] == kB);
    tree.set(kB, 2, 16);
    tree.seal();
    EXPECT_EQ(owners(tree), before);
    EXPECT_EQ(owners(tree), owners(grown({16, 16, 16})));
}

TEST(HaproxyTree, GathersChanges) {
    Tree tree = grown({16, 16, 16});
    tree.set(kA, 1, 0);
    tree.set(kC, 3, 48);
    tree.set(kA, 1, 16);
    tree.set(kB, 2, 0);
    tree.seal();
    EXPECT_EQ(owners(tree), owners(grown({16, 0, 48})));
}

TEST(HaproxyTree, ForgetsTheNodesOfASlotThatBecameAnotherServers) {
    Tree tree = grown({16, 16});
    tree.set(kA, 1, 0);
    tree.set(kA, 9, 16);
    tree.seal();
    Tree other;
    other.set(kB, 2, 16);
    other.set(kA, 9, 16);
    other.seal();
    EXPECT_EQ(owners(tree), owners(other));
}

}  // namespace
