#include "scenario/problem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace {

using lbsim::child;
using lbsim::nearest;
using Words = std::vector<std::string_view>;

TEST(Nearest, AllowsOneSlipInThreeLetters) {
    struct Case {
        std::string_view word, candidate;
        bool near;
    };
    for (const auto& c : std::vector<Case>{{"abc", "abc", true},
                                           {"abc", "abd", true},   // a wrong letter,
                                           {"abc", "abcd", true},  // one too few,
                                           {"abcd", "abc", true},  // one too many,
                                           {"abc", "acb", true},   // two swapped,
                                           {"abc", "cba", false},  // and two slips.
                                           {"abcde", "abcxy", false},
                                           {"abcdef", "abcdxy", true},
                                           {"abcdef", "badcef", true},
                                           {"abcdef", "abcxyz", false},
                                           {"ruond_robin", "round_robin", true},
                                           {"ab", "ac", false},  // Too short to be a slip.
                                           {"ab", "ab", true},
                                           {"a", "b", false},
                                           {"", "a", false}})
        EXPECT_EQ(nearest(c.word, Words{c.candidate}) == c.candidate, c.near)
            << c.word << " " << c.candidate;
}

TEST(Nearest, TakesTheNearestAndOfEquallyNearTheFirst) {
    EXPECT_EQ(nearest("timeuot", Words{"timers", "time_out", "timeout", "timeouts"}), "timeout");
    EXPECT_EQ(nearest("abcx", Words{"abca", "abcb"}), "abca");
    EXPECT_EQ(nearest("abcx", Words{"abcb", "abca"}), "abcb");
}

TEST(Nearest, IsNothingIfNothingIsNear) {
    EXPECT_EQ(nearest("timeout", Words{}), "");
    EXPECT_EQ(nearest("timeout", Words{"policy", ""}), "");
    EXPECT_EQ(nearest(std::string(1'000'000, 'a'), Words{std::string_view{"a"}}), "");
}

// The fewest edits that lead from one word to others, swaps of neighbours included, none of them
// within letters already touched: a search, where the function tabulates.
std::size_t searched(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.size() + b.size();
    auto least = searched(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1);
    least = std::min(least, searched(a.substr(1), b) + 1);
    least = std::min(least, searched(a, b.substr(1)) + 1);
    if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0])
        least = std::min(least, searched(a.substr(2), b.substr(2)) + 1);
    return least;
}

TEST(Nearest, CountsSlipsAsOptimalStringAlignmentDoes) {
    std::vector<std::string> words{""};
    for (std::size_t i = 0; i != words.size() && words[i].size() < 5; ++i)
        for (const char c : {'a', 'b'}) words.push_back(words[i] + c);
    for (const auto& word : words)
        for (const auto& candidate : words) {
            const bool near = searched(word, candidate) <= word.size() / 3;
            const auto found = nearest(word, std::array{std::string_view{candidate}});
            EXPECT_EQ(found == candidate, near || candidate.empty()) << word << " " << candidate;
        }
}

TEST(Child, EscapesAsRfc6901Does) {
    EXPECT_EQ(child("", "a"), "/a");
    EXPECT_EQ(child("/a", "b/c~d"), "/a/b~1c~0d");
    EXPECT_EQ(child("/a", ""), "/a/");
    EXPECT_EQ(child("/a", "~1"), "/a/~01");
    EXPECT_EQ(child("/a", std::size_t{12}), "/a/12");
}

TEST(ScenarioError, CarriesTheTextAndTheProblems) {
    const lbsim::ScenarioError error{"text\n", {{.pointer = "/a", .message = "wrong"}}};
    EXPECT_STREQ(error.what(), "text\n");
    ASSERT_EQ(error.problems().size(), 1u);
    EXPECT_EQ(error.problems()[0].pointer, "/a");
}

}  // namespace
