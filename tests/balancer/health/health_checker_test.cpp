#include "balancer/health/health_checker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/health/health_check_presets.hpp"

namespace {

using lb::BackendId;
using lb::Duration;
using lb::HealthChange;
using lb::HealthCheck;
using lb::HealthChecker;
using lb::HealthNote;
using lb::HealthProbe;
using lb::Instant;
using lb::OnErrors;
using lb::Response;
using lb::Rng;
using lb::Sign;
using namespace std::chrono_literals;
using Config = HealthChecker::Config;
using End = Response::End;
using State = HealthCheck::State;

constexpr BackendId kA{0}, kB{1};

Config plain() {
    Config c;
    c.initial = Config::Initial::Up;
    c.first_delay = Config::FirstDelay::AtOnce;
    return c;
}

/// A checker, with a clock to set.
struct Clinic {
    explicit Clinic(const Config& config, std::uint64_t seed = 1) : checker{config, Rng{seed}} {}

    HealthChecker checker;
    Instant now{};
    std::vector<HealthProbe> probes;
    std::vector<HealthChange> changes;

    /// Time passes until something is due, and that is done.
    void step() {
        now = std::max(now, checker.next_due());
        checker.due(now, probes, changes);
    }
    void answer(const HealthProbe& probe, const Response& response = {},
                HealthNote note = HealthNote::None) {
        checker.answered(probe.to, probe.token, response, now, changes, note);
    }
    /// The next probe, answered at once.
    void answer_next(const Response& response = {}, HealthNote note = HealthNote::None) {
        probes.clear();
        step();
        ASSERT_EQ(probes.size(), 1u);
        answer(probes[0], response, note);
    }
};

TEST(HealthChecker, HasNothingToDoWithoutMembers) {
    Clinic c{plain()};
    EXPECT_EQ(c.checker.next_due(), Instant::max());
    c.checker.add(kA, c.now);
    EXPECT_EQ(c.checker.next_due(), c.now);
    c.checker.remove(kA);
    EXPECT_EQ(c.checker.next_due(), Instant::max());
}

TEST(HealthChecker, SaysInAProbeWhatToAskAndUntilWhen) {
    auto config = plain();
    config.kind = Config::Kind::App;
    config.path = "/ready";
    config.timeout = 700ms;
    config.reuse_connection = false;
    Clinic c{config};
    c.now = Instant{3s};
    c.checker.add(kB, c.now);
    c.step();
    ASSERT_EQ(c.probes.size(), 1u);
    EXPECT_EQ(c.probes[0].to, kB);
    EXPECT_NE(c.probes[0].token, 0u);
    EXPECT_EQ(c.probes[0].kind, Config::Kind::App);
    EXPECT_EQ(c.probes[0].path, "/ready");
    EXPECT_EQ(c.probes[0].until, Instant{3700ms});
    EXPECT_FALSE(c.probes[0].reuse_connection);
}

TEST(HealthChecker, JudgesAnswersByWhatIsExpected) {
    struct Case {
        Config::Kind kind;
        Response response;
        HealthNote note;
        Sign sign;
    };
    const auto http = Config::Kind::Http;
    auto config = plain();
    config.expect_status = "200-299,304";
    config.retriable_status = "429,503";
    for (const auto& c : {
             Case{http, {.status = 200}, HealthNote::None, Sign::Passed},
             Case{http, {.status = 304}, HealthNote::None, Sign::Passed},
             Case{http, {.status = 302}, HealthNote::None, Sign::WrongAnswer},
             Case{http, {.status = 503}, HealthNote::None, Sign::RetriableAnswer},
             Case{http, {.status = 200}, HealthNote::Degraded, Sign::Degraded},
             Case{http, {.status = 500}, HealthNote::Degraded, Sign::WrongAnswer},
             Case{http, {.status = 200}, HealthNote::Goes, Sign::SaidSo},
             Case{http, {.end = End::Refused}, HealthNote::None, Sign::NoConnection},
             Case{http, {.end = End::Reset}, HealthNote::None, Sign::NoConnection},
             Case{http, {.end = End::Timeout}, HealthNote::None, Sign::TimedOut},
             Case{Config::Kind::App, {.status = 500}, HealthNote::None, Sign::WrongAnswer},
             Case{Config::Kind::Tcp, {.status = 500}, HealthNote::None, Sign::Passed},
             Case{Config::Kind::Tcp, {.end = End::Refused}, HealthNote::None, Sign::NoConnection},
         }) {
        config.kind = c.kind;
        Clinic clinic{config};
        clinic.checker.add(kA, clinic.now);
        clinic.step();
        const auto answered = [&](std::uint64_t token) {
            return clinic.checker.answered(kA, token, c.response, clinic.now, clinic.changes,
                                           c.note);
        };
        const auto token = clinic.probes.at(0).token;
        EXPECT_EQ(answered(token + 1), std::nullopt);
        EXPECT_EQ(answered(token), c.sign) << c.response.status;
        EXPECT_EQ(answered(token), std::nullopt);
    }
}

TEST(HealthChecker, TellsOnceWhatChangedAndWhy) {
    auto config = plain();
    config.rise = 1;
    config.fall = 2;
    Clinic c{config};
    c.checker.add(kA, c.now);
    c.answer_next({.status = 500});
    EXPECT_TRUE(c.changes.empty());
    c.answer_next({.end = End::Refused});
    ASSERT_EQ(c.changes.size(), 1u);
    EXPECT_EQ(c.changes[0].backend, kA);
    EXPECT_EQ(c.changes[0].from, State::Up);
    EXPECT_EQ(c.changes[0].to, State::Down);
    EXPECT_EQ(c.changes[0].why, Sign::NoConnection);
    EXPECT_FALSE(c.checker.up(kA));
    c.answer_next({.end = End::Refused});
    EXPECT_EQ(c.changes.size(), 1u);
    c.answer_next({}, HealthNote::Degraded);
    ASSERT_EQ(c.changes.size(), 2u);
    EXPECT_EQ(c.changes[1].to, State::Degraded);
    EXPECT_EQ(c.changes[1].why, Sign::Degraded);
}

TEST(HealthChecker, TimesProbesOutByItself) {
    auto config = plain();
    config.fall = 2;
    Clinic c{config};
    c.checker.add(kA, c.now);
    c.step();  // Sent at 0.
    c.step();  // Timed out at 1 s.
    EXPECT_EQ(c.now, Instant{1s});
    EXPECT_EQ(c.probes.size(), 1u);
    EXPECT_EQ(c.checker.of(kA).contrary(), 1);
    c.step();
    c.step();
    EXPECT_EQ(c.now, Instant{7s});
    ASSERT_EQ(c.changes.size(), 1u);
    EXPECT_EQ(c.changes[0].why, Sign::TimedOut);
}

TEST(HealthChecker, TakesAnAnswerThatComesWithTheTimeoutIfItIsToldFirst) {
    for (const bool answered_first : {true, false}) {
        auto config = plain();
        config.fall = 1;
        Clinic c{config};
        c.checker.add(kA, c.now);
        c.step();
        c.now = c.checker.next_due();
        if (answered_first) c.answer(c.probes[0]);
        c.checker.due(c.now, c.probes, c.changes);
        if (!answered_first) c.answer(c.probes[0]);
        EXPECT_EQ(c.checker.up(kA), answered_first);
    }
}

TEST(HealthChecker, IgnoresAnswersThatComeTooLateOrTwiceOrFromOneThatLeft) {
    auto config = plain();
    config.fall = 1;
    Clinic c{config};
    c.checker.add(kA, c.now);
    c.step();
    const auto first = c.probes[0];
    c.step();  // Timed out.
    EXPECT_FALSE(c.checker.up(kA));
    c.answer(first);
    c.step();
    const auto second = c.probes[1];
    c.answer(first);  // While another is in flight.
    EXPECT_EQ(c.checker.of(kA).contrary(), 0);
    c.answer(second);
    c.answer(second);
    EXPECT_EQ(c.checker.of(kA).contrary(), 1);

    c.step();
    const auto third = c.probes[2];
    c.checker.remove(kA);
    c.answer(third);
    c.checker.add(kA, c.now);  // Its slot is another's.
    c.step();
    c.answer(third, {.end = End::Refused});
    EXPECT_TRUE(c.checker.up(kA));
    c.checker.on_done(kB, {.status = 500}, c.now, c.changes, HealthNote::Goes);
    EXPECT_FALSE(c.checker.contains(kB));
}

TEST(HealthChecker, LearnsNothingFromACancelledProbe) {
    auto config = plain();
    config.fall = 1;
    Clinic c{config};
    c.checker.add(kA, c.now);
    c.answer_next({.end = End::Cancelled});
    EXPECT_TRUE(c.checker.up(kA));
    EXPECT_EQ(c.checker.next_due(), Instant{5s});
}

TEST(HealthChecker, CountsAsIdleUntilTheFirstRequestToWhomever) {
    auto config = plain();
    config.interval_idle = 60s;
    for (const bool sent : {true, false}) {
        Clinic c{config};
        c.checker.add(kA, c.now);
        c.answer_next();
        EXPECT_EQ(c.checker.next_due(), Instant{60s});
        if (sent)
            c.checker.on_sent();
        else
            c.checker.on_done(kB, {}, c.now, c.changes);
        EXPECT_EQ(c.checker.next_due(), Instant{60s}) << "what was planned stays";
        c.answer_next();
        EXPECT_EQ(c.checker.next_due(), Instant{65s});
    }
}

TEST(HealthChecker, ObservesRequestsAtItsLayer) {
    struct Case {
        std::int64_t layer;
        Response response;
        bool up;
    };
    for (const auto& t :
         {Case{7, {.status = 500}, false}, Case{7, {.status = 404}, true},
          Case{7, {.status = 501}, true}, Case{7, {.end = End::Timeout}, false},
          Case{7, {.end = End::Cancelled}, true}, Case{4, {.status = 500}, true},
          Case{4, {.end = End::Refused}, false}, Case{4, {.end = End::Timeout}, true}}) {
        auto config = plain();
        config.observe =
            Config::Observe{.layer = t.layer, .error_limit = 2, .on_error = OnErrors::MarkDown};
        Clinic c{config};
        c.checker.add(kA, c.now);
        for (int i = 0; i != 2; ++i) c.checker.on_done(kA, t.response, c.now, c.changes);
        EXPECT_EQ(c.checker.up(kA), t.up) << t.layer << ' ' << t.response.status;
        EXPECT_EQ(c.changes.size(), t.up ? 0u : 1u);
    }
}

TEST(HealthChecker, WakesEarlierWhenRequestsFail) {
    auto config = plain();
    config.interval_falling = 1s;
    Clinic c{config};
    c.checker.add(kA, c.now);
    c.answer_next();
    c.now = Instant{2s};
    c.checker.on_errors(kA, OnErrors::FailCheck, c.now, c.changes);
    EXPECT_EQ(c.checker.next_due(), Instant{3s});
}

TEST(HealthChecker, BelievesABackendThatSaysItGoes) {
    Clinic c{plain()};
    c.checker.add(kA, c.now);
    c.checker.on_done(kA, {}, c.now, c.changes, HealthNote::Goes);
    ASSERT_EQ(c.changes.size(), 1u);
    EXPECT_EQ(c.changes[0].why, Sign::SaidSo);
    EXPECT_TRUE(c.checker.of(kA).leaving());
}

TEST(HealthChecker, ProbesThoseDueTogetherBySlotAndEachOnce) {
    Clinic c{plain()};
    for (std::uint32_t i = 5; i-- != 0;) c.checker.add(BackendId{i}, c.now);
    c.step();
    ASSERT_EQ(c.probes.size(), 5u);
    for (std::uint32_t i = 0; i != 5; ++i) EXPECT_EQ(c.probes[i].to, BackendId{i});
    std::vector<std::uint64_t> tokens;
    for (const auto& probe : c.probes) tokens.push_back(probe.token);
    std::sort(tokens.begin(), tokens.end());
    EXPECT_EQ(std::unique(tokens.begin(), tokens.end()), tokens.end());
    EXPECT_GT(c.checker.next_due(), c.now);
}

// ---- Laws of every preset

class EveryHealthCheck : public testing::TestWithParam<std::string> {
protected:
    static const Config& config() {
        return find_preset(lb::health_check_presets(), GetParam())->config;
    }
};
INSTANTIATE_TEST_SUITE_P(Presets, EveryHealthCheck, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const auto& preset : lb::health_check_presets())
                                 names.emplace_back(preset.name);
                             return names;
                         }()),
                         [](const auto& it) { return it.param; });

