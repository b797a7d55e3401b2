#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "support/chance.hpp"

namespace {

using lb::KeyedRng;
using lb::Rng;

static_assert(std::uniform_random_bit_generator<Rng>);
static_assert(std::uniform_random_bit_generator<KeyedRng>);

TEST(Splitmix, GivesThePublishedWords) {
    // The reference implementation's first words for the seed 1234567, as many ports test them.
    std::uint64_t state = 1234567;
    for (const std::uint64_t word :
         {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
          16408922859458223821u})
        EXPECT_EQ(lb::splitmix(state), word);
}

TEST(KeyedRng, IsSplitmix) {
    KeyedRng rng{1234567};
    EXPECT_EQ(rng(), 6457827717110365317u);
    EXPECT_EQ(rng(), 3203168211198807973u);
}

TEST(Rng, GivesThePublishedWords) {
    // xoshiro256++ seeded with 0 through splitmix64: the words Rust's rand crate (0.9) tests for.
    Rng rng{0};
    for (const std::uint64_t word :
         {5987356902031041503u, 7051070477665621255u, 6633766593972829180u, 211316841551650330u,
          9136120204379184874u, 379361710973160858u, 15813423377499357806u, 15596884590815070553u,
          5439680534584881407u, 1369371744833522710u})
        EXPECT_EQ(rng(), word);
}

TEST(Rng, CanBeComputedByTheCompiler) {
    constexpr std::uint64_t kWord = [] {
        Rng rng{0};
        return rng();
    }();
    static_assert(kWord == 5987356902031041503u);
}

TEST(Below, IsUniformForSmallBounds) {
    for (const std::uint64_t n : {1u, 2u, 3u, 7u, 100u}) {
        Rng rng{n};
        std::vector<std::uint64_t> counts(n);
        for (int i = 0; i < 100'000; ++i) ++counts.at(rng.below(n));
        EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(n, 1.0 / static_cast<double>(n))));
    }
}

TEST(Below, IsUniformWhereModuloAndMultiplicationAreMostBiased) {
    // At three quarters of 2^64 a modulo doubles the lowest third, and a product without rejection
    // doubles every third value.
    constexpr std::uint64_t kBound = std::uint64_t{3} << 62;
    Rng rng{11};
    std::vector<std::uint64_t> thirds(3), residues(3);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t value = rng.below(kBound);
        ++thirds.at(value >> 62);
        ++residues.at(value % 3);
    }
    EXPECT_TRUE(lbtest::fits(thirds, {1.0 / 3, 1.0 / 3, 1.0 / 3}));
    EXPECT_TRUE(lbtest::fits(residues, {1.0 / 3, 1.0 / 3, 1.0 / 3}));
}

/// A generator that says what it is told to.
class Told : public lb::Draws<Told> {
public:
    explicit Told(std::vector<std::uint64_t> words) : words_{std::move(words)} {}
    std::uint64_t operator()() { return words_.at(next_++); }
    std::size_t taken() const { return next_; }

private:
    std::vector<std::uint64_t> words_;
    std::size_t next_ = 0;
};

constexpr std::uint64_t kOnes = ~std::uint64_t{0};

TEST(Unit, ReachesZeroAndNeverOne) {
    Told told{{0, kOnes, std::uint64_t{1} << 63}};
    EXPECT_EQ(told.unit(), 0);
    EXPECT_EQ(told.unit(), 1 - 0x1p-53);
    EXPECT_EQ(told.unit(), 0.5);
}

TEST(Unit, OpenBelowReachesOneAndNeverZero) {
    Told told{{0, kOnes}};
    EXPECT_EQ(told.unit_open_below(), 0x1p-53);
    EXPECT_EQ(told.unit_open_below(), 1);
}

TEST(Chance, AlwaysTakesOneWord) {
    Told told{{0, 0, kOnes, kOnes}};
    EXPECT_FALSE(told.chance(0));
    EXPECT_TRUE(told.chance(1));
    EXPECT_TRUE(told.chance(1));
    EXPECT_FALSE(told.chance(0.999));
    EXPECT_EQ(told.taken(), 4u);
}

TEST(Stream, DependsOnSeedAndNameAndNotOnWhatWasDrawn) {
    const Rng fresh{1};
    Rng used{1};
    for (int i = 0; i < 1000; ++i) used();
    EXPECT_EQ(fresh.stream("pick")(), used.stream("pick")());
    EXPECT_EQ(fresh.numbered("work").at(7)(), used.numbered("work").at(7)());
}

TEST(Stream, DiffersForEverySeedPurposeAndIndex) {
    std::vector<std::uint64_t> words;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (const std::string_view purpose : {"", "a", "b", "ab", "ba", "work", "service"})
            for (std::uint64_t index = 0; index < 200; ++index) {
                words.push_back(Rng{seed}.stream(purpose, index)());
                words.push_back(Rng{seed}.numbered(purpose).at(index)());
                words.push_back(Rng{seed}.numbered(purpose, index).at(0)());
            }
    std::sort(words.begin(), words.end());
    // numbered(p).at(0) and numbered(p, 0).at(0) are one and the same, and so on 140 times.
    const auto distinct = std::unique(words.begin(), words.end()) - words.begin();
    EXPECT_EQ(static_cast<std::size_t>(distinct), words.size() - 20 * 7);
}

