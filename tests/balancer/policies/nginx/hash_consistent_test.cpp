#include "balancer/policies/nginx/hash_consistent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"

namespace {

using lb::nginx::HashConsistent;
using lbtest::make;
using lbtest::numbered;
using lbtest::Upstream;

constexpr std::string_view kNames[] = {"127.0.0.1:39101", "127.0.0.1:39102", "127.0.0.1:39103",
                                       "127.0.0.1:39104"};

void fill(Upstream& up, std::initializer_list<double> weights) {
    for (const double weight : weights) up.add(weight, {std::string{kNames[up.ids.size()]}});
}

// Recorded from nginx 1.22.1, three servers.
TEST(NginxHashConsistent, FindsWhomNginxFinds) {
    Upstream up{make<HashConsistent>()};
    fill(up, {1, 1, 1});
    EXPECT_EQ(up.succeed({.key = "user0"}), 2);
    EXPECT_EQ(up.succeed({.key = "/img/7.png"}), 1);
    EXPECT_EQ(up.succeed({.key = "/img/42.png"}), 0);
    EXPECT_EQ(up.succeed({.key = "4"}), 1);
}

/// The ring of one name, from the rule: points chained by the one before, lowest byte first.
std::vector<std::uint32_t> chain(const std::string& stem, std::size_t count) {
    std::vector<std::uint32_t> out;
    std::uint32_t before = 0;
    for (; count != 0; --count) {
        std::string text = stem;
        for (int shift = 0; shift != 32; shift += 8) text += static_cast<char>(before >> shift);
        out.push_back(before = lb::crc32_of(text));
    }
    return out;
}

int owner(const std::vector<std::vector<std::uint32_t>>& chains, std::uint32_t hash) {
    int best = -1;
    std::uint32_t nearest = 0;
    for (std::size_t i = 0; i != chains.size(); ++i)
        for (const auto point : chains[i])
            if (best == -1 || point - hash < nearest)  // The distance round the ring.
                best = static_cast<int>(i), nearest = point - hash;
    return best;
}

TEST(NginxHashConsistent, HangsPointsOnHostAndPortAndNotOnAnythingResolved) {
    using namespace std::string_literals;
    const std::vector<std::pair<std::string, std::string>> names{
        {"127.0.0.1:80", "127.0.0.1\0"s + "80"},
        {"backend", "backend\0"s},
        {"unix:/run/a.sock", "/run/a.sock\0"s},
        {"UNIX:/run/b:81", "/run/b:81\0"s},
        {"a:b", "a:b\0"s},
        {"[::1]:8080", "[::1]\0"s + "8080"}};
    Upstream up{make<HashConsistent>()};
    std::vector<std::vector<std::uint32_t>> chains;
    for (const auto& [name, stem] : names) {
        const auto weight = 1 + chains.size() % 2;
        up.add(static_cast<double>(weight), {name});
        chains.push_back(chain(stem, 160 * weight));
    }
    for (std::uint64_t i = 0; i != 3000; ++i) {
        const auto key = numbered("key-", i);
        ASSERT_EQ(up.succeed({.key = key}), owner(chains, lb::crc32_of(key))) << key;
    }
}

TEST(NginxHashConsistent, MovesKeysOnlyToAServerThatIsAdded) {
    Upstream before{make<HashConsistent>()}, after{make<HashConsistent>()};
    fill(before, {1, 1, 1});
    fill(after, {1, 1, 1, 1});
    int moved = 0;
    for (std::uint64_t i = 0; i != 2000; ++i) {
        const auto key = numbered("key-", i);
        const int home = before.succeed({.key = key}), now = after.succeed({.key = key});
        ASSERT_TRUE(now == home || now == 3);
        moved += now != home;
    }
    EXPECT_NEAR(moved, 500, 250);
}

TEST(NginxHashConsistent, LeavesTheKeysOfOthersAloneWhenAServerIsDownAndGivesItItsOwnBack) {
    Upstream all{make<HashConsistent>()}, some{make<HashConsistent>()};
    fill(all, {1, 1, 1, 1});
    fill(some, {1, 1, 1, 1});
    for (const bool down : {true, false}) {
        if (down)
            some.down(1);
        else
            some.up(1);
        for (std::uint64_t i = 0; i != 1000; ++i) {
            const auto key = numbered("key-", i);
            const int home = all.succeed({.key = key}), now = some.succeed({.key = key});
            ASSERT_EQ(now == home, home != 1 || !down);
        }
    }
}

// Steps go over points and not over servers: with 2000 of 2320 points down, 21 in a row that are
// down are common, and then turns decide, so that one key sees more than one server.
TEST(NginxHashConsistent, TakesTurnsWhenMoreThanTwentyPointsAreOfTheDown) {
    Upstream up{make<HashConsistent>()};
    fill(up, {100, 1, 1});
    up.down(0);
    int by_turns = 0;
    for (std::uint64_t i = 0; i != 200; ++i) {
        const auto key = numbered("key-", i);
        const auto letters = up.letters(4, {.key = key});
        ASSERT_EQ(letters.find('a'), std::string::npos);
        by_turns += letters != std::string(4, letters[0]);
    }
    EXPECT_GT(by_turns, 50);
}

TEST(NginxHashConsistent, TakesTurnsAmongServersOfOneName) {
    Upstream up{make<HashConsistent>()};
    up.add(2, {"same.example:80"});
    up.add(1, {"same.example:80"});
    for (const char* key : {"x", "y", "z"}) EXPECT_EQ(up.letters(3, {.key = key}), "aba");
}

TEST(NginxHashConsistent, TakesTurnsForARequestWithoutAKey) {
    Upstream up{make<HashConsistent>()};
    fill(up, {5, 1, 1});
    EXPECT_EQ(up.letters(7), "aabacaa");
}

TEST(NginxHashConsistent, FindsSomebodyElseOnARetry) {
    Upstream up{make<HashConsistent>({.max_fails = 0})};
    fill(up, {1, 1, 1});
    for (std::uint64_t i = 0; i != 200; ++i) {
        const auto key = numbered("key-", i);
        std::vector<lb::BackendId> tried;
        for (int attempt = 0; attempt != 3; ++attempt) {
            const int got = up.fail({.key = key, .tried = tried});
            ASSERT_NE(got, -1);
            ASSERT_EQ(std::count(tried.begin(), tried.end(), up.id(got)), 0);
            tried.push_back(up.id(got));
        }
        ASSERT_EQ(up.fail({.key = key, .tried = tried}), -1);
    }
}

}  // namespace
