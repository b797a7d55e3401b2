#include "balancer/policies/haproxy/hash.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "balancer/policies/haproxy/source.hpp"
#include "balancer/policies/haproxy/uri.hpp"
#include "support/pool.hpp"
#include "support/proxy.hpp"

// HAProxy's algorithms that hash a part of the request.

namespace {

using namespace lb::haproxy;
using lbtest::make;
using lbtest::numbered;
using lbtest::Proxy;

Hash::Config of(HashType::Method method, Function function = Function::Default,
                bool avalanche = false, std::int64_t balance_factor = 0) {
    return {{method, function, avalanche, balance_factor}};
}
const auto kMap = of(HashType::Method::MapBased);
const auto kTree = of(HashType::Method::Consistent);

/// Who gets each of many keys.
std::string homes(Proxy& proxy, std::uint64_t keys = 1000) {
    std::string out;
    for (std::uint64_t k = 0; k != keys; ++k) out += proxy.pick({.key = numbered("key-", k)});
    return out;
}
std::size_t moved(const std::string& before, const std::string& after) {
    std::size_t n = 0;
    for (std::size_t i = 0; i != before.size(); ++i) n += before[i] != after[i];
    return n;
}

// Recorded from HAProxy 2.6.12, `balance url_param`.
TEST(HaproxyHash, PicksAsHaproxyDoes) {
    struct Row {
        Hash::Config config;
        std::vector<double> weights;
        char user0, img7, hex;
    };
    const std::vector<Row> rows{
        {kMap, {1, 1, 1}, 'c', 'b', 'b'},
        {kMap, {3, 2, 1}, 'c', 'a', 'b'},
        {of(HashType::Method::MapBased, Function::Djb2), {1, 1, 1}, 'c', 'a', 'a'},
        {of(HashType::Method::MapBased, Function::Wt6), {1, 1, 1}, 'a', 'a', 'b'},
        {of(HashType::Method::MapBased, Function::Crc32, true), {1, 1, 1}, 'a', 'c', 'b'},
        {kTree, {1, 1, 1}, 'a', 'c', 'c'},
        {of(HashType::Method::Consistent, Function::Sdbm), {1, 1, 1}, 'c', 'c', 'c'},
        {of(HashType::Method::Consistent, Function::Sdbm, true), {1, 1, 1}, 'a', 'c', 'c'},
    };
    for (const auto& row : rows) {
        Proxy proxy{make<Hash>(row.config), row.weights};
        EXPECT_EQ(proxy.pick({.key = "user0"}), row.user0);
        EXPECT_EQ(proxy.pick({.key = "/img/7.png"}), row.img7);
        EXPECT_EQ(proxy.pick({.key = "acdc5446"}), row.hex);
    }
}

TEST(HaproxyHash, NoLongerSpreadsOnceAFunctionIsNamed) {
    EXPECT_TRUE(kTree.spreads());
    EXPECT_FALSE(of(HashType::Method::Consistent, Function::Sdbm).spreads());
    EXPECT_TRUE(of(HashType::Method::Consistent, Function::Sdbm, true).spreads());
    EXPECT_FALSE(kMap.spreads());
}

TEST(HaproxyHash, MovesMostKeysByMapAndOnlyTheServersOwnByTree) {
    for (const auto& config : {kMap, kTree}) {
        Proxy proxy{make<Hash>(config), {1, 1, 1, 1, 1}};
        const auto before = homes(proxy);
        proxy.down(2);
        const auto without = homes(proxy);
        if (config.method == HashType::Method::MapBased) {
            EXPECT_GT(moved(before, without), 700u);
        } else {
            for (std::size_t i = 0; i != before.size(); ++i)
                ASSERT_EQ(before[i] == 'c', before[i] != without[i]);
        }
        proxy.up(2);
        EXPECT_EQ(homes(proxy), before) << "they come home";
    }
}

TEST(HaproxyHash, GoesByIdsSoThatAServerInTheMiddleMovesTheOthersKeys) {
    Proxy three{make<Hash>(kTree), {1, 1, 1}};
    Proxy named{make<Hash>(kTree)}, pinned{make<Hash>(kTree)};
    for (const std::uint32_t number : {0u, 0u, 0u, 0u}) named.add({.name = {}, .number = number});
    for (const std::uint32_t number : {1u, 9u, 2u, 3u}) pinned.add({.name = {}, .number = number});
    auto before = homes(three);
    for (char& c : before)
        if (c != 'a') ++c;  // What were b and c are now the third and the fourth.
    EXPECT_GT(moved(before, homes(named)), 500u) << "renumbered";
    const auto after = homes(pinned);
    for (std::size_t i = 0; i != before.size(); ++i)
        ASSERT_TRUE(after[i] == before[i] || after[i] == 'b') << "moved to the new one alone";
}

TEST(HaproxyHash, HasSixteenNodesPerUnitOfWeightWhichIsUneven) {
    Proxy proxy{make<Hash>(kTree), {1, 1, 1}};
    std::map<char, int> counts;
    for (const char c : homes(proxy, 6000)) ++counts[c];
    int most = 0;
    for (const auto& [server, count] : counts) most = std::max(most, count);
    EXPECT_GT(most, 2100);
}

TEST(HaproxyHash, GoesRoundAndRoundWithoutAKey) {
    Proxy by_map{make<Hash>(kMap), {2, 1}};
    EXPECT_EQ(by_map.picks(6), "aabaab");
    Proxy by_tree{make<Hash>(kTree), {2, 1}};
    const auto round = by_tree.picks(48);
    EXPECT_EQ(std::count(round.begin(), round.end(), 'a'), 32) << "node after node";
    EXPECT_EQ(by_tree.picks(48), round);
}

TEST(HaproxyHash, GoesOnAfterTheNextNodeWhenTheLastOneTakenLeft) {
    Proxy proxy{make<Hash>(kTree), {1, 1, 1}};
    const auto round = proxy.picks(48);
    Proxy other{make<Hash>(kTree), {1, 1, 1}};
    other.picks(10);
    const auto last = static_cast<std::size_t>(round[9] - 'a');
    other.down(last);
    // The next node that stays is taken for the last one: what follows it comes.
    std::string rest;
    for (std::size_t i = 10; i != 48; ++i)
        if (round[i] != round[9]) rest += round[i];
    EXPECT_EQ(other.picks(rest.size() - 1), rest.substr(1));
}

TEST(HaproxyHash, RedispatchesToTheSameServerByMapAndToAnotherByTree) {
    Proxy by_map{make<Hash>(kMap), {1, 1, 1}}, by_tree{make<Hash>(kTree), {1, 1, 1}};
    for (std::uint64_t k = 0; k != 200; ++k) {
        const auto key = numbered("key-", k);
        const auto home = by_map.pick({.key = key});
        EXPECT_EQ(by_map.retry(static_cast<std::size_t>(home - 'a'), {.key = key}), home);
        const auto nearest = by_tree.pick({.key = key});
        EXPECT_NE(by_tree.retry(static_cast<std::size_t>(nearest - 'a'), {.key = key}), nearest);
    }
    by_tree.down(1);
    by_tree.down(2);
    EXPECT_EQ(by_tree.retry(0, {.key = "k"}), 'a') << "there is no other";
}

TEST(HaproxyHash, DeclinesRatherThanSendAKeyAstrayFromAFullServer) {
    for (const auto& config : {kMap, kTree}) {
        Proxy proxy{make<Hash>(config)};
        for (int i = 0; i != 3; ++i) proxy.add({.name = {}, .max_in_flight = 1});
        const auto home = proxy.hold({.key = "user0"});
        EXPECT_NE(home, '-');
        EXPECT_EQ(proxy.pick({.key = "user0"}), '-');
        EXPECT_NE(proxy.pick(), '-') << "without a key the full one is passed over";
    }
}

// ---- hash-balance-factor

TEST(HaproxyHash, BoundsTheLoadOfAServerStrictly) {
    const auto config = of(HashType::Method::Consistent, Function::Default, false, 150);
    Proxy proxy{make<Hash>(config), {1, 1, 1}};
    std::string held;
    for (int i = 0; i != 12; ++i) held += proxy.hold({.key = "user0"});
    EXPECT_EQ(held,
              "abbabababab"
              "a")
        << "recorded from HAProxy 2.6.12";
}

TEST(HaproxyHash, KeepsEveryServerWithinItsSlots) {
    for (const std::int64_t factor : {100, 125, 200}) {
        const auto config = of(HashType::Method::Consistent, Function::Default, false, factor);
        Proxy proxy{make<Hash>(config), {1, 1, 1, 1}};
        for (int total = 1; total != 200; ++total) {
            ASSERT_NE(proxy.hold({.key = numbered("k", static_cast<std::uint64_t>(total % 3))}),
                      '-');
            const auto slots = (total * factor + 99) / 100;
            for (const auto id : proxy.ids) ASSERT_LE(proxy.fleet.in_flight(id), (slots + 3) / 4);
        }
    }
}

TEST(HaproxyHash, FindsMistakesInItsConfiguration) {
    struct Problems final : lb::Defaults {
        std::vector<std::string> found;
        void problem(std::string_view name, std::string message, std::string) override {
            found.push_back(std::string{name} + " " + message);
        }
    };
    const auto problems = [](Hash::Config config) {
        Problems fields;
        config.describe(fields);
        return fields.found;
    };
    EXPECT_TRUE(problems(of(HashType::Method::Consistent, {}, false, 100)).empty());
    EXPECT_EQ(problems(of(HashType::Method::Consistent, {}, false, 99)).size(), 1u);
    EXPECT_EQ(problems(of(HashType::Method::MapBased, {}, false, 150)).size(), 1u);
}

// ---- source

TEST(HaproxySource, TakesTheAddressForItsOwnHash) {
    Proxy proxy{make<Source>(), {1, 1, 1}};
    for (std::uint32_t address : {0u, 1u, 2u, 3u, 0x0a000001u, 0xffffffffu})
        EXPECT_EQ(proxy.pick({.client = lb::Address::v4(address, 80)}),
                  static_cast<char>('a' + static_cast<int>(address % 3)));
}

TEST(HaproxySource, FoldsTheWordsOfALongAddress) {
    Proxy proxy{make<Source>(), {1, 1, 1, 1, 1, 1, 1}};
    lb::Address address{.size = 16};
    for (std::uint8_t i = 0; i != 16; ++i) address.bytes[i] = i;
    const std::uint32_t folded = 0x00010203u ^ 0x04050607u ^ 0x08090a0bu ^ 0x0c0d0e0fu;
    EXPECT_EQ(proxy.pick({.client = address}),
              static_cast<char>('a' + static_cast<int>(folded % 7)));
}

TEST(HaproxySource, GoesRoundAndRoundWithoutAnAddress) {
    Proxy proxy{make<Source>(), {1, 1, 1}};
    EXPECT_EQ(proxy.picks(6), "abcabc");
}

// ---- uri

TEST(HaproxyUri, CutsTheUriWhereItIsTold) {
    const std::string_view uri = "http://host/a/b/c.png?x=/y";
    const auto part = [&](UriPart how) { return how.of(uri); };
    EXPECT_EQ(part({}), "http://host/a/b/c.png");
    EXPECT_EQ(part({.whole = true}), uri);
    EXPECT_EQ(part({.path_only = true}), "/a/b/c.png");
    EXPECT_EQ(part({.len = {4}}), "http");
    EXPECT_EQ(part({.path_only = true, .depth = {1}}), "/a");
    EXPECT_EQ(part({.path_only = true, .depth = {2}}), "/a/b");
    EXPECT_EQ(part({.path_only = true, .len = {3}, .depth = {2}}), "/a/");
    EXPECT_EQ(part({.whole = true, .path_only = true, .depth = {4}}), "/a/b/c.png?x=/y");
    EXPECT_EQ(part({.whole = true, .path_only = true, .depth = {3}}), "/a/b/c.png?x=");
    EXPECT_EQ(UriPart{.path_only = true}.of("*"), "");
    EXPECT_EQ(UriPart{.path_only = true}.of("http://host"), "");
}

TEST(HaproxyUri, HashesThePathOfARequestAndElseItsKey) {
    Proxy proxy{make<Uri>(), {1, 1, 1}}, other{make<Hash>(), {1, 1, 1}};
    for (std::uint64_t i = 0; i != 100; ++i) {
        const auto path = numbered("/img/", i);
        const auto query = path + "?q=1";
        const lb::Http http{"GET", "host", query, {}};
        const auto home = other.pick({.key = path});
        EXPECT_EQ(proxy.pick({.http = &http}), home);
        EXPECT_EQ(proxy.pick({.key = path}), home);
    }
}

}  // namespace
