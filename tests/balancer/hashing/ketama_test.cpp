#include "balancer/hashing/ketama.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using lb::KetamaRing;

std::vector<std::size_t> points(const std::vector<std::uint64_t>& weights) {
    static constexpr const char* kNames[] = {"10.0.1.1:11211", "10.0.1.2:11211", "10.0.1.3:11211"};
    std::vector<KetamaRing::Server> servers;
    for (std::size_t i = 0; i != weights.size(); ++i) servers.push_back({kNames[i], weights[i]});
    KetamaRing ring;
    ring.build(servers);
    std::vector<std::size_t> counts(weights.size());
    for (const auto& p : ring.points()) ++counts[p.server];
    return counts;
}

// Recorded from libketama, compiled and run (tests/vectors/public-libketama.json).
TEST(Ketama, HashesAKeyToTheFirstFourBytesOfItsMd5) {
    EXPECT_EQ(lb::ketama_hash("user0"), 3867103549u);
    EXPECT_EQ(lb::ketama_hash("/img/7.png"), 2015689110u);
}

TEST(KetamaRing, LosesWhatRoundingCutsOff) {
    EXPECT_EQ(points({600, 300, 200}), (std::vector<std::size_t>{260, 128, 84}));  // Not 480.
    EXPECT_EQ(points({1, 1, 1}), (std::vector<std::size_t>{160, 160, 160}));
}

TEST(KetamaRing, GivesAVerySmallShareNoPoint) {
    EXPECT_EQ(points({1000, 1}), (std::vector<std::size_t>{316, 0}));
}

TEST(KetamaRing, FindsTheFirstPointAtOrAfterAHashAndGoesRound) {
    const std::vector<KetamaRing::Server> servers{{"a", 1}, {"b", 1}};
    KetamaRing ring;
    ring.build(servers);
    const auto all = ring.points();
    ASSERT_TRUE(std::is_sorted(all.begin(), all.end(),
                               [](const auto& a, const auto& b) { return a.hash < b.hash; }));
    EXPECT_EQ(ring.find(all[5].hash), 5u);
    EXPECT_EQ(ring.find(all[5].hash + 1), 6u);
    EXPECT_EQ(ring.find(0), 0u);
    EXPECT_EQ(ring.find(all.back().hash + 1), 0u);
    EXPECT_EQ(ring.after(5), 6u);
    EXPECT_EQ(ring.after(all.size() - 1), 0u);
}

}  // namespace
