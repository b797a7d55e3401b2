#include "balancer/hashing/haproxy/map.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using lb::BackendId;
using lb::haproxy::server_map;
using lb::haproxy::Weighted;

std::vector<Weighted> weighted(const std::vector<std::uint32_t>& weights) {
    std::vector<Weighted> out;
    for (std::uint32_t i = 0; i != weights.size(); ++i) out.push_back({BackendId{i}, weights[i]});
    return out;
}
std::string letters(const std::vector<std::uint32_t>& weights) {
    std::string out;
    for (const auto id : server_map(weighted(weights)))
        out += static_cast<char>('a' + static_cast<int>(index(id)));
    return out;
}

/// HAProxy's own way: a scan for each slot.
std::vector<BackendId> scanned(const std::vector<std::uint32_t>& weights) {
    std::int64_t total = 0;
    for (const auto weight : weights) total += weight;
    std::vector<std::int64_t> scores(weights.size());
    std::vector<BackendId> map;
    for (std::int64_t slot = 0; slot != total; ++slot) {
        std::size_t best = 0;
        std::int64_t most = -1;
        for (std::size_t i = 0; i != weights.size(); ++i) {
            scores[i] += weights[i];
            const auto value = (scores[i] + total) / total;
            if (value > most) most = value, best = i;
        }
        scores[best] -= total;
        map.push_back(BackendId{static_cast<std::uint32_t>(best)});
    }
    return map;
}

// Recorded from HAProxy 2.6.12.
TEST(ServerMap, IsAsHaproxys) {
    EXPECT_EQ(letters({5, 1, 1}), "aaabaac");
    EXPECT_EQ(letters({3, 2, 1}), "aababc");
    EXPECT_EQ(letters({4, 2, 1, 1}), "aababacd");
    EXPECT_EQ(letters({1, 1, 1}), "abc");
    EXPECT_EQ(letters({1}), "a");
    EXPECT_EQ(letters({}), "");
}

TEST(ServerMap, IsWhatAScanGivesOfEveryFewWeights) {
    for (lbtest::Every e; e.next();) {
        std::vector<std::uint32_t> weights(1 + e.below(std::size_t{4}));
        for (auto& weight : weights) weight = 1 + static_cast<std::uint32_t>(e.below(6));
        ASSERT_EQ(server_map(weighted(weights)), scanned(weights));
    }
}

TEST(ServerMap, IsWhatAScanGivesOfManyWeights) {
    lb::Rng rng{1};
    for (int round = 0; round != 50; ++round) {
        std::vector<std::uint32_t> weights(1 + rng.below(30));
        for (auto& weight : weights) weight = 1 + static_cast<std::uint32_t>(rng.below(256));
        ASSERT_EQ(server_map(weighted(weights)), scanned(weights));
    }
}

}  // namespace
