#include "balancer/policies/ipvs/wrr.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using lb::ipvs::Wrr;
using lbtest::Every;
using lbtest::make;
using lbtest::Pool;

TEST(IpvsWrr, TakesTheHeavyOnesInARowUnlikeNginx) {
    Pool pool{make<Wrr>()};
    for (const double weight : {5, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(14), "aaaaabcaaaaabc");
}

TEST(IpvsWrr, FallsByTheCommonDivisor) {
    Pool pool{make<Wrr>()};
    for (const double weight : {40, 20, 10}) pool.add(weight);
    EXPECT_EQ(pool.letters(7), "aaababc");
}

TEST(IpvsWrr, GivesEachExactlyItsWeightInEveryPeriod) {
    for (Every e; e.next();) {
        Pool pool{make<Wrr>()};
        std::vector<int> weights;
        for (int i = 0; i != 3; ++i) weights.push_back(1 + e.below(6));
        int divisor = 0, total = 0;
        for (const int weight : weights) {
            pool.add(weight);
            divisor = std::gcd(divisor, weight);
            total += weight;
        }
        const auto period = pool.letters(total / divisor);
        for (std::size_t i = 0; i != 3; ++i)
            ASSERT_EQ(std::count(period.begin(), period.end(), static_cast<char>('a' + i)),
                      weights[i] / divisor);
        ASSERT_EQ(pool.letters(total / divisor), period);
    }
}

// Recorded from the kernel's functions: tests/vectors/public-ipvs.json.
TEST(IpvsWrr, GoesToTheHeadOfTheListWhenAWeightChanges) {
    Pool pool{make<Wrr>()};
    for (const double weight : {5, 1, 1}) pool.add(weight);
    EXPECT_EQ(pool.letters(9), "aaaaabcaa");
    pool.reweigh(pool.ids[1], 4);
    EXPECT_EQ(pool.letters(12), "ababababcaab");
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.letters(12), "bbbbcbbbbcbb");
}

TEST(IpvsWrr, GoesToTheHeadOfTheListEvenWhenTheNewWeightIsTheOld) {
    Pool pool{make<Wrr>()};
    for (int i = 0; i != 3; ++i) pool.add();
    EXPECT_EQ(pool.letters(1), "a");
    pool.reweigh(pool.ids[2], 1);
    EXPECT_EQ(pool.letters(4), "abca");
}

TEST(IpvsWrr, ForgetsTheWeightOfTheQuiesced) {
    Pool pool{make<Wrr>()};
    for (const double weight : {9, 4, 2}) pool.add(weight);
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.letters(6), "bbcbbc");  // By twos, from 4.
    pool.admit(pool.ids[0]);               // By ones again; the level stays.
    EXPECT_EQ(pool.letters(4), "abca");
}

// The levels of 4 and 2 are 3 and 1, not 4 and 2, so 3 is where those of 9, 4 and 2 go on.
TEST(IpvsWrr, HasOneForItsLowestLevelWhateverTheDivisor) {
    Pool pool{make<Wrr>()};
    for (const double weight : {9, 4, 2}) pool.add(weight);
    pool.exclude(pool.ids[0]);
    EXPECT_EQ(pool.letters(1), "b");
    pool.admit(pool.ids[0]);
    EXPECT_EQ(pool.letters(8), "ababcabc");
}

// The levels of 6 and 2 are 5, 3 and 1, and those of 8 and 4 are 5 and 1: level 4 becomes 5.
TEST(IpvsWrr, BringsTheLevelToOneOfTheNewLevels) {
    const struct {
        double a, b;
        const char* turns;
    } kChanges[]{{6, 2, "aaab"}, {8, 4, "aaba"}};
    for (const auto& change : kChanges) {
        Pool pool{make<Wrr>()};
        for (const double weight : {5, 1}) pool.add(weight);
        EXPECT_EQ(pool.letters(2), "aa");
        pool.reweigh(pool.ids[1], change.b);
        pool.reweigh(pool.ids[0], change.a);
        EXPECT_EQ(pool.letters(4), change.turns);
    }
}

TEST(IpvsWrr, PassesOverTheOverloadedWithoutForgettingTheirWeight) {
    Pool pool{make<Wrr>()};
    pool.ids.push_back(pool.fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "full", .max_in_flight = 1}), 4,
        {}));
    pool.add(2);
    const auto held = pool.send();  // At level 3 (4 less 2 - 1).
    EXPECT_EQ(held.backend, pool.ids[0]);
    EXPECT_EQ(pool.letters(3), "bbb");
    pool.done(held);
    EXPECT_EQ(pool.letters(4), "aaba") << "the level went on, the list was not begun anew";
}

TEST(IpvsWrr, BeginsWithAllThatAreThereAtTheFirstPick) {
    Pool pool{make<Wrr>()};
    pool.add(1);
    pool.add(3);
    EXPECT_EQ(pool.letters(4), "bbab");
    Pool late{make<Wrr>()};
    late.add(1);
    EXPECT_EQ(late.letters(1), "a");
    late.add(3);  // The level stays at 1, and the next pick begins at the head.
    EXPECT_EQ(late.letters(5), "abbba");
}

TEST(IpvsWrr, TakesWholeWeightsFromOne) {
    Pool pool{make<Wrr>()};
    for (const double weight : {1.6, 0.3}) pool.add(weight);
    EXPECT_EQ(pool.letters(6), "aabaab");
}

}  // namespace