/// Backends that join, leave, answer, fail and hang at random, and all probes in flight to them.
struct Ward {
    static constexpr std::uint32_t kSlots = 6;

    Ward(const Config& config, std::uint64_t seed) : clinic{config, seed}, script{seed + 1000} {}

    Clinic clinic;
    Rng script;
    std::vector<HealthProbe> in_flight;  // To members, and not timed out.
    std::string log;

    void play() {
        const BackendId id{static_cast<std::uint32_t>(script.below(kSlots))};
        switch (script.below(5)) {
            case 0: return join_or_leave(id);
            case 1: return send();
            case 2: return answer();
            case 3: return request(id);
            default:
                clinic.now += Duration{static_cast<Duration::rep>(script.below(2'000'000'000))};
        }
    }

private:
    void join_or_leave(BackendId id) {
        auto& checker = clinic.checker;
        if (!checker.contains(id)) return checker.add(id, clinic.now);
        if (script.below(4) != 0) return;
        checker.remove(id);
        std::erase_if(in_flight, [&](const HealthProbe& p) { return p.to == id; });
    }
    /// Time moves on to what is due.
    void send() {
        if (clinic.checker.next_due() == Instant::max()) return;
        clinic.probes.clear();
        clinic.step();
        std::erase_if(in_flight, [&](const HealthProbe& p) { return p.until <= clinic.now; });
        for (const auto& probe : clinic.probes) {
            for (const auto& other : in_flight)
                ASSERT_NE(other.to, probe.to) << "two probes in flight";
            ASSERT_EQ(probe.until, clinic.now + clinic.checker.config().timeout);
            in_flight.push_back(probe);
            log += std::to_string(index(probe.to)) + '@' +
                   std::to_string(clinic.now.time_since_epoch().count()) + ' ';
        }
        ASSERT_GT(clinic.checker.next_due(), clinic.now);
    }
    void answer() {
        if (in_flight.empty()) return;
        const auto which = script.below(in_flight.size());
        const auto probe = in_flight[which];
        if (probe.until <= clinic.now) return;
        in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(which));
        static constexpr End kEnds[] = {End::Complete, End::Complete, End::Complete,
                                        End::Refused,  End::Reset,    End::Cancelled};
        const std::uint16_t status = script.chance(0.5) ? 200 : 503;
        clinic.answer(probe, {.end = kEnds[script.below(6)], .status = status});
    }
    void request(BackendId id) {
        const std::uint16_t status = script.chance(0.7) ? 200 : 500;
        clinic.checker.on_done(id, {.status = status}, clinic.now, clinic.changes);
    }
};

TEST_P(EveryHealthCheck, NeverHasTwoProbesInFlightAndTellsEveryChange) {
    for (std::uint64_t seed = 0; seed != 40; ++seed) {
        auto config = EveryHealthCheck::config();
        if (seed % 2 == 1) config.observe = Config::Observe{.error_limit = 3};
        Ward ward{config, seed};
        std::vector<State> told(Ward::kSlots);
        for (int step = 0; step != 1500; ++step) {
            std::vector<bool> was;
            for (std::uint32_t i = 0; i != Ward::kSlots; ++i)
                was.push_back(ward.clinic.checker.contains(BackendId{i}));
            ward.clinic.changes.clear();
            ward.play();
            if (HasFatalFailure()) return;
            for (const auto& change : ward.clinic.changes) {
                ASSERT_EQ(told[index(change.backend)], change.from);
                ASSERT_NE(change.from, change.to);
                told[index(change.backend)] = change.to;
            }
            for (std::uint32_t i = 0; i != Ward::kSlots; ++i) {
                const BackendId id{i};
                if (!ward.clinic.checker.contains(id)) continue;
                if (!was[i]) told[i] = ward.clinic.checker.of(id).state();
                ASSERT_EQ(told[i], ward.clinic.checker.of(id).state());
            }
        }
    }
}

TEST_P(EveryHealthCheck, RepeatsItselfExactlyUnderTheSameSeed) {
    const auto played = [&](std::uint64_t seed) {
        Ward ward{EveryHealthCheck::config(), seed};
        for (int step = 0; step != 2000; ++step) ward.play();
        return ward.log;
    };
    EXPECT_EQ(played(1), played(1));
    EXPECT_NE(played(1), played(2));
}

/// From whatever state: the next probe is at most one longest wait away, or one is in flight; then
/// `rise` probes pass.
TEST_P(EveryHealthCheck, BringsUpWhoeverAnswersWellWithinABoundedTime) {
    const auto& config = EveryHealthCheck::config();
    const Duration longest =
        std::max({config.interval, config.interval_rising, config.interval_down,
                  config.interval_falling, config.interval_idle, config.interval_idle_up}) *
            2 +
        config.jitter;
    for (std::uint64_t seed = 0; seed != 40; ++seed) {
        Ward ward{config, seed};
        for (int step = 0; step != 300; ++step) ward.play();
        auto& c = ward.clinic;
        for (std::uint32_t i = 0; i != Ward::kSlots; ++i)
            if (!c.checker.contains(BackendId{i})) c.checker.add(BackendId{i}, c.now);
        const Instant from = c.now;
        const Instant until = from + config.timeout + (config.rise + 1) * longest;
        while (c.checker.next_due() <= until) {
            c.probes.clear();
            c.step();
            for (const auto& probe : c.probes) c.answer(probe);
        }
        for (std::uint32_t i = 0; i != Ward::kSlots; ++i) {
            EXPECT_TRUE(c.checker.up(BackendId{i}));
            EXPECT_EQ(c.checker.of(BackendId{i}).contrary(), 0);
        }
    }
}

TEST_P(EveryHealthCheck, TakesDownWhoeverHangsWithinABoundedTime) {
    const auto& config = EveryHealthCheck::config();
    Clinic c{config};
    c.checker.on_sent();
    c.checker.add(kA, c.now);
    for (int i = 0; i != 10; ++i) c.answer_next();
    ASSERT_TRUE(c.checker.up(kA));
    const Instant last = c.now;
    while (c.checker.up(kA)) c.step();
    const auto falling = config.interval_falling == 0s ? config.interval : config.interval_falling;
    const auto jitter = [&](Duration wait) {
        return config.jitter + lb::duration_of(config.jitter_fraction * lb::seconds(wait));
    };
    // What a failure takes beyond the interval that began with it, by a beat.
    const bool beat = config.schedule == Config::Schedule::FixedRate;
    const Duration each = falling + (beat ? 0s : config.timeout);
    const Duration least = config.interval + (config.fall - 1) * each + config.timeout;
    const Duration most = least + jitter(config.interval) + (config.fall - 1) * jitter(falling);
    EXPECT_GE(c.now - last, least);
    EXPECT_LE(c.now - last, most);
}

// As a table, so that a slip in a preset shows: what a hang costs at most, without jitter.
TEST(HealthCheckPresets, NoticeAHangAfter) {
    struct Case {
        std::string_view name;
        Duration worst;
    };
    for (const auto& t :
         {Case{"default", 10s}, Case{"envoy", 18s}, Case{"haproxy", 12s}, Case{"kubernetes", 31s},
          Case{"alb", 65s}, Case{"nginx_plus", 65s}, Case{"traefik", 35s}}) {
        auto config = find_preset(lb::health_check_presets(), t.name)->config;
        config.jitter_fraction = 0;
        Clinic c{config};
        c.checker.on_sent();
        c.checker.add(kA, c.now);
        for (int i = 0; i != 10; ++i) c.answer_next();
        const Instant last = c.now;
        while (c.checker.up(kA)) c.step();
        EXPECT_EQ(c.now - last, t.worst) << t.name;
    }
    EXPECT_EQ(lb::health_check_presets().size(), 7u);
    EXPECT_EQ(find_preset(lb::health_check_presets(), "none"), nullptr);
}

}  // namespace
