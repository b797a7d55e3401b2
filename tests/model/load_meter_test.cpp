#include "model/load_meter.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

constexpr Instant at(Duration since_start) { return Instant{since_start}; }

lb::LoadReport told(LoadMeter& meter, Instant now) {
    lb::LoadReport report;
    meter.tell(report, now);
    return report;
}

TEST(LoadMeter, TellsWhatWasInTheLastWholeWindow) {
    LoadMeter meter{{1s, 0s}, 4, {}};
    meter.advance(0, at(500ms));
    meter.advance(3, at(999ms));  // For 499 ms.
    EXPECT_EQ(told(meter, at(999ms)).utilization, 0) << "none is over";
    meter.advance(3, at(1s));
    EXPECT_NEAR(told(meter, at(1s)).utilization, 3 * 0.5 / 4, 1e-12);
    meter.advance(3, at(1900ms));
    EXPECT_NEAR(told(meter, at(1900ms)).utilization, 3 * 0.5 / 4, 1e-12);
    meter.advance(1, at(2500ms));  // 0.9 s of 3 workers and 0.1 s of one.
    EXPECT_NEAR(told(meter, at(2500ms)).utilization, (3 * 0.9 + 0.1) / 4, 1e-12);
}

TEST(LoadMeter, CountsWhatEndedByWindow) {
    LoadMeter meter{{500ms, 0s}, 1, {}};
    for (const auto ms : {100, 200, 499, 500}) {
        const auto now = at(std::chrono::milliseconds{ms});
        meter.advance(1, now);
        meter.ended(ms == 200, 0, 1ms);
    }
    EXPECT_EQ(told(meter, at(500ms)).rate_per_s, 6);
    EXPECT_EQ(told(meter, at(500ms)).errors_per_s, 2);
    meter.advance(1, at(1s));
    EXPECT_EQ(told(meter, at(1s)).rate_per_s, 2);
    EXPECT_EQ(told(meter, at(1s)).errors_per_s, 0);
}

TEST(LoadMeter, TellsItSoMuchLater) {
    LoadMeter meter{{1s, 1500ms}, 1, {}};
    for (int s = 1; s <= 5; ++s) {
        meter.advance(s * 0.1, at(std::chrono::seconds{s}));  // 0.1 in the first, 0.2, …
        const auto now = at(std::chrono::seconds{s} + 400ms);
        meter.advance(0, now);
        const double expected = s < 3 ? 0 : (s - 2) * 0.1 - (s == 3 ? 0 : 0.4 * (s - 2) * 0.1);
        EXPECT_NEAR(told(meter, now).utilization, expected, 1e-12) << s;
    }
}

TEST(LoadMeter, TellsTheSameAfterALongSilenceAsIfItHadBeenAsked) {
    for (const Duration delay : {Duration{0}, Duration{700ms}, Duration{5s}}) {
        for (const Duration silence : {Duration{2s}, Duration{9s}, Duration{9999300ms}}) {
            LoadMeter lazy{{1s, delay}, 2, {}}, busy = lazy;
            for (auto* meter : {&lazy, &busy}) {
                meter->advance(0, at(600ms));
                meter->ended(false, 0, 1ms);
            }
            const Instant end = at(600ms) + silence;
            for (Instant t = at(600ms); t < end; t += 100ms) busy.advance(1, t);
            busy.advance(1, end);
            lazy.advance(1, end);
            EXPECT_NEAR(told(lazy, end).utilization, told(busy, end).utilization, 1e-12);
            EXPECT_EQ(told(lazy, end).rate_per_s, told(busy, end).rate_per_s);
            lazy.advance(0, end + 3100ms);
            busy.advance(0, end + 3100ms);
            EXPECT_NEAR(told(lazy, end + 3100ms).utilization, told(busy, end + 3100ms).utilization,
                        1e-12);
        }
    }
}

TEST(LoadMeter, IsNeverBusyWithWorkersWithoutEnd) {
    LoadMeter meter{{1s, 0s}, std::numeric_limits<double>::infinity(), {}};
    meter.advance(100, at(1s));
    EXPECT_EQ(told(meter, at(1s)).utilization, 0);
    meter.ended(false, 100, 7ms);
    EXPECT_EQ(meter.latency_at(3, at(1s)), 7ms);
}

TEST(LoadMeter, GuessesTheLatencyFromRequestsThatFoundAsMany) {
    LoadMeter meter{{1s, 0s}, 100, {}};
    EXPECT_EQ(meter.latency_at(0, {}), 0s);
    for (int i = 0; i != 31; ++i) meter.ended(false, 50, 5ms + 1us * i);
    for (int i = 0; i != 31; ++i) meter.ended(false, 20, 2ms + 1us * i);
    EXPECT_EQ(meter.latency_at(50, {}), 5015us);
    EXPECT_EQ(meter.latency_at(90, {}), 5015us);
    EXPECT_EQ(meter.latency_at(20, {}), 2015us);
    EXPECT_EQ(meter.latency_at(0, {}), 2015us);
}

TEST(LoadMeter, StretchesTheLatencyAsRequestsShareTheWorkers) {
    LoadMeter meter{{1s, 0s}, 4, {}};
    meter.ended(false, 7, 20ms);  // Two on each worker.
    EXPECT_EQ(meter.latency_at(7, {}), 20ms);
    EXPECT_EQ(meter.latency_at(15, {}), 40ms);
    EXPECT_EQ(meter.latency_at(3, {}), 10ms);
    EXPECT_EQ(meter.latency_at(0, {}), 10ms);
}

TEST(LoadMeter, PrefersTheNewerAndForgetsTheOldUnlessItIsBusy) {
    LoadMeter meter{{1s, 0s}, 1, {}};
    for (int i = 0; i != 31; ++i) meter.ended(false, 0, 9ms);
    EXPECT_EQ(meter.latency_at(0, at(1s)), 9ms);
    EXPECT_EQ(meter.latency_at(0, at(1001ms)), 0s) << "it may well be fast";
    EXPECT_EQ(meter.latency_at(1, at(1001ms)), 18ms);
    meter.advance(0, at(500ms));
    for (int i = 0; i != 31; ++i) meter.ended(false, 0, 4ms);
    EXPECT_EQ(meter.latency_at(0, at(600ms)), 4ms);
    meter.ended(true, 0, 1us);  // Errors tell nothing.
    for (int i = 0; i != 300; ++i) meter.ended(false, 0, 3ms);
    EXPECT_EQ(meter.latency_at(0, at(600ms)), 3ms);
}

}  // namespace
