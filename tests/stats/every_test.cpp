#include "support/every.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using lbtest::Every;

TEST(Every, MakesEveryCombinationOnceInOrder) {
    std::vector<std::vector<int>> seen;
    for (Every e; e.next();) {
        const int first = e.below(2);
        seen.push_back({first, e.below(3)});
    }
    EXPECT_EQ(seen,
              (std::vector<std::vector<int>>{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
}

TEST(Every, RunsABodyWithoutChoicesOnce) {
    int runs = 0;
    for (Every e; e.next();) ++runs;
    EXPECT_EQ(runs, 1);
}

TEST(Every, StaysFinished) {
    Every e;
    while (e.next()) e.below(2);
    EXPECT_FALSE(e.next());
}

TEST(Every, LetsLaterChoicesDependOnEarlierOnes) {
    // 1 + 3 + 9 + 27 words of up to three letters.
    std::set<std::string> words;
    int runs = 0;
    for (Every e; e.next(); ++runs) {
        std::string word;
        for (int length = e.below(4); length != 0; --length) word += "abc"[e.below(3)];
        words.insert(word);
    }
    EXPECT_EQ(runs, 40);
    EXPECT_EQ(words.size(), 40u);
}

TEST(Every, FindsAllPermutations) {
    std::set<std::vector<int>> seen;
    int runs = 0;
    for (Every e; e.next(); ++runs) {
        std::vector<int> left = {1, 2, 3, 4, 5}, order;
        while (!left.empty()) {
            const auto at = left.begin() + e.below(static_cast<std::ptrdiff_t>(left.size()));
            order.push_back(*at);
            left.erase(at);
        }
        seen.insert(order);
    }
    EXPECT_EQ(runs, 120);
    EXPECT_EQ(seen.size(), 120u);
}

TEST(Every, ChoosesInTheTypeOfTheBound) {
    Every e;
    ASSERT_TRUE(e.next());
    static_assert(std::is_same_v<decltype(e.below(2)), int>);
    static_assert(std::is_same_v<decltype(e.below(std::size_t{2})), std::size_t>);
}

TEST(EveryDeathTest, CatchesABodyThatDependsOnMoreThanItsChoices) {
    Every e;
    e.next();
    e.below(2);
    e.below(2);
    e.next();
    EXPECT_DEATH(e.below(3), "broken expectation");  // It was 2.
    e.below(2);
    EXPECT_DEATH(e.next(), "broken expectation");  // There were two choices.
}

TEST(EveryDeathTest, HasNothingToChooseAmongNone) {
    Every e;
    e.next();
    EXPECT_DEATH(e.below(0), "broken expectation");
}

}  // namespace
