#include "balancer/routes/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using lb::Pattern;

bool matches(std::string_view pattern, const std::string& text, bool any_case = false) {
    const auto made = Pattern::of(pattern, any_case);
    EXPECT_TRUE(made) << pattern;
    return made && made->is_in(text);
}

TEST(Pattern, MatchesAnywhereUnlessItIsAnchored) {
    EXPECT_TRUE(matches("b+", "abbc"));
    EXPECT_TRUE(matches(R"(\.(png|jpg)$)", "/x.jpg"));
    EXPECT_FALSE(matches(R"(\.(png|jpg)$)", "/x.jpgs"));
    EXPECT_FALSE(matches("^/b", "/a/b"));
}

TEST(Pattern, MindsTheCaseUnlessToldNotTo) {
    EXPECT_FALSE(matches("PNG", "a.png"));
    EXPECT_TRUE(matches("PNG", "a.png", true));
    EXPECT_TRUE(matches("(?i)PNG", "a.png"));
}

TEST(Pattern, TakesNamedGroupsForPlainOnes) {
    for (const char* pattern : {"^(?<user>.+)-(?<n>[0-9])$", "^(?P<user>.+)-(?P<n>[0-9])$",
                                "^(?'user'.+)-(?'n'[0-9])$"}) {
        EXPECT_TRUE(matches(pattern, "joe-7")) << pattern;
        EXPECT_FALSE(matches(pattern, "joe-x")) << pattern;
    }
    EXPECT_TRUE(matches(R"(^[(?<a>]+$)", "(?<a>")) << "in a class they are letters";
    EXPECT_TRUE(matches(R"(^\(x$)", "(x"));
    EXPECT_TRUE(matches("^a(?:b)(?=c)", "abc"));
}

TEST(Pattern, RefusesWhatItCannotReadOrWouldMisread) {
    for (const char* pattern : {"(", "[a", "*", R"(a\)", R"(\Aa\z)", R"(\h)", "(?<=a)b", "(?<!a)b"})
        EXPECT_FALSE(Pattern::of(pattern, false)) << pattern;
}

}  // namespace
