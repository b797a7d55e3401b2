#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/policies/haproxy/first.hpp"
#include "balancer/policies/haproxy/least_connections.hpp"
#include "support/pool.hpp"
#include "support/proxy.hpp"

// Those of HAProxy's algorithms that look at connections.

namespace {

using lb::haproxy::First;
using lb::haproxy::LeastConnections;
using lbtest::make;
using lbtest::Proxy;

// ---- leastconn

TEST(HaproxyLeastconn, TakesIdleServersInTurnWhateverTheyWeigh) {
    Proxy proxy{make<LeastConnections>(), {5, 1, 1}};
    EXPECT_EQ(proxy.picks(6), "abcabc");
}

TEST(HaproxyLeastconn, ComparesLoadsByWeightOnceServersAreBusy) {
    Proxy proxy{make<LeastConnections>(), {3, 1}};
    std::string held;
    for (int i = 0; i != 8; ++i) held += proxy.hold();
    // (n + 1) / weight: a b, then a at 2/3, 3/3, 4/3, 5/3, 6/3 beside b at 2/1, which is earlier.
    EXPECT_EQ(held, "abaaaaba");
}

TEST(HaproxyLeastconn, QueuesAServerBehindItsEqualsWhenItTakesAndWhenItGivesBack) {
    Proxy proxy{make<LeastConnections>(), {1, 1, 1}};
    const auto a = proxy.send(), b = proxy.send(), c = proxy.send();
    proxy.done(*c);
    proxy.done(*a);
    proxy.done(*b);
    EXPECT_EQ(proxy.picks(3), "cab");
}

TEST(HaproxyLeastconn, SendsAllToAServerThatComesBackIdle) {
    Proxy proxy{make<LeastConnections>(), {1, 1, 1}};
    proxy.down(2);
    for (int i = 0; i != 6; ++i) proxy.hold();
    proxy.up(2);
    std::string held;
    for (int i = 0; i != 4; ++i) held += proxy.hold();
    EXPECT_EQ(held, "ccca");
}

TEST(HaproxyLeastconn, QueuesAServerAnewWhenItsWeightChangesAndOnlyThen) {
    Proxy proxy{make<LeastConnections>(), {1, 1, 1}};
    proxy.reweigh(0, 1);
    EXPECT_EQ(proxy.picks(3), "abc");
    proxy.reweigh(0, 2);
    EXPECT_EQ(proxy.picks(3), "bca");
}

TEST(HaproxyLeastconn, PassesOverTheFullAndTheOneThatFailed) {
    Proxy proxy{make<LeastConnections>()};
    proxy.add({.name = "a", .max_in_flight = 1}, 256);
    proxy.add({});
    EXPECT_EQ(proxy.hold(), 'a');
    EXPECT_EQ(proxy.hold(), 'b');
    EXPECT_EQ(proxy.hold(), 'b') << "a has the least key, but is full";
    EXPECT_EQ(proxy.retry(1), 'b') << "there is no other";
    proxy.add({});
    EXPECT_EQ(proxy.retry(2), 'b');
}

TEST(HaproxyLeastconn, CountsWhatOtherBalancersSend) {
    Proxy proxy{make<LeastConnections>(), {1, 1}};
    proxy.fleet.sent(proxy.ids[0], {});
    EXPECT_EQ(proxy.picks(3), "bbb");
}

// ---- first

TEST(HaproxyFirst, FillsOneServerAfterTheOther) {
    Proxy proxy{make<First>()};
    for (int i = 0; i != 3; ++i) proxy.add({.name = {}, .max_in_flight = 2});
    const auto held = proxy.send();
    std::string rest;
    for (int i = 0; i != 5; ++i) rest += proxy.hold();
    EXPECT_EQ(rest, "abbcc");
    EXPECT_EQ(proxy.hold(), '-');
    proxy.done(*held);
    EXPECT_EQ(proxy.hold(), 'a');
}

TEST(HaproxyFirst, SendsAllToTheFirstThatHasNoLimit) {
    Proxy proxy{make<First>(), {1, 100}};
    for (int i = 0; i != 50; ++i) EXPECT_EQ(proxy.hold(), 'a');
}

TEST(HaproxyFirst, GoesByTheNumericIdAndElseByTheLowestThatWasFree) {
    Proxy proxy{make<First>()};
    proxy.add({.name = "a", .number = 7});
    proxy.add({.name = "b"});  // 1
    proxy.add({.name = "c"});  // 2
    EXPECT_EQ(proxy.pick(), 'b');
    proxy.fleet.remove(proxy.ids[1], {});
    EXPECT_EQ(proxy.pick(), 'c');
    EXPECT_EQ(index(proxy.add({.name = "d"})), 1u);  // 1 again.
    EXPECT_EQ(proxy.pick(), 'b') << "the slot that d has now";
    proxy.down(2);
    proxy.fleet.exclude(proxy.ids[3], lb::Exclusion::Draining, {});
    EXPECT_EQ(proxy.pick(), 'a');
}

TEST(HaproxyFirst, AvoidsTheServerThatFailedUnlessItIsTheOnlyOne) {
    Proxy proxy{make<First>(), {1, 1}};
    EXPECT_EQ(proxy.retry(0), 'b');
    proxy.down(1);
    EXPECT_EQ(proxy.retry(0), 'a');
}

}  // namespace
