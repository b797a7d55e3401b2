#include "balancer/policies/nginx/peers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "balancer/policies/nginx/round_robin.hpp"
#include "balancer/policies/nginx/upstream.hpp"

// What all policies of nginx share, seen through its round robin.

namespace {

using lb::Response;
using lb::nginx::Peers;
using lb::nginx::RoundRobin;
using lbtest::make;
using lbtest::Upstream;
using namespace std::chrono_literals;

Peers::Config config(std::int64_t max_fails, lb::Duration fail_timeout = 10s) {
    return {.max_fails = max_fails, .fail_timeout = fail_timeout};
}

// The steps of a run of nginx 1.22.1 with two servers, max_fails=2 fail_timeout=2s: what the first
// was given when the second was the only other.
TEST(NginxPeers, PassOverAServerAfterMaxFailsAndTryItOnceAfterEachFailTimeout) {
    Upstream up{make<RoundRobin>(config(2, 2s))};
    up.with({1, 1});
    const auto at = [&](lb::Duration t) { up.now = lb::Instant{t}; };
    const auto first_gets_one = [&](Response::End end) {
        for (int i = 0; i != 2; ++i) {
            const auto ticket = up.send();
            const bool first = ticket->backend == up.ids[0];
            up.done(*ticket, {.end = first ? end : Response::End::Complete});
            if (first) return true;
        }
        return false;
    };
    EXPECT_TRUE(first_gets_one(Response::End::Refused));
    at(2ms);
    EXPECT_TRUE(first_gets_one(Response::End::Refused));
    for (const auto t : {4ms, 1000ms, 2000ms, 2999ms}) {
        at(t);
        EXPECT_FALSE(first_gets_one(Response::End::Complete)) << t.count();
    }
    at(3000ms);  // 3 - 0 > 2, in whole seconds.
    EXPECT_TRUE(first_gets_one(Response::End::Refused));
    at(5999ms);
    EXPECT_FALSE(first_gets_one(Response::End::Complete));
    at(6000ms);
    EXPECT_TRUE(first_gets_one(Response::End::Complete));
    for (int i = 0; i != 5; ++i) EXPECT_TRUE(first_gets_one(Response::End::Complete));
}

TEST(NginxPeers, LetOneRequestOnlyTryAServerThatWasPassedOver) {
    Upstream up{make<RoundRobin>(config(1, 2s))};
    up.with({1, 1});
    EXPECT_EQ(up.fail(), 0);
    up.now += 3s;
    int tries = 0;
    for (int i = 0; i != 6; ++i) tries += up.hold() == 0;
    EXPECT_EQ(tries, 1);
    up.now += 2s;
    for (int i = 0; i != 6; ++i) tries += up.hold() == 0;
    EXPECT_EQ(tries, 1);
    up.now += 1s;
    for (int i = 0; i != 6; ++i) tries += up.hold() == 0;
    EXPECT_EQ(tries, 2);
}

TEST(NginxPeers, ForgiveFailuresOnlyAfterASuccessThatWasATry) {
    Upstream up{make<RoundRobin>(config(3))};
    up.with({1, 1});
    const auto first = [&](Response::End end) {
        for (;;) {
            const auto ticket = up.send();
            if (!ticket || up.number(ticket->backend) == 0) return up.done(*ticket, {.end = end});
            up.done(*ticket);
        }
    };
    for (int i = 0; i != 2; ++i) {
        first(Response::End::Timeout);
        up.now += 1s;
        first(Response::End::Complete);  // Forgives nothing: the failure is not 10 s old.
        up.now += 1s;
    }
    first(Response::End::Reset);
    EXPECT_EQ(up.letters(4), "bbbb");
}

TEST(NginxPeers, TakeACancelledRequestForASuccessAndAnAnswerWithAStatusToo) {
    for (const bool cancelled : {true, false}) {
        Upstream up{make<RoundRobin>(config(2, 2s))};
        up.with({1, 1});
        EXPECT_EQ(up.fail(), 0);
        EXPECT_EQ(up.succeed(), 1);
        EXPECT_EQ(up.fail(), 0);
        up.now += 3s;
        auto ticket = up.send();
        if (ticket->backend != up.ids[0]) ticket = up.send();
        ASSERT_EQ(ticket->backend, up.ids[0]);
        up.done(*ticket,
                cancelled ? Response{.end = Response::End::Cancelled} : Response{.status = 503});
        EXPECT_EQ(up.letters(4).find("a") != std::string::npos, true);
    }
}

TEST(NginxPeers, NeitherPassOverNorLowerAServerWithMaxFailsZero) {
    Upstream up{make<RoundRobin>(config(0))};
    up.with({5, 1, 1});
    std::string got;
    for (int i = 0; i != 70; ++i) got += static_cast<char>('a' + up.fail());
    std::string expected;
    for (int i = 0; i != 10; ++i) expected += "aabacaa";
    EXPECT_EQ(got, expected);
}

// W / max_fails in whole numbers: 5/3 is 1, so that after the failure the weight is 4 in the next
// turn and 5 again in the one after.
TEST(NginxPeers, LowerTheWeightByAWholeShareAndLetItRecoverByOneAfterEachTurn) {
    Upstream up{make<RoundRobin>(config(3))};
    up.with({5, 2, 2});
    EXPECT_EQ(up.fail(), 0);  // Current 5 2 2, less 9: -4 2 2; effective 4.
    // 4 is added, then it recovers: 0 4 4, less 8.  Then 5: 5 -2 6, less 9.  By a weight of 5
    // throughout, the first turn would be 1 4 4 less 9.
    EXPECT_EQ(up.letters(2), "bc");
    // 5 -2+2 -3+2: 10 0 -1, less 9.  (With 5 throughout: 6 -3 6, 11 -1 -1: "abc" comes later.)
    EXPECT_EQ(up.letters(1), "a");
}

TEST(NginxPeers, NeverLetTheWeightFallBelowZero) {
    Upstream up{make<RoundRobin>(config(1))};
    up.with({4, 1});
    std::vector<lb::Ticket> out;
    for (int i = 0; i != 3; ++i) out.push_back(*up.send());  // a a b
    for (const auto& ticket : out)
        if (ticket.backend == up.ids[0]) up.done(ticket, {.end = Response::End::Reset});
    up.now += 11s;
    // From 2 -2: 0 is added and it leads with 2 to -1; then 1, 2, 3, while it pays 1, 2, 3, 4.
    EXPECT_EQ(up.letters(5), "aaaab");
}

TEST(NginxPeers, UseALoneServerWhateverItsFailuresButNotTwiceForARequest) {
    Upstream up{make<RoundRobin>()};
    up.with({1});
    for (int i = 0; i != 5; ++i) EXPECT_EQ(up.fail(), 0);
    EXPECT_EQ(up.fail({.tried = up.ids}), -1);
    up.down(0);
    EXPECT_EQ(up.succeed(), -1);
}

TEST(NginxPeers, PassOverALoneServerThatHasBackups) {
    Upstream up{make<RoundRobin>({.backups = true})};
    up.with({1});
    EXPECT_EQ(up.fail(), 0);
    EXPECT_EQ(up.succeed(), -1);
    up.now += 11s;
    EXPECT_EQ(up.succeed(), 0);
}

TEST(NginxPeers, ReviveNobodyBecauseAllHaveFailed) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 1});
    EXPECT_EQ(up.fail(), 0);
    EXPECT_EQ(up.fail(), 1);
    EXPECT_EQ(up.letters(3), "---");
    up.now += 10s;
    EXPECT_EQ(up.letters(3), "---");
    up.now += 1s;
    EXPECT_NE(up.letters(2).find('b'), std::string::npos);
}

