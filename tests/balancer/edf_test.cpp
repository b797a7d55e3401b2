#include "balancer/edf.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"

namespace {

using Edf = lb::Edf<std::uint32_t>;

bool anybody(std::uint32_t) { return true; }

/// A schedule over places 0, 1, … of these weights.
struct Turns {
    std::vector<double> weights;
    Edf edf;

    auto weight_of() {
        return [this](std::uint32_t place) { return weights[place]; };
    }
    explicit Turns(std::vector<double> w, std::uint64_t made = 0) : weights{std::move(w)} {
        std::vector<std::uint32_t> places;
        for (std::uint32_t i = 0; i != weights.size(); ++i) places.push_back(i);
        edf.build(std::span<const std::uint32_t>{places}, weight_of(), made);
    }
    std::uint32_t pick() { return edf.pick(weight_of(), anybody); }
    std::string picks(int n) {
        std::string out;
        for (int i = 0; i != n; ++i) out += static_cast<char>('a' + pick());
        return out;
    }
};

TEST(Edf, PicksInItsOwnOrderNotSmoothly) {
    EXPECT_EQ(Turns({5, 1, 1}).picks(14), "aaaabcaaaaabca");
    EXPECT_EQ(Turns({3, 2, 1}).picks(12), "abacbaabacba");
    EXPECT_EQ(Turns({1, 1, 1}).picks(6), "abcabc");
}

TEST(Edf, TakesFractionalWeights) { EXPECT_EQ(Turns({0.5, 1.5}).picks(8), "bbabbbab"); }

TEST(Edf, GivesEachExactlyItsWeightInAPeriod) {
    for (lbtest::Every e; e.next();) {
        std::vector<double> weights;
        int period = 0;
        for (int i = 0; i != 3; ++i) {
            weights.push_back(1 + e.below(5));
            period += static_cast<int>(weights.back());
        }
        Turns turns{weights};
        turns.picks(period);  // The start differs: all are due 1 / weight after it.
        std::vector<int> counts(3);
        for (int i = 0; i != 20 * period; ++i) ++counts[turns.pick()];
        for (std::size_t i = 0; i != 3; ++i)
            EXPECT_NEAR(counts[i], 20 * weights[i], 1) << testing::PrintToString(weights);
    }
}

TEST(Edf, StartsAsIfSomePicksHadBeenMade) {
    lb::Rng rng{1};
    for (int round = 0; round != 200; ++round) {
        std::vector<double> weights;
        for (int i = 0; i != 5; ++i) weights.push_back(0.5 + rng.unit());  // No equal deadlines.
        const auto made = rng.below(3000);
        Turns replayed{weights}, built{weights, made};
        for (std::uint64_t i = 0; i != made; ++i) replayed.pick();
        ASSERT_EQ(built.picks(50), replayed.picks(50)) << made;
    }
}

TEST(Edf, CountsPicksToStartAfterModuloSomeFourHundredMillion) {
    EXPECT_EQ(Turns({5, 1, 1}, 429'496'729).picks(7), Turns({5, 1, 1}, 0).picks(7));
    EXPECT_EQ(Turns({5, 1, 1}, 429'496'731).picks(7), Turns({5, 1, 1}, 2).picks(7));
}

TEST(Edf, NoticesAChangeOfWeightAtTheNextTurn) {
    Turns turns{{1, 1}};
    EXPECT_EQ(turns.picks(2), "ab");  // Both are due at 2.
    turns.weights[0] = 4;
    EXPECT_EQ(turns.picks(6), "abaaab")
        << "a's turn at 2 is the first to be followed by a short wait";
}

TEST(Edf, PassesOverThoseThatMayNotBePickedAndServesThemNext) {
    Turns turns{{1, 1, 1}};
    const auto not_a = [](std::uint32_t place) { return place != 0; };
    std::string picks;
    for (int i = 0; i != 4; ++i)
        picks += static_cast<char>('a' + turns.edf.pick(turns.weight_of(), not_a));
    EXPECT_EQ(picks, "bcbc");
    EXPECT_EQ(turns.picks(6), "abcabc") << "it missed two turns, and gets one";
}

}  // namespace
