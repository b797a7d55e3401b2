#include "balancer/routes/nginx.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using lb::nginx::normalised;
using lb::nginx::Routes;

/// The name of the server for a host.
std::string server(const Routes& routes, std::string_view host) {
    const auto found = routes.find(host, "/");
    return found ? routes.servers()[found->server].name : "400";
}

/// The name of the location for a path, of one server.
std::string location(const std::vector<Routes::Location>& locations, std::string_view path) {
    Routes::Server only{};
    only.locations = locations;
    const Routes routes{{only}};
    EXPECT_TRUE(routes.problems().empty());
    const auto found = routes.find("any", path);
    if (!found) return "400";
    return found->location ? locations[*found->location].name : "404";
}

Routes::Server named(std::string name, std::vector<std::string> names, bool is_default = false) {
    return {std::move(name), std::move(names), is_default, {}};
}

// ---- Servers

TEST(NginxRoutes, PreferTheExactNameThenTheLongestSuffixThenTheLongestPrefixThenARegex) {
    const Routes routes{{named("first", {}), named("regex", {"~^mail\\.x"}),
                         named("prefix", {"mail.*"}), named("longer", {"mail.x.*"}),
                         named("suffix", {"*.y.z"}), named("deeper", {"*.x.y.z"}),
                         named("exact", {"mail.x.y.z"})}};
    ASSERT_TRUE(routes.problems().empty());
    EXPECT_EQ(server(routes, "mail.x.y.z"), "exact");
    EXPECT_EQ(server(routes, "a.mail.x.y.z"), "deeper");
    EXPECT_EQ(server(routes, "x.y.z"), "suffix");
    EXPECT_EQ(server(routes, "mail.y.z"), "suffix");
    EXPECT_EQ(server(routes, "mail.x.org"), "longer");
    EXPECT_EQ(server(routes, "mail.org"), "prefix");
    EXPECT_EQ(server(routes, "mail.xx"), "prefix");
    EXPECT_EQ(server(routes, "mail."), "first");
    EXPECT_EQ(server(routes, "y.z"), "first");
}

TEST(NginxRoutes, TakeADotInFrontForTheNameAndAllBelowIt) {
    const Routes routes{{named("first", {}), named("dot", {".example.org"})}};
    EXPECT_EQ(server(routes, "example.org"), "dot");
    EXPECT_EQ(server(routes, "a.b.example.org"), "dot");
    EXPECT_EQ(server(routes, "notexample.org"), "first");
}

TEST(NginxRoutes, IgnoreTheCaseThePortAndADotAtTheEndOfAHost) {
    const Routes routes{{named("first", {}), named("it", {"Example.COM"}), named("v6", {"[::1]"})}};
    for (const char* host : {"example.com", "EXAMPLE.com", "example.com:8080", "example.com."})
        EXPECT_EQ(server(routes, host), "it") << host;
    EXPECT_EQ(server(routes, "[::1]:80"), "v6");
}

TEST(NginxRoutes, TryRegexesInTheOrderOfConfigurationAgainstTheLowerCaseHost) {
    const Routes routes{{named("first", {}), named("one", {"~^www\\d+\\.a$"}),
                         named("two", {"~\\.a$"}), named("upper", {"~^B[0-9]$"})}};
    EXPECT_EQ(server(routes, "www1.a"), "one");
    EXPECT_EQ(server(routes, "WWW1.A"), "one");
    EXPECT_EQ(server(routes, "www.a"), "two");
    EXPECT_EQ(server(routes, "b7"), "upper") << "capitals in it make it ignore case";
}

TEST(NginxRoutes, FallBackToTheDefaultServerOrElseTheFirst) {
    EXPECT_EQ(server(Routes{{named("a", {"a"}), named("b", {"b"})}}, "c"), "a");
    EXPECT_EQ(server(Routes{{named("a", {"a"}), named("b", {"b"}, true)}}, "c"), "b");
}

TEST(NginxRoutes, GiveRequestsWithoutAHostToTheEmptyName) {
    const Routes routes{{named("a", {"a"}), named("none", {""})}};
    EXPECT_EQ(server(routes, ""), "none");
    EXPECT_EQ(server(Routes{{named("a", {"a"}), named("b", {})}}, ""), "b");
    EXPECT_EQ(server(Routes{{named("a", {"a"}), named("b", {"b"})}}, ""), "a");
}

TEST(NginxRoutes, LeaveANameToTheServerThatHadItFirst) {
    const Routes routes{{named("a", {"x", "*.x"}), named("b", {".x"})}};
    EXPECT_TRUE(routes.problems().empty());
    EXPECT_EQ(server(routes, "x"), "a");
    EXPECT_EQ(server(routes, "y.x"), "a");
}

TEST(NginxRoutes, RefuseMalformedHosts) {
    const Routes routes{{named("a", {})}};
    for (const char* host : {"a..b", "a b", "a/b", ".", ":80"})
        EXPECT_EQ(server(routes, host), "400") << host;
}

// ---- Locations

