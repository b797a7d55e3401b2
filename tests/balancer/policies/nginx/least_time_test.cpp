#include "balancer/policies/nginx/least_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/policies/nginx/upstream.hpp"

namespace {

using lb::Response;
using lb::nginx::LeastTime;
using lbtest::make;
using lbtest::Upstream;
using namespace std::chrono_literals;

LeastTime::Config config(LeastTime::Mode mode, bool inflight = false) {
    LeastTime::Config out;
    out.mode = mode;
    out.inflight = inflight;
    return out;
}
constexpr auto kHeader = LeastTime::Mode::Header, kLastByte = LeastTime::Mode::LastByte;

/// A request that takes that long at whoever gets it.
int timed(Upstream& up, const std::vector<lb::Duration>& latencies, lb::Duration first_byte = {}) {
    const auto ticket = up.send();
    const int number = up.number(ticket->backend);
    up.now += latencies[static_cast<std::size_t>(number)];
    up.done(*ticket, {.first_byte = first_byte});
    return number;
}

TEST(NginxLeastTime, TakesANewcomerForTheBestUntilItAnswered) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({1, 1, 1});
    std::string got;
    for (int i = 0; i != 6; ++i) got += static_cast<char>('a' + timed(up, {100ms, 50ms, 200ms}));
    EXPECT_EQ(got, "abcbbb");
}

// 19 ms counts as 20, 20 as 40.  When the two are equal it is b's turn.
TEST(NginxLeastTime, RoundsTimesUpToTheNextStepOf20ms) {
    const auto after_one_each = [](lb::Duration a, lb::Duration b) {
        Upstream up{make<LeastTime>(config(kLastByte))};
        up.with({1, 1});
        for (int i = 0; i != 2; ++i) timed(up, {a, b});
        return up.hold();
    };
    EXPECT_EQ(after_one_each(20ms, 39ms), 1) << "equal";
    EXPECT_EQ(after_one_each(19ms, 39ms), 0);
    EXPECT_EQ(after_one_each(20ms, 40ms), 0);
    EXPECT_EQ(after_one_each(5100ms, 5800ms), 1) << "above 5 s all are equally bad";
    EXPECT_EQ(after_one_each(4000ms, 5800ms), 0);
}

TEST(NginxLeastTime, CountsTheRequestsInFlightAndTheOneBeingPicked) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {10ms, 50ms});
    std::string got;  // 20, 40, 60, 80 against 60, 120, 180.
    for (int i = 0; i != 5; ++i) got += static_cast<char>('a' + up.hold());
    EXPECT_EQ(got.substr(0, 2), "aa");
    EXPECT_EQ(std::count(got.begin(), got.end(), 'b'), 1);
}

TEST(NginxLeastTime, MovesTheAverageByATwentieth) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {38ms, 59ms});  // 40 against 60.
    // 0.95 * 38 + 0.05 * 500 = 61.1: as 80 it loses now.
    EXPECT_EQ(timed(up, {500ms, 59ms}), 0);
    EXPECT_EQ(up.hold(), 1);
}

TEST(NginxLeastTime, LooksAtTheFirstByteOrTheLast) {
    for (const auto mode : {kHeader, kLastByte}) {
        Upstream up{make<LeastTime>(config(mode))};
        up.with({1, 1});
        for (int i = 0; i != 2; ++i) {
            const auto ticket = up.send();
            const bool first = ticket->backend == up.ids[0];
            up.now += first ? 100ms : 50ms;  // a begins early and ends late.
            up.done(*ticket, {.first_byte = first ? 10ms : 40ms});
        }
        EXPECT_EQ(up.letters(3), mode == kHeader ? "aaa" : "bbb");
    }
}

TEST(NginxLeastTime, TakesTheLatencyWhenNobodySaysWhenTheAnswerBegan) {
    Upstream up{make<LeastTime>(config(kHeader))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {100ms, 50ms});
    EXPECT_EQ(up.letters(3), "bbb");
}

