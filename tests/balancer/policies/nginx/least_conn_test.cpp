#include "balancer/policies/nginx/least_conn.hpp"

#include <gtest/gtest.h>

#include <string>

#include "balancer/policies/nginx/upstream.hpp"

namespace {

using lb::nginx::LeastConn;
using lbtest::make;
using lbtest::Upstream;

TEST(NginxLeastConn, TakesTurnsByWeightWhileAllAreIdle) {
    EXPECT_EQ(Upstream{make<LeastConn>()}.with({5, 1, 1}).letters(7), "aabacaa");
}

TEST(NginxLeastConn, ComparesRequestsInFlightPerWeightWithoutTheOneBeingPicked) {
    Upstream up{make<LeastConn>()};
    up.with({3, 1});
    std::string got;
    for (int i = 0; i != 8; ++i) got += static_cast<char>('a' + up.hold());
    // 0/3 0/1 tie: a; 1/3 0/1: b; 1/3 1/1: a; 2/3: a; 3/3 1/1 tie: a, for it is owed more; ...
    EXPECT_EQ(got, "abaaabaa");
}

TEST(NginxLeastConn, LeavesTheTurnsAloneWhenTheLeastIsUnique) {
    Upstream up{make<LeastConn>()};
    up.with({1, 1, 1});
    const auto first = up.send();   // a, of three equals: -2 1 1
    const auto second = up.send();  // b, of two: -2 0 2
    ASSERT_EQ(up.number(second->backend), 1);
    EXPECT_EQ(up.letters(5), "ccccc");  // The only idle one.
    up.done(*first);
    up.done(*second);
    EXPECT_EQ(up.letters(3), "cbc");  // -1 1 3, 0 2 1, 1 0 2.  It paid for none of the five.
}

// Weight 10, less 5 for a failure and 1 back in the turn that b wins.  It stays 6 through the picks
// that nobody shares: from -5 0 come 1 10, 8 0 with 7, then -4 10.  Of 10 10 it would be a's turn.
TEST(NginxLeastConn, LetsNoWeightRecoverWhenTheLeastIsUnique) {
    Upstream up{make<LeastConn>({.max_fails = 2})};
    up.with({10, 10});
    EXPECT_EQ(up.fail(), 0);
    const auto held = up.send();
    ASSERT_EQ(up.number(held->backend), 1);
    EXPECT_EQ(up.letters(5), "aaaaa");
    up.done(*held);
    EXPECT_EQ(up.letters(4), "bbab");
}

TEST(NginxLeastConn, TakesTurnsAmongTheTiedOnly) {
    Upstream up{make<LeastConn>()};
    up.with({1, 1, 1});
    const auto held = up.send();  // -2 1 1
    ASSERT_EQ(up.number(held->backend), 0);
    EXPECT_EQ(up.letters(4), "bcbc");  // a's value waits,
    up.done(*held);
    EXPECT_EQ(up.letters(3), "bca");  // and is what it was.
}

TEST(NginxLeastConn, PassesOverTheTriedTheFailedAndTheDown) {
    Upstream up{make<LeastConn>()};
    up.with({1, 1, 1, 1});
    EXPECT_EQ(up.fail(), 0);
    up.down(1);
    const std::vector<lb::BackendId> tried{up.ids[2]};
    EXPECT_EQ(up.letters(3, {.tried = tried}), "ddd");
    EXPECT_EQ(up.succeed({.tried = up.ids}), -1);
}

TEST(NginxLeastConn, DoesNotChargeWhoClientsStickTo) {
    Upstream up{make<LeastConn>()};
    up.with({1, 1, 1});
    for (int i = 0; i != 5; ++i) up.stick(0);
    EXPECT_EQ(up.letters(3), "abc");
}

}  // namespace
