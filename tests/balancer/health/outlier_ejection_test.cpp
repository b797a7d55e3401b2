#include "balancer/health/outlier_ejection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/health/outlier_presets.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"

namespace {

using lb::BackendId;
using lb::Duration;
using lb::Instant;
using lb::OutlierEjection;
using lb::Response;
using lb::Rng;
using lb::Verdict;
using lbtest::Every;
using namespace std::chrono_literals;
using Cause = OutlierEjection::Cause;
using Config = OutlierEjection::Config;
using What = OutlierEjection::Event::What;
using End = Response::End;

/// No rule but the consecutive ones, no jitter, and no cap.
Config plain() {
    Config c;
    c.success_rate.reset();
    c.failure_percentage.reset();
    c.max_ejected_percent = 100;
    return c;
}
/// A rule of sweeps, alone.
Config by_rates() {
    auto c = plain();
    c.consecutive.reset();
    c.success_rate.emplace();
    return c;
}
Config by_failures() {
    auto c = plain();
    c.consecutive.reset();
    c.failure_percentage.emplace();
    c.enforce_percent.failure_percentage = 100;
    return c;
}
Config by_latency() {
    auto c = plain();
    c.consecutive.reset();
    c.latency.emplace();
    return c;
}

/// Backends 0, 1, …, and a clock to set.
struct Watched {
    explicit Watched(const Config& config, std::uint32_t backends, std::uint64_t seed = 1)
        : outliers{config, Rng{seed}} {
        for (std::uint32_t i = 0; i != backends; ++i) outliers.add(BackendId{i}, now);
    }
    OutlierEjection outliers;
    Instant now{};
    OutlierEjection::Events events;