/// Pairs of words that ought to be independent, told in three ways.
class Independence {
public:
    void add(std::uint64_t a, std::uint64_t b) {
        ++high_[(a >> 60) * 16 + (b >> 60)];
        ++low_[(a & 15) * 16 + (b & 15)];
        for (std::uint64_t bits = a ^ b, i = 0; i < 64; ++i, bits >>= 1) differ_[i] += bits & 1;
        ++pairs_;
    }
    void check() const {
        const std::vector<double> even(256, 1.0 / 256);
        EXPECT_TRUE(lbtest::fits(high_, even)) << "the upper four bits";
        EXPECT_TRUE(lbtest::fits(low_, even)) << "the lower four bits";
        for (std::size_t i = 0; i < 64; ++i)
            EXPECT_TRUE(lbtest::fits(std::array{differ_[i], pairs_ - differ_[i]}, {0.5, 0.5}))
                << "bit " << i;
    }

private:
    std::vector<std::uint64_t> high_ = std::vector<std::uint64_t>(256);
    std::vector<std::uint64_t> low_ = std::vector<std::uint64_t>(256);
    std::array<std::uint64_t, 64> differ_{};
    std::uint64_t pairs_ = 0;
};

// 640,000 pairs: half a percentage point in any bit would be seen with probability 0.999.
constexpr std::uint64_t kPairs = 640'000;

TEST(NumberedStreams, OfConsecutiveIndicesAreIndependent) {
    const lb::Stream stream = Rng{1}.numbered("service");
    Independence first, second_with_next;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        KeyedRng here = stream.at(i), next = stream.at(i + 1);
        const std::uint64_t a = here(), b = next();
        first.add(a, b);
        second_with_next.add(here(), b);
    }
    first.check();
    second_with_next.check();
}

TEST(NumberedStreams, HaveIndependentWordsWithinOneIndex) {
    const lb::Stream stream = Rng{1}.numbered("service");
    Independence words;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        KeyedRng rng = stream.at(i);
        const std::uint64_t a = rng();
        words.add(a, rng());
    }
    words.check();
}

TEST(NumberedStreams, OfDistantIndicesAreIndependent) {
    const lb::Stream stream = Rng{1}.numbered("service");
    for (const std::uint64_t distance : {std::uint64_t{1} << 10, std::uint64_t{1} << 32,
                                         std::uint64_t{1} << 63, std::uint64_t{1'000'000}}) {
        Independence words;
        for (std::uint64_t i = 0; i < kPairs / 4; ++i)
            words.add(stream.at(i)(), stream.at(i + distance)());
        words.check();
    }
}

TEST(NumberedStreams, OfTwoPurposesAreIndependent) {
    const Rng root{1};
    Independence purposes, indices;
    const lb::Stream a = root.numbered("service"), b = root.numbered("servicf");
    const lb::Stream first = root.numbered("client", 0), second = root.numbered("client", 1);
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        purposes.add(a.at(i)(), b.at(i)());
        indices.add(first.at(i)(), second.at(i)());
    }
    purposes.check();
    indices.check();
}

TEST(NumberedStreams, OfConsecutiveSeedsAreIndependent) {
    Independence same_index, each_seed;
    const lb::Stream one = Rng{1}.numbered("service"), two = Rng{2}.numbered("service");
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        same_index.add(one.at(i)(), two.at(i)());
        each_seed.add(Rng{i}.numbered("service").at(0)(), Rng{i + 1}.numbered("service").at(0)());
    }
    same_index.check();
    each_seed.check();
}

TEST(NumberedStreams, SumUpAsIndependentNumbersDo) {
    // The mean of n independent units has the variance 1 / 12n.  Numbers that avoid or attract each
    // other over long distances show here and not in pairs.
    const lb::Stream stream = Rng{3}.numbered("arrival");
    std::vector<std::uint64_t> counts(10);
    for (std::uint64_t block = 0; block < 5'000; ++block) {
        double sum = 0;
        for (std::uint64_t i = 0; i < 1'000; ++i) sum += stream.at(block * 1'000 + i).unit();
        const double z = (sum - 500) / std::sqrt(1'000 / 12.0);
        const double share = 0.5 * std::erfc(-z / std::sqrt(2.0));
        ++counts.at(static_cast<std::size_t>(share * 10));
    }
    EXPECT_TRUE(lbtest::fits(counts, std::vector<double>(10, 0.1)));
}

TEST(Stream, OfConsecutiveIndicesAreIndependent) {
    const Rng root{1};
    Independence words;
    for (std::uint64_t i = 0; i < kPairs / 4; ++i)
        words.add(root.stream("pick", i)(), root.stream("pick", i + 1)());
    words.check();
}

}  // namespace
