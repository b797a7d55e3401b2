#include "balancer/routes.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using lb::Header;
using lb::Http;
using lb::Route;
using lb::Routes;

int found(const Routes& routes, const Http& http) {
    const auto place = routes.find(http);
    return place ? static_cast<int>(*place) : -1;
}

const std::vector<Route> kPaths{
    {.path_prefix = "/"}, {.path_prefix = "/api"}, {.path_prefix = "/api/v2"}, {.path = "/api"}};

TEST(Routes, TakeTheFirstThatMatches) {
    const Routes routes{kPaths, Routes::Wins::First};
    for (const char* path : {"/", "/api", "/api/v2/x", "/other"})
        EXPECT_EQ(found(routes, {.path = path}), 0);
    EXPECT_EQ(found(routes, {.path = "no slash"}), -1);
}

TEST(Routes, TakeTheExactPathElseTheLongestPrefix) {
    const Routes routes{kPaths, Routes::Wins::Longest};
    EXPECT_EQ(found(routes, {.path = "/"}), 0);
    EXPECT_EQ(found(routes, {.path = "/api"}), 3);
    EXPECT_EQ(found(routes, {.path = "/api?x=/api/v2"}), 3);
    EXPECT_EQ(found(routes, {.path = "/api/"}), 1);
    EXPECT_EQ(found(routes, {.path = "/apifoo"}), 1);
    EXPECT_EQ(found(routes, {.path = "/api/v2/x"}), 2);
}

TEST(Routes, TakeTheFirstOfSeveralEquallyLong) {
    const Routes routes{
        {{.path_prefix = "/a", .method = "POST"}, {.path_prefix = "/a"}, {.path_prefix = "/a"}},
        Routes::Wins::Longest};
    EXPECT_EQ(found(routes, {.method = "POST", .path = "/a"}), 0);
    EXPECT_EQ(found(routes, {.method = "GET", .path = "/a"}), 1);
}

TEST(Routes, MatchHostsWithoutCaseAndPort) {
    const Routes routes{{{.host = "example.com"}, {.host = "*.example.com"}, {.host = "api.*"}},
                        Routes::Wins::First};
    EXPECT_EQ(found(routes, {.host = "EXAMPLE.com:8080"}), 0);
    EXPECT_EQ(found(routes, {.host = "www.Example.com"}), 1);
    EXPECT_EQ(found(routes, {.host = "api.org"}), 2);
    EXPECT_EQ(found(routes, {.host = "api."}), -1);
    EXPECT_EQ(found(routes, {.host = "badexample.com"}), -1);
}

TEST(Routes, WantAllHeadersAndCookiesThatTheyName) {
    const Routes routes{{{.headers = {{"x-beta", "1"}}, .cookies = {{"track", ""}}}},
                        Routes::Wins::First};
    const std::array<Header, 2> both{{{"X-Beta", "1"}, {"Cookie", "track=any"}}};
    const std::array<Header, 2> other{{{"X-Beta", "2"}, {"Cookie", "track=any"}}};
    EXPECT_EQ(found(routes, {.headers = both}), 0);
    EXPECT_EQ(found(routes, {.headers = other}), -1);
    EXPECT_EQ(found(routes, {.headers = std::span{both}.first(1)}), -1);
}

}  // namespace
