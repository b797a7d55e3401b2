#include "balancer/health/passive_count.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::Duration;
using lb::Instant;
using lb::OnErrors;
using lb::PassiveCount;
using namespace std::chrono_literals;
using Config = PassiveCount::Config;
using Readmit = PassiveCount::Readmit;
using Rule = PassiveCount::Rule;

/// One backend, and a clock to set.
struct Counted {
    Config config;
    PassiveCount count{};
    Instant now{};

    bool admits() const { return count.admits(config, now); }
    bool fail() { return count.on_done(config, true, now); }
    void succeed() { count.on_done(config, false, now); }
    void send() { count.on_sent(config, now); }
    void at(Duration t) { now = Instant{t}; }
};

// ---- nginx

TEST(PassiveCount, OfNginxLetsOneRequestTryAfterAWholeTimeout) {
    Counted c{{.max_fails = 2, .fail_timeout = 2s}};
    c.fail();
    EXPECT_TRUE(c.admits());
    c.at(900ms);
    c.fail();
    EXPECT_FALSE(c.admits());
    c.at(2999ms);
    EXPECT_FALSE(c.admits()) << "2 s mean up to 3";
    c.at(3s);
    EXPECT_TRUE(c.admits());
    c.send();
    EXPECT_FALSE(c.admits());
    c.at(6s);
    EXPECT_TRUE(c.admits());
    c.send();
    c.succeed();
    EXPECT_TRUE(c.admits());
    EXPECT_EQ(c.count.count(c.config, c.now), 0);
}

TEST(PassiveCount, OfNginxAddsUpFailuresHoweverFarApart) {
    Counted c{{.max_fails = 3}};
    for (int i = 0; i != 3; ++i) {
        EXPECT_TRUE(c.admits());
        c.now += 5s;
        c.send();
        c.succeed();  // Within fail_timeout of the failure: it was no try.
        c.now += 100h;
        c.send();
        c.fail();
    }
    EXPECT_FALSE(c.admits());
}

TEST(PassiveCount, OfNginxNeverExcludesWithMaxFailsZero) {
    Counted c{{.max_fails = 0}};
    for (int i = 0; i != 50; ++i) c.fail();
    EXPECT_TRUE(c.admits());
}

TEST(PassiveCount, OfNginxMayCountTimeExactly) {
    Counted c{{.fail_timeout = 1500ms, .whole_seconds = false}};
    c.at(900ms);
    c.fail();
    c.at(2400ms);
    EXPECT_FALSE(c.admits());
    c.now += 1ns;
    EXPECT_TRUE(c.admits());
}

// ---- Consecutive

TEST(PassiveCount, OfErrorsInARowSaysThatTheCheckHasToActEachTimeTheLimitIsReached) {
    Counted c{{.rule = Rule::Consecutive, .error_limit = 3, .readmit = Readmit::ActiveCheck}};
    for (const bool succeeds_between : {true, false}) {
        EXPECT_FALSE(c.fail());
        EXPECT_FALSE(c.fail());
        EXPECT_EQ(c.count.count(c.config, c.now), 2);
        if (succeeds_between) {
            c.succeed();
            EXPECT_FALSE(c.fail());
            EXPECT_FALSE(c.fail());
        }
        EXPECT_TRUE(c.fail());
        EXPECT_TRUE(c.admits()) << "that is for the check to say";
    }
}

TEST(PassiveCount, OfErrorsInARowExcludesForAWhileIfNoCheckCan) {
    Counted c{{.rule = Rule::Consecutive, .error_limit = 2}};
    EXPECT_FALSE(c.fail());
    EXPECT_FALSE(c.fail());
    EXPECT_FALSE(c.admits());
    EXPECT_EQ(c.count.next_change(c.config, c.now), Instant{10s});
    c.at(10s);
    EXPECT_TRUE(c.admits());
    c.fail();
    EXPECT_TRUE(c.admits()) << "it takes another run";
}

// ---- Sliding

TEST(PassiveCount, OfAWindowExcludesByFailuresWithinItSinceTheLastSuccess) {
    struct Step {
        Duration at;
        bool fails, admitted;
    };
    for (const auto& steps : {
             std::vector<Step>{{0s, true, true}, {5s, true, true}, {9s, true, false}},
             std::vector<Step>{{0s, true, true}, {5s, true, true}, {10s, true, true}},
             std::vector<Step>{{0s, true, true}, {5s, true, true}, {9999ms, true, false}},
             std::vector<Step>{{0s, true, true},
                               {5s, true, true},
                               {6s, false, true},
                               {7s, true, true},
                               {8s, true, true},
                               {9s, true, false}},
         }) {
        Counted c{{.rule = Rule::Sliding, .max_fails = 3}};
        for (const auto& step : steps) {
            c.at(step.at);
            if (step.fails)
                c.fail();
            else
                c.succeed();
            EXPECT_EQ(c.admits(), step.admitted) << lb::seconds(step.at);
        }
    }
}

TEST(PassiveCount, OfAWindowLetsBackAfterItWhateverHappensMeanwhile) {
    Counted c{{.rule = Rule::Sliding, .max_fails = 1}};
    c.fail();
    EXPECT_FALSE(c.admits());
    c.at(5s);
    c.succeed();
    EXPECT_FALSE(c.admits());
    c.fail();
    c.at(9999ms);
    EXPECT_FALSE(c.admits());
    c.at(10s);
    EXPECT_TRUE(c.admits());
}

TEST(PassiveCount, OfAWindowLeavesItToTheActiveCheckToLetBackIfThereIsOne) {
    for (const auto readmit : {Readmit::ActiveCheck, Readmit::Timeout}) {
        Counted c{{.rule = Rule::Sliding, .readmit = readmit}};
        c.fail();
        EXPECT_EQ(c.count.next_change(c.config, c.now),
                  readmit == Readmit::Timeout ? Instant{10s} : Instant::max());
        c.at(9s);
        c.count.on_probe_passed(c.config);
        EXPECT_EQ(c.admits(), readmit == Readmit::ActiveCheck);
    }
}

// ---- All

TEST(PassiveCount, SaysWhenItWillAdmitByItself) {
    lb::Rng rng{5};
    for (const auto rule : {Rule::Nginx, Rule::Consecutive, Rule::Sliding})
        for (int script = 0; script != 200; ++script) {
            Counted c{{.rule = rule,
                       .max_fails = 1 + static_cast<std::int64_t>(rng.below(3)),
                       .fail_timeout = 3s,
                       .whole_seconds = rng.chance(0.5),
                       .error_limit = 2}};
            for (int step = 0; step != 60; ++step) {
                c.now += Duration{static_cast<Duration::rep>(rng.below(2'000'000'000))};
                if (c.admits()) c.send();
                if (rng.chance(0.6))
                    c.fail();
                else
                    c.succeed();
                const auto change = c.count.next_change(c.config, c.now);
                if (c.admits()) {
                    ASSERT_EQ(change, Instant::max());
                    continue;
                }
                ASSERT_GT(change, c.now);
                ASSERT_LE(change, c.now + 4s);
                ASSERT_FALSE(c.count.admits(c.config, change - 1ns));
                ASSERT_TRUE(c.count.admits(c.config, change));
            }
        }
}

}  // namespace