TEST(NginxPeers, TakeWhatABackendSaysOfItselfForWhatThePolicySaysOfAll) {
    Upstream up{make<RoundRobin>()};
    lb::Backend never, soon;
    never.max_fails = 0;
    soon.fail_timeout = 2s;
    up.add(1, never);
    up.add(1, soon);
    up.add(1);
    for (int i = 0; i != 3; ++i) up.fail();
    EXPECT_EQ(up.letters(3), "aaa");
    up.now += 3s;
    EXPECT_EQ(up.letters(7), "aababab");  // From 0 -1, b with 0 in the first turn.
}

TEST(NginxPeers, CountSecondsAlsoBeforeTheStartOfTime) {
    EXPECT_EQ(lb::nginx::second(lb::Instant{-1ns}), lb::Instant{-1s});
    EXPECT_EQ(lb::nginx::second(lb::Instant{-1s}), lb::Instant{-1s});
    EXPECT_EQ(lb::nginx::second(lb::Instant{999ms}), lb::Instant{});
}

TEST(NginxPeers, KeepAFullServersTurn) {
    Upstream up{make<RoundRobin>()};
    lb::Backend narrow;
    narrow.max_in_flight = 2;
    up.add(5, narrow);
    up.add(1);
    const auto one = up.send(), other = up.send();  // -2 2
    EXPECT_EQ(up.letters(3), "bbb");
    up.done(*one);
    up.done(*other);
    EXPECT_EQ(up.letters(2), "ab");  // 3 3, then 2 4.  With a turn of its own it would be "aa".
}

TEST(NginxPeers, StartAnewWithANewConfiguration) {
    Upstream up{make<RoundRobin>()};
    up.with({5, 1, 1});
    EXPECT_EQ(up.letters(3), "aab");
    EXPECT_EQ(up.fail(), 0);
    EXPECT_EQ(up.letters(3).find('a'), std::string::npos);
    up.fleet.set_weight(up.ids[2], 1, up.now);
    EXPECT_EQ(up.letters(7), "aabacaa");
    up.add(5);
    EXPECT_EQ(up.letters(4), "adad");
    up.fleet.remove(up.ids[3], up.now);
    EXPECT_EQ(up.letters(7), "aabacaa");
}

TEST(NginxPeers, IgnoreAnswersOfServersThatLeft) {
    Upstream up{make<RoundRobin>()};
    up.with({1, 1});
    const auto ticket = up.send();
    up.fleet.remove(ticket->backend, up.now);
    EXPECT_EQ(up.letters(2), "bb");
    up.done(*ticket, {.end = Response::End::Reset});
    EXPECT_EQ(up.letters(2), "bb");
}

TEST(NginxPeers, TakeAFractionForTheNearestWholeWeightButOneAtLeast) {
    Upstream up{make<RoundRobin>()};
    up.with({1.6, 0.1});
    EXPECT_EQ(up.letters(6), "abaaba");
}

struct Mistakes final : lb::Defaults {
    void problem(std::string_view name, std::string message, std::string) override {
        found += std::string{name} + ": " + message;
    }
    std::string found;
};

TEST(NginxPeers, SayThatAFailTimeoutIsWholeSeconds) {
    Mistakes none, half;
    Peers::Config whole = config(1, 2s), fraction = config(1, 2500ms);
    whole.describe(none);
    fraction.describe(half);
    EXPECT_EQ(none.found, "");
    EXPECT_EQ(half.found, "fail_timeout: not a whole number of seconds");
}

}  // namespace