    void report(std::uint32_t backend, Verdict verdict, int count = 1) {
        for (int i = 0; i != count; ++i) outliers.report(BackendId{backend}, verdict, now, events);
    }
    void succeed(std::uint32_t backend, int count = 1) { report(backend, Verdict::Success, count); }
    void fail(std::uint32_t backend, int count = 1) {
        report(backend, Verdict::ServerError, count);
    }
    void answer(std::uint32_t backend, Duration latency, int count) {
        for (int i = 0; i != count; ++i) done(BackendId{backend}, {.latency = latency});
    }
    void done(BackendId id, const Response& response) {
        outliers.on_done(id, response, lb::OutcomeRule{}.of(response).kind, now, events);
    }
    /// Time passes; sweeps that are due by then are made.
    void wait(Duration duration) {
        const Instant until = now + duration;
        while (outliers.next_due() <= until) {
            now = outliers.next_due();
            outliers.due(now, events);
        }
        now = until;
    }
    bool out(std::uint32_t backend) const { return outliers.ejected(BackendId{backend}); }
    /// Who is out: "0 2".
    std::string out() const {
        std::string all;
        for (std::uint32_t i = 0; i != 10; ++i) {
            if (!out(i)) continue;
            all += all.empty() ? "" : " ";
            all += std::to_string(i);
        }
        return all;
    }
};

// ---- Failures in a row

TEST(OutlierEjection, EjectsAtOnceAfterSoManyServerErrorsInARow) {
    Watched w{plain(), 2};
    w.fail(0, 4);
    w.succeed(0);
    w.fail(0, 4);
    EXPECT_EQ(w.out(), "");
    w.fail(0);
    EXPECT_EQ(w.out(), "0");
    ASSERT_EQ(w.events.size(), 1u);
    EXPECT_EQ(w.events[0].backend, BackendId{0});
    EXPECT_EQ(w.events[0].what, What::Ejected);
    EXPECT_EQ(w.events[0].cause, Cause::ServerErrors);
    EXPECT_EQ(w.events[0].until, Instant{30s});
}

TEST(OutlierEjection, CountsGatewayErrorsAlsoAsServerErrorsButNotTheOtherWayRound) {
    auto config = plain();
    config.consecutive = {.server_error = 5, .gateway = 3};
    config.enforce_percent.consecutive_gateway = 100;
    struct Case {
        std::string_view answers;  // g: gateway, s: server error, +: success, l: none at all.
        bool ejected;
        Cause cause;
    };
    for (const auto& c :
         {Case{"ggg", true, Cause::GatewayErrors}, Case{"ggsg", false, {}},
          Case{"ggsgs", true, Cause::ServerErrors}, Case{"gg+g", false, {}},
          Case{"lll", true, Cause::GatewayErrors}, Case{"llgsl", true, Cause::GatewayErrors},
          Case{"llsll", true, Cause::ServerErrors}, Case{"ssss+s", false, {}}}) {
        Watched w{config, 2};
        for (const char answer : c.answers)
            w.report(0, answer == 'g'   ? Verdict::Gateway
                        : answer == 's' ? Verdict::ServerError
                        : answer == 'l' ? Verdict::LocalOrigin
                                        : Verdict::Success);
        EXPECT_EQ(w.out(0), c.ejected) << c.answers;
        if (c.ejected) { EXPECT_EQ(w.events.front().cause, c.cause) << c.answers; }
    }
}

TEST(OutlierEjection, CountsRequestsWithoutAnswerApartIfTold) {
    auto config = plain();
    config.split_local_origin = true;
    config.consecutive = {.server_error = 3, .gateway = 3, .local_origin = 2};
    Watched w{config, 4};
    w.report(0, Verdict::LocalOrigin, 2);
    EXPECT_EQ(w.out(), "0");
    EXPECT_EQ(w.events.back().cause, Cause::LocalErrors);
    w.report(1, Verdict::LocalOrigin);
    w.fail(1);  // An answer: the connection was made.
    w.report(1, Verdict::LocalOrigin);
    EXPECT_EQ(w.out(), "0");
    w.fail(1, 2);
    EXPECT_EQ(w.out(), "0 1") << "no answer is no end of a run of errors";
}

TEST(OutlierEjection, DoesNotCountWhatItsClientGaveUp) {
    Watched w{plain(), 2};
    w.fail(0, 4);
    w.report(0, Verdict::Ignored, 10);
    EXPECT_EQ(w.out(), "");
    w.fail(0);
    EXPECT_EQ(w.out(), "0");
}

TEST(OutlierEjection, NeverEjectsByARunOfLimitZeroOrWithoutTheRule) {
    auto config = plain();
    config.consecutive = {.server_error = 0, .gateway = 0, .local_origin = 0};
    for (int rule = 0; rule != 2; ++rule) {
        for (const bool split : {false, true}) {
            config.split_local_origin = split;
            Watched w{config, 2};
            w.report(0, Verdict::Gateway, 100);
            w.report(0, Verdict::LocalOrigin, 100);
            EXPECT_EQ(w.out(), "");
            EXPECT_TRUE(w.events.empty());
        }
        config.consecutive.reset();
    }
}

TEST(OutlierEjection, StartsARunOverWhenItWasFoundInVain) {
    auto config = plain();
    config.max_ejected_percent = 10;
    Watched w{config, 5};
    w.fail(0, 14);
    EXPECT_EQ(w.events.size(), 2u);
    for (const auto& event : w.events) EXPECT_EQ(event.what, What::Capped);
    config.max_ejected_percent = 100;
    config.enforce_percent.consecutive_server_error = 0;
    Watched v{config, 5};
    v.fail(0, 14);
    EXPECT_EQ(v.events.size(), 2u);
    for (const auto& event : v.events) EXPECT_EQ(event.what, What::Spared);
}

// ---- Coming back

TEST(OutlierEjection, LetsBackAtTheFirstSweepAfterItsTimeAndForgetsItsRun) {
    Watched w{plain(), 2};
    w.wait(1s);
    w.fail(0, 5);  // Until 31 s; sweeps are at 10, 20, 30, 40.
    w.wait(38s);
    EXPECT_EQ(w.out(), "0");
    w.wait(1s);
    EXPECT_EQ(w.out(), "");
    EXPECT_EQ(w.events.back().what, What::Readmitted);
    EXPECT_EQ(w.events.back().cause, Cause::TimeOver);
    w.fail(0, 4);
    EXPECT_EQ(w.out(), "");
}

TEST(OutlierEjection, LetsBackAtTheEndItselfOrOnlyAfterIt) {
    for (const auto boundary : {Config::Boundary::AtLeast, Config::Boundary::Above}) {
        auto config = plain();
        config.uneject_boundary = boundary;
        Watched w{config, 2};
        w.fail(0, 5);
        w.wait(30s);
        EXPECT_EQ(w.out(0), boundary == Config::Boundary::Above);
        w.wait(10s);
        EXPECT_EQ(w.out(), "");
    }
}

TEST(OutlierEjection, EjectsLongerEachTimeUpToTheLongest) {
    auto config = plain();
    config.max_ejection = 70s;
    std::vector<Duration> lasted;
    Watched w{config, 2};
    for (int i = 0; i != 5; ++i) {
        w.fail(0, 5);
        const Instant since = w.now;
        while (w.out(0)) w.wait(10s);
        lasted.push_back(w.now - since);
    }
    EXPECT_EQ(lasted, (std::vector<Duration>{30s, 60s, 70s, 70s, 70s}));
}

TEST(OutlierEjection, ForgetsOneEjectionAtASweepAndThoseBeyondTheLongestOnlyIfItCountsThem) {
    for (const bool saturates : {true, false}) {
        auto config = plain();
        config.max_ejection = 60s;
        config.multiplier_saturates = saturates;
        Watched w{config, 2};
        for (int i = 0; i != 6; ++i) {
            w.fail(0, 5);
            while (w.out(0)) w.wait(10s);
        }
        // Six of them, or three: one more than it takes.  After two more sweeps four, or one.
        w.wait(20s);
        w.fail(0, 5);
        const Instant since = w.now;
        while (w.out(0)) w.wait(10s);
        EXPECT_EQ(w.now - since, 60s);
        w.wait(20s);
        w.fail(0, 5);
        EXPECT_EQ(w.events.back().until - w.now, saturates ? 30s : 60s) << saturates;
    }
}

TEST(OutlierEjection, TakesBaseEjectionForTheLongestIfThatIsLess) {
    auto config = plain();
    config.base_ejection = 400s;
    Watched w{config, 2};
    w.fail(0, 5);
    EXPECT_EQ(w.events.back().until, Instant{400s});
}

TEST(OutlierEjection, ForgetsAfterAWholeIntervalOrAtTheNextSweep) {
    for (const auto decay : {Config::Decay::PerHealthyInterval, Config::Decay::PerHealthySweep}) {
        auto config = plain();
        config.multiplier_decay = decay;
        Watched w{config, 2};
        w.fail(0, 5);
        w.wait(5s);
        w.outliers.on_probe_passed(BackendId{0}, w.now, w.events);
        w.wait(5s);  // A sweep half an interval later.
        w.fail(0, 5);
        EXPECT_EQ(w.events.back().until - w.now,
                  decay == Config::Decay::PerHealthySweep ? 30s : 60s);
    }
}

TEST(OutlierEjection, ComesBackWithAPassedProbeIfTold) {
    for (const bool unejects : {true, false}) {
        auto config = plain();
        config.active_check_unejects = unejects;
        Watched w{config, 2};
        w.fail(0, 5);
        w.outliers.on_probe_passed(BackendId{1}, w.now, w.events);
        EXPECT_EQ(w.events.size(), 1u);
        w.outliers.on_probe_passed(BackendId{0}, w.now, w.events);
        EXPECT_EQ(w.out(0), !unejects);
        EXPECT_EQ(w.events.back().cause, unejects ? Cause::ProbePassed : Cause::ServerErrors);
    }
}

TEST(OutlierEjection, AddsJitterSoThatThoseEjectedTogetherComeBackApart) {
    auto config = plain();
    config.jitter = 10s;
    Duration least = 1h, most{};
    for (std::uint64_t seed = 0; seed != 500; ++seed) {
        Watched w{config, 2, seed};
        w.fail(0, 5);
        least = std::min(least, w.events[0].until - Instant{30s});
        most = std::max(most, w.events[0].until - Instant{30s});
    }
    EXPECT_GE(least, 0s);
    EXPECT_LT(least, 500ms);
    EXPECT_GT(most, 9500ms);
    EXPECT_LE(most, 10s);
}

// ---- Caps

TEST(OutlierEjection, EjectsNoMoreThanTheCapSaysByItsRule) {
    using Rule = Config::CapRule;
    struct Case {
        std::uint32_t backends;
        std::int64_t percent;
        std::size_t including, before, including_or_one;
    };
    for (const auto& c :
         {Case{1, 10, 0, 1, 1}, Case{5, 10, 0, 1, 1}, Case{9, 10, 0, 1, 1}, Case{10, 10, 1, 1, 1},
          Case{19, 10, 1, 2, 1}, Case{20, 10, 2, 2, 2}, Case{3, 67, 2, 3, 2}, Case{3, 66, 1, 2, 1},
          Case{2, 50, 1, 1, 1}, Case{4, 50, 2, 2, 2}, Case{5, 50, 2, 3, 2}, Case{3, 0, 0, 0, 1},
          Case{3, 100, 3, 3, 3}, Case{100, 29, 29, 29, 29}, Case{100, 1, 1, 1, 1}}) {
        const auto ejected = [&](Rule rule, bool one) {
            auto config = plain();
            config.max_ejected_percent = c.percent;
            config.cap_rule = rule;
            config.always_allow_one = one;
            Watched w{config, c.backends};
            for (std::uint32_t i = 0; i != c.backends; ++i) w.fail(i, 5);
            return w.outliers.ejected();
        };
        EXPECT_EQ(ejected(Rule::CountIncludingCandidate, false), c.including) << c.backends;
        EXPECT_EQ(ejected(Rule::CountBeforeCandidate, false), c.before) << c.backends;
        EXPECT_EQ(ejected(Rule::CountIncludingCandidate, true), c.including_or_one) << c.backends;
    }
}

TEST(OutlierEjection, FreesAPlaceWhenAnEjectedOneLeavesAndNoneWhenAnotherDoes) {
    auto config = plain();
    config.max_ejected_percent = 25;
    Watched w{config, 4};
    w.fail(0, 5);
    w.fail(1, 5);
    EXPECT_EQ(w.out(), "0");
    w.outliers.remove(BackendId{2});
    w.outliers.add(BackendId{2}, w.now);
    w.fail(1, 5);
    EXPECT_EQ(w.out(), "0");
    w.outliers.remove(BackendId{0});
    EXPECT_EQ(w.outliers.ejected(), 0u);
    w.outliers.add(BackendId{0}, w.now);
    EXPECT_EQ(w.out(), "") << "it begins anew";
    w.fail(1, 5);
    EXPECT_EQ(w.out(), "1");
}

TEST(OutlierEjection, EnforcesThePartThatItIsToldTo) {
    auto config = plain();
    config.enforce_percent.consecutive_server_error = 30;
    std::uint64_t counts[2] = {};
    for (std::uint64_t seed = 0; seed != 20'000; ++seed) {
        Watched w{config, 2, seed};
        w.fail(0, 5);
        ++counts[w.out(0)];
    }
    EXPECT_TRUE(lbtest::fits(counts, {0.7, 0.3}));
}

// ---- Sweeps

TEST(OutlierEjection, EjectsWhoseSuccessRateIsFarBelowTheMean) {
    Watched w{by_rates(), 5};
    for (std::uint32_t i = 0; i != 5; ++i) w.succeed(i, 200);
    w.fail(4, 200);
    EXPECT_EQ(w.out(), "");
    w.wait(10s);
    EXPECT_EQ(w.out(), "4");
    ASSERT_TRUE(w.outliers.success_rates().has_value());
    EXPECT_EQ(w.outliers.success_rates()->mean, 90);
    EXPECT_EQ(w.outliers.success_rates()->threshold, 52);
    EXPECT_EQ(w.events.back().cause, Cause::SuccessRate);
    w.wait(10s);
    EXPECT_FALSE(w.outliers.success_rates().has_value()) << "counting starts anew";
}

TEST(OutlierEjection, JudgesSuccessRatesOnlyWithEnoughBackendsAndRequests) {
    struct Case {
        std::uint32_t backends;
        int requests;
        bool judged;
    };
    for (const auto& c : {Case{5, 100, true}, Case{5, 99, false}, Case{4, 100, false}}) {
        auto config = by_rates();
        config.success_rate->stdev_factor = 1;
        Watched w{config, 6};
        for (std::uint32_t i = 0; i != c.backends; ++i) w.succeed(i, i == 0 ? 0 : c.requests);
        w.fail(0, c.requests);
        w.succeed(5, 99);
        w.wait(10s);
        EXPECT_EQ(w.out(0), c.judged) << c.backends << ' ' << c.requests;
    }
}

TEST(OutlierEjection, EjectsNobodyIfAllFailAlike) {
    Watched w{by_rates(), 6};
    for (std::uint32_t i = 0; i != 6; ++i) w.fail(i, 200);
    w.wait(10s);
    EXPECT_EQ(w.out(), "");
}

TEST(OutlierEjection, LeavesEjectedOnesOutOfTheMeanUnlessItJudgesThem) {
    for (const bool judges : {false, true}) {
        auto config = by_rates();
        config.ignore_reports_while_ejected = false;
        config.judge_ejected = judges;
        Watched w{config, 6};
        const auto traffic = [&] {
            for (std::uint32_t i = 0; i != 5; ++i) w.succeed(i, 200);
            w.fail(5, 200);
            w.wait(10s);
        };
        traffic();
        EXPECT_EQ(w.out(), "5");
        traffic();
        ASSERT_TRUE(w.outliers.success_rates().has_value());
        EXPECT_EQ(w.outliers.success_rates()->mean, judges ? 500 / 6.0 : 100);
        EXPECT_EQ(w.events.size(), judges ? 2u : 1u);
        EXPECT_EQ(w.outliers.ejected(), 1u);
        // Ejected anew, for twice as long, from the second sweep on.
        EXPECT_EQ(w.events.back().until, judges ? Instant{80s} : Instant{40s});
    }
}

TEST(OutlierEjection, CountsLateAnswersOfAnEjectedOneForTheSweepThatLetsItBackUnlessItIgnoresThem) {
    for (const bool ignores : {false, true}) {
        auto config = by_rates();
        config.ignore_reports_while_ejected = ignores;
        Watched w{config, 6};
        const auto traffic = [&] {
            for (std::uint32_t i = 0; i != 5; ++i) w.succeed(i, 200);
            w.fail(5, 200);
            w.wait(10s);
        };
        for (int i = 0; i != 4; ++i) traffic();  // Out from 10 s to 40 s.
        EXPECT_EQ(w.out(5), !ignores);
    }
}

TEST(OutlierEjection, ReadmitsBeforeOrAfterItJudges) {
    for (const auto readmit : {Config::Readmit::First, Config::Readmit::Last}) {
        auto config = by_rates();
        config.ignore_reports_while_ejected = false;
        config.readmit = readmit;
        Watched w{config, 6};
        const auto traffic = [&] {
            for (std::uint32_t i = 0; i != 5; ++i) w.succeed(i, 200);
            w.fail(5, 200);
            w.wait(10s);
        };
        for (int i = 0; i != 4; ++i) traffic();
        EXPECT_EQ(w.out(5), readmit == Config::Readmit::First);
    }
}

TEST(OutlierEjection, EjectsWhoFailsTooManyWhateverOthersDo) {
    struct Case {
        int failures;  // Of 100.
        Config::Boundary boundary;
        bool ejected;
    };
    for (const auto& c :
         {Case{85, Config::Boundary::AtLeast, true}, Case{84, Config::Boundary::AtLeast, false},
          Case{85, Config::Boundary::Above, false}, Case{86, Config::Boundary::Above, true}}) {
        auto config = by_failures();
        config.failure_percentage->comparison = c.boundary;
        Watched w{config, 5};
        for (std::uint32_t i = 0; i != 5; ++i) {
            w.succeed(i, 100 - c.failures);
            w.fail(i, c.failures);
        }
        w.wait(10s);
        EXPECT_EQ(w.outliers.ejected(), c.ejected ? 5u : 0u) << c.failures;
        EXPECT_FALSE(w.outliers.success_rates().has_value());
    }
}

TEST(OutlierEjection, CountsForMinHostsThoseWithVolumeOrAll) {
    using Hosts = Config::FailurePercentage::Hosts;
    for (const auto hosts : {Hosts::WithVolume, Hosts::All}) {
        auto config = by_failures();
        config.failure_percentage->min_hosts_counts = hosts;
        Watched w{config, 5};
        w.fail(0, 50);
        w.fail(1, 49);
        w.wait(10s);
        EXPECT_EQ(w.out(), hosts == Hosts::All ? "0" : "");
    }
}

TEST(OutlierEjection, JudgesRequestsWithoutAnswerApartIfTold) {
    auto config = by_rates();
    config.split_local_origin = true;
    config.failure_percentage.emplace();
    Watched w{config, 6};
    for (std::uint32_t i = 0; i != 6; ++i) w.succeed(i, 200);
    w.report(5, Verdict::LocalOrigin, 200);
    w.wait(10s);
    EXPECT_EQ(w.out(), "5");
    EXPECT_EQ(w.events.back().cause, Cause::LocalSuccessRate);
    EXPECT_EQ(w.outliers.success_rates()->mean, 100) << "of answers";

    config.success_rate.reset();
    config.enforce_percent.local_origin_failure_percentage = 100;
    Watched v{config, 6};
    for (std::uint32_t i = 0; i != 6; ++i) v.report(i, Verdict::LocalOrigin, i == 2 ? 50 : 49);
    v.wait(10s);
    EXPECT_EQ(v.out(), "");
    for (std::uint32_t i = 0; i != 6; ++i) v.succeed(i, 60);
    v.report(2, Verdict::LocalOrigin, 400);
    v.wait(10s);
    EXPECT_EQ(v.out(), "2");
    EXPECT_EQ(v.events.back().cause, Cause::LocalFailurePercentage);
}

TEST(OutlierEjection, EjectsOnceASweepWhoeverIsFoundByTwoRules) {
    auto config = by_rates();
    config.failure_percentage.emplace();
    config.enforce_percent.failure_percentage = 100;
    Watched w{config, 6};
    for (std::uint32_t i = 0; i != 5; ++i) w.succeed(i, 200);
    w.fail(5, 200);
    w.wait(10s);
    EXPECT_EQ(w.outliers.ejected(), 1u);
    EXPECT_EQ(w.events.size(), 1u);
    EXPECT_EQ(w.events[0].until, Instant{40s});
}

// ---- Latency

TEST(OutlierEjection, EjectsWhoIsTooManyTimesSlowerThanTheOthers) {
    struct Case {
        Duration latency;  // Of one, where the two others take 10 ms.
        int requests;
        bool ejected;
    };
    for (const auto& c : {Case{100ms, 100, true}, Case{40ms, 100, true}, Case{25ms, 100, false},
                          Case{100ms, 99, false}, Case{1ms, 100, false}}) {
        Watched w{by_latency(), 3};
        w.answer(0, c.latency, c.requests);
        w.answer(1, 10ms, 100);
        w.answer(2, 10ms, 100);
        w.wait(10s);
        EXPECT_EQ(w.out(), c.ejected ? "0" : "") << lb::seconds(c.latency);
        if (c.ejected) { EXPECT_EQ(w.events.back().cause, Cause::Latency); }
    }
}

TEST(OutlierEjection, IsNotMisledByHalfOfTheOthersBeingSlow) {
    Watched w{by_latency(), 6};
    for (std::uint32_t i = 0; i != 6; ++i) w.answer(i, i < 2 ? 200ms : 10ms, 100);
    w.wait(10s);
    EXPECT_EQ(w.out(), "0 1");
}

TEST(OutlierEjection, ForgivesASmallExcessAndFewBackends) {
    Watched small{by_latency(), 3};
    small.answer(0, 5ms, 100);
    small.answer(1, 1ms, 100);
    small.answer(2, 1ms, 100);
    small.wait(10s);
    EXPECT_EQ(small.out(), "");
    Watched two{by_latency(), 2};
    two.answer(0, 500ms, 100);
    two.answer(1, 1ms, 100);
    two.wait(10s);
    EXPECT_EQ(two.out(), "");
}

TEST(OutlierEjection, CountsTimeoutsAsSlowAndRefusalsAsNothing) {
    for (const auto end : {End::Timeout, End::Refused, End::Reset, End::Cancelled}) {
        Watched w{by_latency(), 3};
        for (int i = 0; i != 200; ++i) w.done(BackendId{0}, {.end = end, .latency = 2s});
        w.answer(1, 10ms, 100);
        w.answer(2, 10ms, 100);
        w.wait(10s);
        EXPECT_EQ(w.out(0), end == End::Timeout);
    }
}

TEST(OutlierEjection, ComparesLatenciesOfOneIntervalOnly) {
    Watched w{by_latency(), 3};
    for (std::uint32_t i = 0; i != 3; ++i) w.answer(i, 10ms, 1000);
    w.wait(10s);
    w.answer(0, 200ms, 100);
    w.answer(1, 10ms, 100);
    w.answer(2, 10ms, 100);
    w.wait(10s);
    EXPECT_EQ(w.out(), "0");
    w.wait(60s);
    EXPECT_EQ(w.out(), "") << "nor by what it did before";
}

TEST(OutlierEjection, SweepsOnlyWhileItHasMembersAndWholeIntervalsApart) {
    Watched w{plain(), 0};
    EXPECT_EQ(w.outliers.next_due(), Instant::max());
    w.now = Instant{1s};
    w.outliers.add(BackendId{0}, w.now);
    EXPECT_EQ(w.outliers.next_due(), Instant{11s});
    w.wait(3s);
    w.outliers.add(BackendId{1}, w.now);
    EXPECT_EQ(w.outliers.next_due(), Instant{11s});
    w.outliers.due(Instant{12s}, w.events);  // Late.
    EXPECT_EQ(w.outliers.next_due(), Instant{22s});
    w.outliers.remove(BackendId{0});
    w.outliers.remove(BackendId{1});
    EXPECT_EQ(w.outliers.next_due(), Instant::max());
}

TEST(OutlierEjection, IgnoresReportsOfThoseThatAreNotThere) {
    Watched w{plain(), 1};
    w.fail(7, 100);
    w.outliers.on_probe_passed(BackendId{7}, w.now, w.events);
    w.outliers.remove(BackendId{0});
    w.fail(0, 100);
    EXPECT_TRUE(w.events.empty());
    EXPECT_FALSE(w.out(0));
}

// ---- Laws

/// What the events say, and what is so.
struct Ledger {
    std::vector<bool> out = std::vector<bool>(16);
    void hear(const OutlierEjection::Events& events) {
        for (const auto& event : events) {
            if (event.what == What::Ejected) out[index(event.backend)] = true;
            if (event.what != What::Readmitted) continue;
            ASSERT_TRUE(out[index(event.backend)]);
            out[index(event.backend)] = false;
        }
    }
};

class EveryOutlierPreset : public testing::TestWithParam<std::string> {
protected:
    static const Config& config() { return find_preset(lb::outlier_presets(), GetParam())->config; }
};
INSTANTIATE_TEST_SUITE_P(Presets, EveryOutlierPreset, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const auto& preset : lb::outlier_presets())
                                 names.emplace_back(preset.name);
                             return names;
                         }()),
                         [](const auto& it) { return it.param; });

