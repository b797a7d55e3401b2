#include "balancer/policies/finagle/aperture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::finagle::Aperture;
using lbtest::ClockedPool;
using lbtest::fits;

std::unique_ptr<lb::Policy> peer(std::uint64_t number, std::uint64_t of, std::int64_t min = 12) {
    Aperture::Config config;
    config.min = min;
    return std::make_unique<Aperture>(config, lb::Instance{number, of});
}

std::vector<std::uint64_t> counts(ClockedPool& pool, int picks) {
    std::vector<std::uint64_t> out(pool.fleet.slots());
    for (int i = 0; i != picks; ++i) ++out[index(*pool.pick())];
    return out;
}

// Idle: the first drawn always wins.
TEST(FinagleAperture, DrawsInProportionToTheOverlap) {
    ClockedPool pool{peer(1, 5)};
    for (int i = 0; i != 15; ++i) pool.add();
    std::vector<double> expected(15, 1 / 12.0);  // From 0.2 to 1 of the ring.
    expected[0] = expected[1] = expected[2] = 0;
    EXPECT_TRUE(fits(counts(pool, 120'000), expected));
}

TEST(FinagleAperture, CutsOffWhatLiesHalfInside) {
    ClockedPool pool{peer(1, 4, 1)};  // From 0.25 to 0.5 of the ring: b, and a half of c.
    for (int i = 0; i != 4; ++i) pool.add();
    pool.pick();
    pool.fleet.set_weight(pool.ids[0], 1.5, {});
    pool.fleet.set_weight(pool.ids[3], 2.5, {});  // They end at 0.25, 0.417, 0.583 and 1.
    EXPECT_TRUE(fits(counts(pool, 60'000), {0, 2 / 3.0, 1 / 3.0, 0}));
}

TEST(FinagleAperture, DrawsByWeightIfItSeesAll) {
    ClockedPool pool{peer(0, 1)};
    for (const double weight : {0.5, 1.0, 1.5, 2.0}) pool.add(weight);
    EXPECT_TRUE(fits(counts(pool, 100'000), {0.1, 0.2, 0.3, 0.4}));
}

// Two of them: each pair is {a, b} unless all five second draws repeat the first.
TEST(FinagleAperture, ComparesRequestsInFlightPerPart) {
    ClockedPool pool{peer(0, 1)};
    const auto light = pool.add(1), heavy = pool.add(4);
    for (int i = 0; i != 3; ++i) pool.fleet.sent(heavy, {});
    pool.fleet.sent(light, {});
    // 1 / 0.2 is more than 3 / 0.8: the light one only wins against itself, 0.2^6 of the time.
    const double alone = 0.2 * 0.2 * 0.2 * 0.2 * 0.2 * 0.2;
    EXPECT_TRUE(fits(counts(pool, 400'000), {alone, 1 - alone}));
}

TEST(FinagleAperture, TakesTheEligibleOneOfTwo) {
    ClockedPool pool{peer(0, 1)};
    for (int i = 0; i != 3; ++i) pool.add();
    for (int i = 0; i != 5; ++i) pool.fleet.sent(pool.ids[1], {});
    pool.exclude(pool.ids[2]);
    const auto got = counts(pool, 1000);
    EXPECT_GT(got[1], 0u);  // Busy, and yet better than one that is excluded.
    EXPECT_EQ(got[2], 0u);
}

TEST(FinagleAperture, StaysInsideEvenIfNobodyThereIsEligible) {
    ClockedPool pool{peer(0, 2, 1)};
    for (int i = 0; i != 4; ++i) pool.add();
    pool.exclude(pool.ids[0]);
    for (int i = 0; i != 100; ++i) ASSERT_EQ(*pool.pick(), pool.ids[1]);
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(pool.pick(), std::nullopt);
    pool.admit(pool.ids[0]);
    EXPECT_EQ(*pool.pick(), pool.ids[0]);
}

TEST(FinagleAperture, IsMadeAnewWhenMembersComeAndGo) {
    ClockedPool pool{peer(1, 2, 1)};
    const auto a = pool.add(), b = pool.add();
    EXPECT_EQ(*pool.pick(), b);
    const auto c = pool.add(), d = pool.add();  // Now the second half is c and d.
    for (int i = 0; i != 100; ++i) {
        const auto id = *pool.pick();
        ASSERT_TRUE(id == c || id == d);
    }
    pool.fleet.remove(a, {});
    pool.fleet.remove(b, {});
    for (int i = 0; i != 100; ++i) ASSERT_EQ(*pool.pick(), d);
}

TEST(FinagleAperture, SaysWhatItCompared) {
    ClockedPool pool{peer(0, 1)};
    pool.add(1);
    pool.add(4);
    pool.fleet.sent(pool.ids[1], {});
    for (int i = 0; i != 20; ++i) {
        const auto [why, picked] = pool.explained();
        if (why.candidates.size() == 1) continue;  // The heavy one, six times in a row.
        for (const auto& candidate : why.candidates)
            EXPECT_EQ(candidate.score, candidate.backend == pool.ids[1] ? 1.25 : 0);
        EXPECT_FALSE(why.score.empty());
    }
}

}  // namespace
