#include "balancer/health/health_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/every.hpp"

namespace {

using lb::Duration;
using lb::HealthCheck;
using lb::Instant;
using lb::OnErrors;
using lb::Rng;
using lb::Sign;
using lbtest::Every;
using namespace std::chrono_literals;
using Config = HealthCheck::Config;
using Transition = HealthCheck::Transition;

/// Plain: up, first probe at once, no jitter.
Config plain(std::int64_t rise, std::int64_t fall) {
    Config c;
    c.interval = 5s;
    c.timeout = 1s;
    c.rise = rise;
    c.fall = fall;
    c.initial = Config::Initial::Up;
    c.first_delay = Config::FirstDelay::AtOnce;
    return c;
}

/// One backend, whose probes take no time.
struct Patient {
    explicit Patient(Config c, Instant start = {})
        : config{std::move(c)}, rng{7}, check{config, start, rng} {}

    Config config;
    Rng rng;
    HealthCheck check;
    bool traffic = true;

    Transition probe(Sign sign, Duration takes = 0s) {
        const Instant sent = check.next_due();
        check.begin(config, sent);
        return check.on_probe(config, sign, traffic, sent + takes, rng);
    }
    /// '+' passes, '-' fails to connect: 'U' or 'd' after each, in small letters if pending.
    std::string states(std::string_view results) {
        std::string out;
        for (const char result : results) {
            const auto t = probe(result == '+' ? Sign::Passed : Sign::NoConnection);
            out += check.up() ? 'U' : 'd';
            if (t == Transition::Pending) out += '?';
        }
        return out;
    }
};

// ---- Verdicts

TEST(HealthCheck, ChangesItsMindOnlyAfterEnoughContraryResultsInARow) {
    Patient p{plain(2, 3)};
    EXPECT_EQ(p.states("--+---"), "U?U?UU?U?d");
    EXPECT_EQ(p.states("+-++"), "d?dd?U");
}

TEST(HealthCheck, BeginsAsItIsTold) {
    using Initial = Config::Initial;
    struct Case {
        Initial initial;
        std::string_view first_passes, first_fails;
    };
    for (const auto& c : {Case{Initial::Up, "UU", "U?U?"}, Case{Initial::UpProvisional, "UU", "dd"},
                          Case{Initial::DownProvisional, "UU", "dd"},
                          Case{Initial::Down, "d?U", "dd"}, Case{Initial::Checking, "UU", "dd"}}) {
        auto config = plain(2, 3);
        config.initial = c.initial;
        EXPECT_EQ(Patient{config}.states("++"), c.first_passes) << int(c.initial);
        EXPECT_EQ(Patient{config}.states("--"), c.first_fails) << int(c.initial);
    }
}

TEST(HealthCheck, IsProvisionalOnlyUntilItsFirstResult) {
    auto config = plain(2, 3);
    config.initial = Config::Initial::UpProvisional;
    EXPECT_EQ(Patient{config}.states("+--+---"), "UU?U?UU?U?d");
    config.initial = Config::Initial::DownProvisional;
    EXPECT_EQ(Patient{config}.states("-+-++"), "dd?dd?U");
}

TEST(HealthCheck, GivesTheFirstResultOfAllTheWeightItIsToldTo) {
    using First = Config::FirstResult;
    struct Case {
        First first;
        std::string_view down_then_passes, up_then_fails;
    };
    for (const auto& c :
         {Case{First::Normal, "d?U", "U?U?"}, Case{First::DecisiveSuccess, "UU", "U?U?"},
          Case{First::DecisiveBoth, "UU", "dd"}}) {
        auto config = plain(2, 3);
        config.first_result = c.first;
        EXPECT_EQ(Patient{config}.states("--"), c.up_then_fails);
        config.initial = Config::Initial::Down;
        EXPECT_EQ(Patient{config}.states("++"), c.down_then_passes);
        EXPECT_EQ(Patient{config}.states("-++"), "dd?U") << "the second is not the first";
    }
}

TEST(HealthCheck, TakesDownAtOnceByAWrongAnswerOnlyIfItIsToldTo) {
    for (const auto hard : {Config::HardFail::Counted, Config::HardFail::Immediate}) {
        auto config = plain(2, 3);
        config.hard_fail = hard;
        const bool immediate = hard == Config::HardFail::Immediate;
        for (const auto sign : {Sign::WrongAnswer, Sign::RetriableAnswer, Sign::TimedOut,
                                Sign::NoConnection, Sign::SaidSo}) {
            Patient p{config};
            const bool at_once = sign == Sign::SaidSo || (immediate && sign == Sign::WrongAnswer);
            EXPECT_EQ(p.probe(sign), at_once ? Transition::Changed : Transition::Pending);
            EXPECT_EQ(p.check.up(), !at_once) << words(sign);
        }
    }
}

TEST(HealthCheck, IsLeavingFromSayingSoUntilAProbePasses) {
    Patient p{plain(2, 3)};
    EXPECT_EQ(p.check.on_goodbye(p.config), Transition::Changed);
    EXPECT_TRUE(p.check.leaving());
    EXPECT_FALSE(p.check.up());
    p.probe(Sign::TimedOut);
    EXPECT_TRUE(p.check.leaving());
    EXPECT_EQ(p.probe(Sign::Passed), Transition::Pending);
    EXPECT_FALSE(p.check.leaving());
    EXPECT_EQ(p.probe(Sign::Passed), Transition::Changed);
}

TEST(HealthCheck, IsDegradedAsLongAsItsProbesSaySo) {
    Patient p{plain(2, 2)};
    EXPECT_EQ(p.probe(Sign::Degraded), Transition::Changed);
    EXPECT_EQ(p.check.state(), HealthCheck::State::Degraded);
    EXPECT_TRUE(p.check.up());
    EXPECT_EQ(p.probe(Sign::Degraded), Transition::Unchanged);
    EXPECT_EQ(p.probe(Sign::TimedOut), Transition::Pending);
    EXPECT_EQ(p.check.state(), HealthCheck::State::Degraded);
    EXPECT_EQ(p.probe(Sign::Passed), Transition::Changed);
    EXPECT_EQ(p.check.state(), HealthCheck::State::Up);
    p.probe(Sign::TimedOut);
    p.probe(Sign::TimedOut);
    EXPECT_EQ(p.check.state(), HealthCheck::State::Down);
    p.probe(Sign::Passed);
    EXPECT_EQ(p.probe(Sign::Degraded), Transition::Changed);
    EXPECT_EQ(p.check.state(), HealthCheck::State::Degraded);
}

TEST(HealthCheck, ShowsRunsOrAsHaproxyShowsItsScore) {
    auto config = plain(2, 3);
    const auto after = [&](std::string_view results) {
        Patient p{config};
        p.states(results);
        return p.check.shown(config);
    };
    EXPECT_EQ(after(""), "up 0/3");
    EXPECT_EQ(after("--"), "up 2/3");
    EXPECT_EQ(after("---"), "down 0/2");
    EXPECT_EQ(after("---+"), "down 1/2");
    config.scoring = Config::Scoring::Score;
    EXPECT_EQ(after(""), "up 3/3");
    EXPECT_EQ(after("--"), "up 1/3");
    EXPECT_EQ(after("---"), "down 0/2");
    EXPECT_EQ(after("---+"), "down 1/2");
}

// ---- The same as other programs count

/// HAProxy's score (set_server_check_status in src/check.c): up from `rise` on.
struct Score {
    std::int64_t rise, fall, health;
    bool up() const { return health >= rise; }
    void pass() {
        if (health < rise + fall - 1) ++health;
        if (health >= rise) health = rise + fall - 1;
    }
    void fail() {
        if (health > 0) --health;
        if (health < rise) health = 0;
    }
    void errors(OnErrors what) {  // __health_adjust
        if (what == OnErrors::SuddenDeath && health > rise) health = rise + 1;
        if (what == OnErrors::MarkDown) health = rise;
        if (what != OnErrors::FastProbe) fail();
    }
};

TEST(HealthCheck, CountsAsHaproxyScores) {
    using Initial = Config::Initial;
    for (Every e; e.next();) {
        const auto rise = std::int64_t{1} + e.below(3), fall = std::int64_t{1} + e.below(3);
        const auto initial = static_cast<Initial>(e.below(4));
        auto config = plain(rise, fall);
        config.initial = initial;
        const std::int64_t healths[] = {rise + fall - 1, rise, rise - 1, 0};
        Score score{rise, fall, healths[static_cast<int>(initial)]};
        Patient p{config};
        for (int step = 0; step != 5; ++step) {
            const int what = e.below(6);
            if (what == 0) {
                score.pass();
                p.probe(Sign::Passed);
            } else if (what == 1) {
                score.fail();
                p.probe(Sign::TimedOut);
            } else {
                const auto errors = static_cast<OnErrors>(what - 2);
                score.errors(errors);
                p.check.on_errors(config, errors, p.check.next_due());
            }
            ASSERT_EQ(p.check.up(), score.up());
            ASSERT_EQ(p.check.contrary(),
                      score.up() ? rise + fall - 1 - score.health : score.health);
        }
    }
}

/// Kubernetes' runs of like results (doProbe in prober/worker.go), whatever the state.
TEST(HealthCheck, CountsAsKubernetesRunsOfLikeResults) {
    for (Every e; e.next();) {
        const auto rise = std::int64_t{1} + e.below(3), fall = std::int64_t{1} + e.below(3);
        auto config = plain(rise, fall);
        config.initial = Config::Initial::Down;
        Patient p{config};
        bool ready = false;
        std::optional<bool> last;
        std::int64_t run = 0;
        for (int step = 0; step != 8; ++step) {
            const bool pass = e.below(2) == 1;
            run = last == pass ? run + 1 : 1;
            last = pass;
            if (run >= (pass ? rise : fall)) ready = pass;
            p.probe(pass ? Sign::Passed : Sign::TimedOut);
            ASSERT_EQ(p.check.up(), ready);
        }
    }
}

// ---- Schedule

TEST(HealthCheck, WaitsAsLongAsItsStateAndItsLastResultsSay) {
    auto config = plain(2, 2);
    config.interval = 10s;
    config.interval_falling = 1s;
    config.interval_down = 2s;
    config.interval_rising = 3s;
    Patient p{config};
    const auto wait_after = [&](Sign sign) {
        const auto sent = p.check.next_due();
        p.probe(sign);
        return p.check.next_due() - sent;
    };
    EXPECT_EQ(wait_after(Sign::Passed), 10s);
    EXPECT_EQ(wait_after(Sign::TimedOut), 1s);
    EXPECT_EQ(wait_after(Sign::Passed), 10s);
    EXPECT_EQ(wait_after(Sign::TimedOut), 1s);
    EXPECT_EQ(wait_after(Sign::TimedOut), 2s);
    EXPECT_EQ(wait_after(Sign::TimedOut), 2s);
    EXPECT_EQ(wait_after(Sign::Passed), 3s);
    EXPECT_EQ(wait_after(Sign::TimedOut), 2s);
    EXPECT_EQ(wait_after(Sign::Passed), 3s);
    EXPECT_EQ(wait_after(Sign::Passed), 10s);
}

TEST(HealthCheck, WaitsTheIntervalWhereNoOtherIsGiven) {
    Patient p{plain(2, 2)};
    for (const auto sign : {Sign::TimedOut, Sign::TimedOut, Sign::TimedOut, Sign::Passed}) {
        const auto sent = p.check.next_due();
        p.probe(sign);
        EXPECT_EQ(p.check.next_due() - sent, 5s);
    }
}

TEST(HealthCheck, ProbesSeldomAsLongAsThereIsNoTraffic) {
    auto config = plain(2, 2);
    config.interval_falling = config.interval_down = config.interval_rising = 1s;
    config.interval_idle = 60s;
    for (const auto idle_up : {0s, 90s}) {
        config.interval_idle_up = idle_up;
        Patient p{config};
        p.traffic = false;
        std::vector<Duration> waits;
        for (const auto sign : {Sign::Passed, Sign::TimedOut, Sign::TimedOut, Sign::Passed}) {
            const auto sent = p.check.next_due();
            p.probe(sign);
            waits.push_back(p.check.next_due() - sent);
        }
        const Duration up = idle_up == 0s ? 60s : idle_up;
        EXPECT_EQ(waits, (std::vector<Duration>{up, 60s, 60s, 60s}));
        p.traffic = true;
        const auto sent = p.check.next_due();
        p.probe(Sign::Passed);
        EXPECT_EQ(p.check.next_due() - sent, 5s);
    }
}

TEST(HealthCheck, CountsIntervalsFromTheEndOfAProbeOrByABeat) {
    auto config = plain(2, 3);
    const auto dues = [&](std::vector<Duration> taken) {
        Patient p{config};
        std::vector<Duration> out;
        for (const auto takes : taken) {
            p.probe(Sign::Passed, takes);
            out.push_back(p.check.next_due().time_since_epoch());
        }
        return out;
    };
    EXPECT_EQ(dues({1s, 2s, 0s}), (std::vector<Duration>{6s, 13s, 18s}));
    config.schedule = Config::Schedule::FixedRate;
    EXPECT_EQ(dues({1s, 2s, 0s}), (std::vector<Duration>{5s, 10s, 15s}));
    // A beat missed is made up for at once, several by one.
    EXPECT_EQ(dues({7s, 1s}), (std::vector<Duration>{7s, 10s}));
    EXPECT_EQ(dues({17s, 1s}), (std::vector<Duration>{17s, 20s}));
    EXPECT_EQ(dues({5s, 5s}), (std::vector<Duration>{5s, 10s}));
}

TEST(HealthCheck, SendsTheFirstProbeAtOnceAfterAnIntervalOrSomewhereBetween) {
    auto config = plain(2, 3);
    const Instant joined{100s};
    EXPECT_EQ(Patient(config, joined).check.next_due(), joined);
    config.first_delay = Config::FirstDelay::Interval;
    EXPECT_EQ(Patient(config, joined).check.next_due(), joined + 5s);
    config.first_delay = Config::FirstDelay::Spread;
    Rng rng{3};
    std::vector<Duration> delays;
    for (int i = 0; i != 1000; ++i)
        delays.push_back(HealthCheck{config, joined, rng}.next_due() - joined);
    const auto [least, most] = std::minmax_element(delays.begin(), delays.end());
    // Of 1000 uniform draws none in the first, or the last, tenth: probability 1e-46.
    EXPECT_GE(*least, 0s);
    EXPECT_LT(*least, 500ms);
    EXPECT_GT(*most, 4500ms);
    EXPECT_LT(*most, 5s);
}

TEST(HealthCheck, AddsJitterLaterOrAround) {
    using Side = Config::JitterSide;
    struct Case {
        Duration jitter;
        double fraction;
        Side side;
        Duration least, most;  // Of waits; most is not reached by "later".
    };
    for (const auto& c :
         {Case{0s, 0, Side::Later, 5s, 5s}, Case{1s, 0, Side::Later, 5s, 6s},
          Case{0s, 0.2, Side::Later, 5s, 6s}, Case{1s, 0.2, Side::Later, 5s, 7s},
          Case{0s, 0.2, Side::Around, 4s, 6s}, Case{1s, 0.2, Side::Around, 4s, 7s}}) {
        auto config = plain(2, 3);
        config.jitter = c.jitter;
        config.jitter_fraction = c.fraction;
        config.jitter_side = c.side;
        Patient p{config};
        Duration least = 1h, most{};
        for (int i = 0; i != 2000; ++i) {
            const auto sent = p.check.next_due();
            p.probe(Sign::Passed);
            least = std::min(least, p.check.next_due() - sent);
            most = std::max(most, p.check.next_due() - sent);
        }
        // The sum of two draws is within a tenth of an end with probability 1/50 at least.
        const Duration tenth = (c.most - c.least) / 10;
        EXPECT_GE(least, c.least);
        EXPECT_LE(most, c.most);
        EXPECT_LE(least, c.least + tenth);
        EXPECT_GE(most, c.most - tenth);
    }
}

// By a beat, jitter may put a probe where the next one belongs; that one then follows at once.
TEST(HealthCheck, NeverProbesTwiceAtOnceBecauseOfJitterNorThriceByABeat) {
    auto config = plain(2, 3);
    config.interval = 2ns;
    config.jitter_fraction = 1;
    config.jitter_side = Config::JitterSide::Around;
    for (const auto schedule : {Config::Schedule::AfterCompletion, Config::Schedule::FixedRate}) {
        config.schedule = schedule;
        Patient p{config};
        std::vector<Instant> sent;
        for (int i = 0; i != 300; ++i) {
            sent.push_back(p.check.next_due());
            p.probe(Sign::Passed);
        }
        const std::size_t apart = schedule == Config::Schedule::FixedRate ? 2 : 1;
        for (std::size_t i = apart; i != sent.size(); ++i) ASSERT_GT(sent[i], sent[i - apart]);
    }
}

TEST(HealthCheck, KeepsItsBeatWhateverTheJitter) {
    auto config = plain(2, 3);
    config.schedule = Config::Schedule::FixedRate;
    config.jitter = 1s;
    Patient p{config};
    for (std::int64_t i = 1; i != 500; ++i) {
        p.probe(Sign::Passed);
        ASSERT_GE(p.check.next_due(), Instant{i * 5s});
        ASSERT_LT(p.check.next_due(), Instant{i * 5s + 1s});
    }
}

TEST(HealthCheck, TimesOutAfterItsTimeout) {
    Patient p{plain(2, 3), Instant{10s}};
    EXPECT_FALSE(p.check.probing());
    p.check.begin(p.config, Instant{12s});
    EXPECT_TRUE(p.check.probing());
    EXPECT_EQ(p.check.next_due(), Instant{13s});
}

TEST(HealthCheck, LearnsNothingFromALostProbe) {
    for (const bool up : {true, false}) {
        auto config = plain(2, 2);
        config.initial = up ? Config::Initial::Up : Config::Initial::Down;
        Patient p{config};
        p.probe(up ? Sign::TimedOut : Sign::Passed);
        p.check.begin(config, p.check.next_due());
        p.check.on_lost(config, true, Instant{6s}, p.rng);
        EXPECT_EQ(p.check.next_due(), Instant{11s});
        EXPECT_EQ(p.check.contrary(), 1);
        EXPECT_EQ(p.probe(up ? Sign::TimedOut : Sign::Passed), Transition::Changed);
    }
}

// ---- Requests

Config observing(OnErrors what) {
    auto config = plain(2, 3);
    config.interval_falling = 1s;
    config.observe = Config::Observe{.error_limit = 3, .on_error = what};
    return config;
}

TEST(HealthCheck, ActsWhenErrorsInARowReachTheLimit) {
    Patient p{observing(OnErrors::MarkDown)};
    const auto request = [&](bool error) {
        return p.check.on_request(p.config, error, Instant{}) == Transition::Changed;
    };
    EXPECT_FALSE(request(true));
    EXPECT_FALSE(request(true));
    EXPECT_FALSE(request(false));
    EXPECT_FALSE(request(true));
    EXPECT_FALSE(request(true));
    p.probe(Sign::Passed);  // Ends the run, too.
    EXPECT_FALSE(request(true));
    EXPECT_FALSE(request(true));
    EXPECT_TRUE(request(true));
    EXPECT_FALSE(p.check.up());
}

TEST(HealthCheck, DoesNotLookAtRequestsUnlessToldTo) {
    Patient p{plain(2, 1)};
    for (int i = 0; i != 100; ++i)
        EXPECT_EQ(p.check.on_request(p.config, true, Instant{}), Transition::Unchanged);
    EXPECT_TRUE(p.check.up());
}

TEST(HealthCheck, NeedsSoManyRunsOfErrorsByWhatTheyDo) {
    struct Case {
        OnErrors what;
        int runs;  // To go down, of up to 5; 0: they never do.
    };
    for (const auto& c : {Case{OnErrors::FailCheck, 3}, Case{OnErrors::SuddenDeath, 2},
                          Case{OnErrors::MarkDown, 1}, Case{OnErrors::FastProbe, 0}}) {
        Patient p{observing(c.what)};
        int runs = 0;
        for (int run = 1; run <= 5 && runs == 0; ++run) {
            for (int i = 0; i != 3; ++i) p.check.on_request(p.config, true, Instant{});
            if (!p.check.up()) runs = run;
        }
        EXPECT_EQ(runs, c.runs);
    }
}

TEST(HealthCheck, HurriesTheNextProbeWhenRequestsFail) {
    for (const auto what : {OnErrors::FailCheck, OnErrors::SuddenDeath, OnErrors::FastProbe}) {
        Patient p{observing(what)};
        p.probe(Sign::Passed);  // The next is due at 5 s.
        p.check.on_errors(p.config, what, Instant{2s});
        EXPECT_EQ(p.check.next_due(), Instant{3s});
        p.probe(Sign::Passed);
        EXPECT_EQ(p.check.next_due(), Instant{8s}) << "but only one";
    }
    Patient p{observing(OnErrors::MarkDown)};
    p.config.interval_down = 2s;
    p.probe(Sign::Passed);
    p.check.on_errors(p.config, OnErrors::MarkDown, Instant{1s});
    EXPECT_EQ(p.check.next_due(), Instant{3s});
}

TEST(HealthCheck, NeverPutsAProbeOffBecauseRequestsFail) {
    Patient p{observing(OnErrors::FastProbe)};
    p.probe(Sign::Passed);
    p.check.on_errors(p.config, OnErrors::FastProbe, Instant{4500ms});
    EXPECT_EQ(p.check.next_due(), Instant{5s});
    p.probe(Sign::Passed);
    EXPECT_EQ(p.check.next_due(), Instant{6s}) << "instead, the one after it";
    p.probe(Sign::Passed);
    EXPECT_EQ(p.check.next_due(), Instant{11s});
}

TEST(HealthCheck, LetsAProbeInFlightGoOnWhenRequestsFail) {
    Patient p{observing(OnErrors::FastProbe)};
    p.check.begin(p.config, Instant{});
    p.check.on_errors(p.config, OnErrors::FastProbe, Instant{500ms});
    EXPECT_EQ(p.check.next_due(), Instant{1s});
    p.check.on_probe(p.config, Sign::Passed, true, Instant{600ms}, p.rng);
    EXPECT_EQ(p.check.next_due(), Instant{1600ms}) << "the next one is hurried";
}

// ---- How long it takes to notice

// A backend that breaks right after a probe was sent or answered is down after
//
//     the wait to the first probe that fails + (fall - 1) falling intervals + `fall` failures,
//
// where a failure takes the timeout if it hangs and nothing if it refuses.  By a beat the failures
// are part of the intervals, but for the last.
TEST(HealthCheck, NoticesAHangOrARefusalAsSoonAsTheFormulaSays) {
    for (const bool beat : {false, true})
        for (const bool hangs : {false, true})
            for (std::int64_t fall = 1; fall != 5; ++fall) {
                auto config = plain(2, fall);
                config.interval_falling = 2s;
                if (beat) config.schedule = Config::Schedule::FixedRate;
                Patient p{config};
                p.probe(Sign::Passed);
                const Duration takes = hangs ? 1s : 0s;
                Instant now{};
                while (p.check.up()) {
                    now = p.check.next_due() + takes;
                    p.probe(hangs ? Sign::TimedOut : Sign::NoConnection, takes);
                }
                const Duration first_wait = 5s;
                const Duration each = beat ? 2s : 2s + takes;
                EXPECT_EQ(now - Instant{}, first_wait + (fall - 1) * each + takes)
                    << beat << hangs << fall;
            }
}

}  // namespace