// The cap holds whenever somebody is ejected.  (Members that leave afterwards may raise the share.)
TEST_P(EveryOutlierPreset, TellsTheTruthAndNeverEjectsBeyondItsCap) {
    for (std::uint64_t seed = 0; seed != 30; ++seed) {
        auto config = EveryOutlierPreset::config();
        if (seed % 3 == 1) config.max_ejected_percent = 40;
        if (seed % 3 == 2) config.always_allow_one = true;
        Watched w{config, 0, seed};
        Rng rng{seed + 500};
        Ledger ledger;
        for (int step = 0; step != 3000; ++step) {
            const auto backend = static_cast<std::uint32_t>(rng.below(16));
            const BackendId id{backend};
            const auto before = w.outliers.ejected();
            w.events.clear();
            const auto what = rng.below(20);
            if (what == 0 && !w.outliers.contains(id)) {
                w.outliers.add(id, w.now);
                ledger.out[backend] = false;
            } else if (what == 1 && rng.chance(0.2) && w.outliers.contains(id)) {
                w.outliers.remove(id);
                ledger.out[backend] = false;
            } else if (what == 2) {
                w.wait(Duration{static_cast<Duration::rep>(rng.below(8'000'000'000))});
            } else if (what == 3) {
                w.outliers.on_probe_passed(id, w.now, w.events);
            } else {
                const bool sick = backend % 4 == 0 && rng.chance(0.9);
                const auto latency = sick ? 300ms : 10ms;
                const Response response{.status = static_cast<std::uint16_t>(sick ? 503 : 200),
                                        .latency = latency};
                for (int i = 0; i != 20; ++i) w.done(id, response);
            }
            ledger.hear(w.events);
            if (HasFatalFailure()) return;
            std::size_t out = 0;
            for (std::uint32_t i = 0; i != 16; ++i) {
                ASSERT_EQ(ledger.out[i], w.out(i));
                out += w.out(i);
            }
            ASSERT_EQ(out, w.outliers.ejected());
            ASSERT_LE(out, w.outliers.size());
            if (out <= before) continue;
            const auto n = static_cast<std::int64_t>(w.outliers.size());
            const auto k = static_cast<std::int64_t>(out);
            const bool one = config.always_allow_one && k == 1;
            if (config.cap_rule == Config::CapRule::CountBeforeCandidate)
                ASSERT_TRUE(one || 100 * (k - 1) < config.max_ejected_percent * n);
            else
                ASSERT_TRUE(one || 100 * k <= config.max_ejected_percent * n);
        }
    }
}

TEST_P(EveryOutlierPreset, LetsBackWhoeverAnswersWellWithinABoundedTime) {
    for (std::uint64_t seed = 0; seed != 20; ++seed) {
        auto config = EveryOutlierPreset::config();
        config.max_ejected_percent = 100;
        Watched w{config, 8, seed};
        Rng rng{seed};
        for (int step = 0; step != 400; ++step) {
            const auto backend = static_cast<std::uint32_t>(rng.below(8));
            const bool sick = backend < 3 && rng.chance(0.8);
            for (int i = 0; i != 30; ++i)
                w.report(backend, sick ? Verdict::Gateway : Verdict::Success);
            w.wait(2s);
        }
        for (Duration waited{}; waited < config.max_ejection + config.jitter + 20s; waited += 1s) {
            for (std::uint32_t i = 0; i != 8; ++i)
                if (!w.out(i)) w.answer(i, 10ms, 30);
            w.wait(1s);
        }
        EXPECT_EQ(w.out(), "");
        // And, in the end, like one that never did anything wrong.
        w.wait(400s);
        w.events.clear();
        w.fail(0, 5);
        if (!config.consecutive) continue;
        EXPECT_EQ(w.out(), "0");
        EXPECT_LE(w.events[0].until - w.now, 30s + config.jitter);
    }
}

TEST_P(EveryOutlierPreset, NeverEjectsAFleetInWhichAllAreAlike) {
    auto config = EveryOutlierPreset::config();
    config.max_ejected_percent = 100;
    for (std::uint64_t seed = 0; seed != 20; ++seed) {
        Watched w{config, 10, seed};
        for (int interval = 0; interval != 10; ++interval) {
            for (std::uint32_t i = 0; i != 10; ++i)
                for (int request = 0; request != 200; ++request) {
                    const std::uint16_t status = request % 50 == 0 ? 500 : 200;
                    w.done(BackendId{i}, {.status = status, .latency = 20ms});
                }
            w.wait(10s);
        }
        EXPECT_TRUE(w.events.empty());
    }
}

// Every script of a few steps of two backends, beside an independent account of who is out.
TEST(OutlierEjection, FollowsAPlainAccountInEveryShortScript) {
    for (Every e; e.next();) {
        auto config = plain();
        config.consecutive = {.server_error = 2, .gateway = 0, .local_origin = 0};
        config.max_ejected_percent = 50;
        config.base_ejection = 15s;
        Watched w{config, 2};
        struct {
            int run = 0, times = 0;
            bool out = false;
            Instant until{}, back{};
        } account[2];
        for (int step = 0; step != 6; ++step) {
            const int what = e.below(3);
            auto& mine = account[what % 2];
            auto& other = account[1 - what % 2];
            if (what == 2) {
                w.wait(10s);
                for (auto& a : account) {
                    if (a.out && a.until <= w.now) {
                        a.out = false;
                        a.run = 0;
                        a.back = w.now;
                    }
                    if (!a.out && a.times > 0 && w.now - a.back >= 10s) --a.times;
                }
            } else {
                w.fail(static_cast<std::uint32_t>(what));
                if (!mine.out && ++mine.run == 2) {
                    mine.run = 0;
                    mine.out = !other.out;
                    if (mine.out) mine.until = w.now + ++mine.times * 15s;
                }
            }
            ASSERT_EQ(w.out(0), account[0].out);
            ASSERT_EQ(w.out(1), account[1].out);
        }
    }
}

}  // namespace
