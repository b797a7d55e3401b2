#include "balancer/hashing/ring.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::hash_of;
using lb::Ring;

// ---- hash_of

TEST(HashOf, GivesThePublishedTestValuesOfXxh64) {
    EXPECT_EQ(hash_of(""), 0xef46db3751d8e999u);
    EXPECT_EQ(hash_of("a"), 0xd24ec4f1a98c6e5bu);
    EXPECT_EQ(hash_of("abc"), 0x44bc2cf5ad770999u);
    EXPECT_EQ(hash_of("Nobody inspects the spammish repetition"), 0xfbcea83c8a378bf1u);
}

// The buffer and the values of the self-test of xxhsum 0.6 to 0.8, seed 0.
TEST(HashOf, PassesTheSelfTestOfXxhsum) {
    std::string buffer;
    std::uint32_t generator = 2654435761u;
    for (int i = 0; i != 101; ++i) {
        buffer += static_cast<char>(generator >> 24);
        generator *= generator;
    }
    EXPECT_EQ(hash_of(buffer.substr(0, 1)), 0x4fce394cc88952d8u);
    EXPECT_EQ(hash_of(buffer.substr(0, 14)), 0xcffa8db881bc3a3du);
    EXPECT_EQ(hash_of(buffer), 0x0eab543384f878adu);
}

// ---- Ring

/// The owner by the definition: the nearest point at or after the hash, else the least of all.
BackendId owner_by_scan(const std::vector<Ring::Point>& points, std::uint64_t hash) {
    const Ring::Point* nearest = nullptr;
    const Ring::Point* least = nullptr;
    const auto before = [](const Ring::Point& a, const Ring::Point* b) {
        return b == nullptr || a.hash < b->hash || (a.hash == b->hash && a.backend < b->backend);
    };
    for (const auto& p : points) {
        if (before(p, least)) least = &p;
        if (p.hash >= hash && before(p, nearest)) nearest = &p;
    }
    return (nearest == nullptr ? least : nearest)->backend;
}

TEST(Ring, GivesAKeyToTheFirstPointAtOrAfterItsHash) {
    lb::Rng rng{1};
    for (std::uint32_t backends = 1; backends != 20; ++backends) {
        Ring ring;
        std::vector<Ring::Point> points;
        for (std::uint32_t b = 0; b != backends; ++b) {
            const auto name = lbtest::numbered("b", b);
            ring.add(name, BackendId{b}, 1 + b % 3);
            for (std::uint32_t i = 0; i != 1 + b % 3; ++i)
                points.push_back({hash_of(lbtest::numbered(name + "-", i)), BackendId{b}});
        }
        ring.seal();
        ASSERT_EQ(ring.size(), points.size());
        std::vector<std::uint64_t> hashes{0, ~std::uint64_t{0}};
        for (const auto& p : points) hashes.insert(hashes.end(), {p.hash - 1, p.hash, p.hash + 1});
        for (int i = 0; i != 100; ++i) hashes.push_back(rng());
        for (const auto hash : hashes)
            ASSERT_EQ(ring.owner(ring.find(hash)), owner_by_scan(points, hash));
    }
}

TEST(Ring, LeadsClockwiseThroughAllPointsAndBackToTheFirst) {
    Ring ring;
    ring.add("a", BackendId{0}, 3);
    ring.add("b", BackendId{1}, 4);
    ring.seal();
    std::size_t place = 0;
    for (std::size_t steps = 1; steps != 7; ++steps) {
        place = ring.after(place);
        EXPECT_EQ(place, steps);
    }
    EXPECT_EQ(ring.after(place), 0u);
}

TEST(Ring, BreaksTiesOfHashesByTheLowerSlot) {
    for (const bool swapped : {false, true}) {
        Ring ring;
        ring.add("same", BackendId{swapped ? 1u : 0u}, 5);
        ring.add("same", BackendId{swapped ? 0u : 1u}, 5);
        ring.seal();
        for (int i = 0; i != 100; ++i)
            EXPECT_EQ(ring.owner(ring.find(hash_of(std::to_string(i)))), BackendId{0});
    }
}

TEST(Ring, IsEmptyAfterItWasCleared) {
    Ring ring;
    ring.add("a", BackendId{0}, 3);
    ring.seal();
    ring.clear();
    EXPECT_EQ(ring.size(), 0u);
    EXPECT_DEATH(ring.find(1), "broken expectation");
}

}  // namespace