TEST(NginxRoutes, EndTheSearchAtAnExactLocation) {
    const std::vector<Routes::Location> locations{
        {"regex", "~ x"}, {"prefix", "/x"}, {"exact", "= /x"}};
    EXPECT_EQ(location(locations, "/x"), "exact");
    EXPECT_EQ(location(locations, "/x?y"), "exact");
    EXPECT_EQ(location(locations, "/x/"), "regex");
}

TEST(NginxRoutes, PreferARegexToALongerPrefixUnlessThePrefixForbidsIt) {
    const std::vector<Routes::Location> locations{{"root", "/"},
                                                  {"files", "/files/"},
                                                  {"final", "^~ /files/final/"},
                                                  {"after", "/files/final/but/"},
                                                  {"one", "~ \\.png$"},
                                                  {"two", "~* PNG$"}};
    EXPECT_EQ(location(locations, "/files/a.png"), "one") << "the first that matches";
    EXPECT_EQ(location(locations, "/files/a.PNG"), "two");
    EXPECT_EQ(location(locations, "/files/a"), "files");
    EXPECT_EQ(location(locations, "/files/final/a.png"), "final");
    EXPECT_EQ(location(locations, "/files/final/but/a.png"), "one") << "only the longest forbids";
    EXPECT_EQ(location(locations, "/filesystem"), "root");
    EXPECT_EQ(location(locations, "/a"), "root");
}

TEST(NginxRoutes, MindTheCaseOfPaths) {
    EXPECT_EQ(location({{"a", "/a"}, {"A", "/A"}}, "/A"), "A");
    EXPECT_EQ(location({{"a", "= /a"}}, "/A"), "404");
}

TEST(NginxRoutes, TakeModifiersAlsoWithoutASpace) {
    EXPECT_EQ(location({{"exact", "=/a"}}, "/a"), "exact");
    EXPECT_EQ(location({{"final", "^~/a"}, {"regex", "~b"}}, "/ab"), "final");
    EXPECT_EQ(location({{"regex", "~*B"}}, "/ab"), "regex");
}

TEST(NginxRoutes, NeverReachANamedLocationFromOutside) {
    EXPECT_EQ(location({{"named", "@fallback"}}, "/@fallback"), "404");
}

TEST(NginxRoutes, SayWhatIsWrongAndGoOn) {
    Routes::Server bad{"bad", {"a*b", "*.a.*", "~(", "*", "fine"}, true, {}};
    bad.locations = {{"typo", "!~ x"}, {"regex", "~ ["},  {"relative", "x"}, {"fine", "/"},
                     {"again", "/"},   {"exact", "= /e"}, {"twice", "=/e"}};
    const Routes routes{{bad, named("second", {}, true)}};
    std::vector<std::string> messages;
    for (const auto& p : routes.problems()) messages.push_back(p.message);
    EXPECT_EQ(
        messages,
        (std::vector<std::string>{
            "invalid server name or wildcard \"a*b\"", "invalid server name or wildcard \"*.a.*\"",
            "not a regular expression of ECMAScript: \"(\"",
            "invalid server name or wildcard \"*\"", "unknown modifier or path in \"!~ x\"",
            "not a regular expression of ECMAScript: \"[\"", "unknown modifier or path in \"x\"",
            "duplicate location \"/\"", "duplicate location \"/e\"", "a second default server"}));
    EXPECT_EQ(routes.problems()[0].server, 0u);
    EXPECT_EQ(routes.problems()[0].location, std::nullopt);
    EXPECT_EQ(routes.problems()[4].location, 0u);
    EXPECT_EQ(routes.find("fine", "/"), (Routes::Found{0, 3}));
}

// ---- Paths

TEST(NginxPaths, AreDecodedMergedAndResolvedBeforeLocationsSeeThem) {
    EXPECT_EQ(normalised("/"), "/");
    EXPECT_EQ(normalised("/a/b?c=/../d"), "/a/b");
    EXPECT_EQ(normalised("/a#b?c"), "/a");
    EXPECT_EQ(normalised("/%61%2fb%3Fc%25"), "/a/b?c%");
    EXPECT_EQ(normalised("//a///b//"), "/a/b/");
    EXPECT_EQ(normalised("/a/./b/../c"), "/a/c");
    EXPECT_EQ(normalised("/a/%2e%2E/b"), "/b");
    EXPECT_EQ(normalised("/a//../b"), "/b");
    EXPECT_EQ(normalised("/a/."), "/a/");
    EXPECT_EQ(normalised("/a/b/.."), "/a/");
    EXPECT_EQ(normalised("/a/.."), "/");
    EXPECT_EQ(normalised("/..a/.b/c../..."), "/..a/.b/c../...");
    EXPECT_EQ(normalised("/a+b"), "/a+b");
}

TEST(NginxPaths, AreRefusedIfTheyLeaveTheRootOrAreMalformed) {
    for (const char* path :
         {"", "a", "*", "/..", "/a/../../b", "/%2e%2e/", "/%", "/%4", "/%zz", "/%00", "/a%0"})
        EXPECT_EQ(normalised(path), std::nullopt) << path;
}

}  // namespace