TEST(NginxLeastTime, LearnsNothingFromFailuresAndCancelledRequests) {
    for (const auto end : {Response::End::Reset, Response::End::Cancelled}) {
        LeastTime::Config never = config(kLastByte);
        never.max_fails = 0;
        Upstream up{make<LeastTime>(never)};
        up.with({1, 1});
        for (int i = 0; i != 2; ++i) timed(up, {70ms, 50ms});
        for (int i = 0; i != 40; ++i) {
            const auto a = up.send(), b = up.send();
            for (const auto& ticket : {*a, *b}) {
                const bool first = ticket.backend == up.ids[0];
                up.done(ticket, {.end = first ? end : Response::End::Complete});
            }
        }
        EXPECT_EQ(up.letters(3), "bbb") << "a is fast at failing only";
    }
}

TEST(NginxLeastTime, HalvesTheTimeOfAServerForEachFailTimeoutThatItWasLeftAlone) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {130ms, 50ms});
    for (int second = 1; second != 11; ++second) {
        up.now = lb::Instant{std::chrono::seconds{second}};
        ASSERT_EQ(timed(up, {0ms, 50ms}), 1) << second;
    }
    // 11 s: 65, as 80 against 60.  22 s: 32, as 40.
    up.now = lb::Instant{11s};
    EXPECT_EQ(timed(up, {0ms, 50ms}), 1);
    up.now = lb::Instant{21s};
    EXPECT_EQ(timed(up, {0ms, 50ms}), 1);
    up.now = lb::Instant{22s};
    EXPECT_EQ(timed(up, {0ms, 50ms}), 1);  // Last stamped at 11 s, it is halved too: its turn.
    EXPECT_EQ(timed(up, {0ms, 50ms}), 0);
}

TEST(NginxLeastTime, SeesByInflightThatAServerHangsBeforeItAnswers) {
    for (const bool inflight : {false, true}) {
        Upstream up{make<LeastTime>(config(kLastByte, inflight))};
        up.with({1, 1});
        for (int i = 0; i != 2; ++i) timed(up, {10ms, 90ms});
        EXPECT_EQ(up.hold(), 0);  // It never comes back.
        up.now += 3s;
        // By its average it is 20 ms, twice: 40 against 100.  By the age of its request 3 s, twice.
        EXPECT_EQ(up.hold(), inflight ? 1 : 0);
    }
}

// Of two requests to a one ends after 1 s: what is left is 1 s old, 1020 x 2 against b's 3020. With
// the age of the other it would be 2020 x 2.
TEST(NginxLeastTime, ForgetsTheAgeOfARequestThatEnded) {
    Upstream up{make<LeastTime>(config(kLastByte, true))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {10ms, 3s});
    const auto ends = up.send(), stays = up.send();
    ASSERT_EQ(up.number(ends->backend), 0);
    ASSERT_EQ(up.number(stays->backend), 0);
    up.now += 1s;
    up.done(*ends, {.end = Response::End::Cancelled});
    EXPECT_EQ(up.hold(), 0);
}

TEST(NginxLeastTime, TakesTurnsAmongEqualsAndGivesAnIdleFleetToTheHeavyAlone) {
    EXPECT_EQ(Upstream{make<LeastTime>()}.with({1, 1, 1}).letters(6), "abcabc");
    EXPECT_EQ(Upstream{make<LeastTime>()}.with({5, 1, 1}).letters(6), "aaaaaa");
}

// 40 ms of weight 2 equal 20 ms of weight 1.  But as soon as b leads, nginx compares c with b's
// weight and a's time, and c misses that turn: a alone; -2 1 1; 0 -1 1; -2 0 2; 0 -2 2; then c.
// (With c in every turn it would be a a b c.)
TEST(NginxLeastTime, LosesEqualsBehindALighterLeaderAsNginxDoes) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({2, 1, 1});
    std::string got;
    for (int i = 0; i != 6; ++i) got += static_cast<char>('a' + timed(up, {30ms, 10ms, 10ms}));
    EXPECT_EQ(got, "aababc");
}

TEST(NginxLeastTime, ForgetsItsAveragesWithANewConfiguration) {
    Upstream up{make<LeastTime>(config(kLastByte))};
    up.with({1, 1});
    for (int i = 0; i != 2; ++i) timed(up, {10ms, 50ms});
    EXPECT_EQ(up.letters(2), "aa");
    up.fleet.set_weight(up.ids[0], 1, up.now);
    EXPECT_EQ(up.letters(2), "ab");
}

}  // namespace
