#include "balancer/circuit_breaker/presets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "balancer/circuit_breaker.hpp"

// Laws over every preset: what any circuit breaker is for.

namespace {

using namespace std::chrono_literals;
using lb::CircuitBreaker;
using lb::Instant;
using lb::Outcome;

/// A breaker, and the requests that it let through.
class Circuit {
public:
    explicit Circuit(const std::string& preset, std::uint64_t seed = 1)
        : breaker_{std::make_shared<const CircuitBreaker::Config>(
                       lb::breaker::find_preset(preset)->config()),
                   lb::Rng{seed}.numbered("jitter"), Instant{}} {}

    /// A request comes after that time, and if it is sent, ends after its latency.
    void request(lb::Duration after, Outcome::Kind kind, lb::Duration latency = 1ms) {
        pass(after);
        ++asked;
        if (!breaker_.admits(now_)) {
            ++refused;
            return breaker_.on_refused(now_);
        }
        out_.push_back({now_ + latency, breaker_.on_sent(now_), {kind, latency}});
    }
    void pass(lb::Duration time) {
        const auto until = now_ + time;
        for (;;) {
            auto next = until;
            for (const auto& o : out_) next = std::min(next, o.ends);
            now_ = next;
            while (breaker_.due(now_)) {}
            const auto done = std::find_if(out_.begin(), out_.end(),
                                           [&](const auto& o) { return o.ends <= now_; });
            if (done == out_.end()) return;
            const auto o = *done;
            out_.erase(done);
            breaker_.on_done(o.permit, o.outcome, now_);
            while (breaker_.due(now_)) {}
        }
    }
    CircuitBreaker::State state() {
        pass(0ns);
        return breaker_.state(now_);
    }

    std::uint64_t asked = 0, refused = 0;

private:
    struct Out {
        Instant ends;
        CircuitBreaker::Permit permit;
        Outcome outcome;
    };
    CircuitBreaker breaker_;
    Instant now_{};
    std::vector<Out> out_;
};

class EveryPreset : public testing::TestWithParam<std::string> {};

TEST_P(EveryPreset, RefusesNothingWhileAllIsWell) {
    Circuit c{GetParam()};
    for (int i = 0; i != 10'000; ++i) c.request(10ms, Outcome::Kind::Success);
    EXPECT_EQ(c.refused, 0u);
    EXPECT_EQ(c.state(), CircuitBreaker::State::Closed);
}

TEST_P(EveryPreset, RefusesNearlyEverythingWhileNothingWorks) {
    Circuit c{GetParam()};
    for (int i = 0; i != 6000; ++i) c.request(10ms, Outcome::Kind::Failure);
    const auto asked = c.asked, refused = c.refused;
    for (int i = 0; i != 6000; ++i) c.request(10ms, Outcome::Kind::Failure);
    EXPECT_GT(static_cast<double>(c.refused - refused), 0.95 * static_cast<double>(asked));
}

// From whatever history, five minutes of it, and however many requests are still out: once all
// requests succeed again the circuit closes within ten minutes, and lets all of them through.
TEST_P(EveryPreset, IsNeverStuck) {
    for (std::uint64_t seed = 1; seed != 60; ++seed) {
        Circuit c{GetParam(), seed};
        lb::Rng rng{seed};
        constexpr Outcome::Kind kKinds[] = {Outcome::Kind::Success, Outcome::Kind::Failure,
                                            Outcome::Kind::Overload, Outcome::Kind::Ignored};
        std::uint64_t many = 4;
        for (int i = 0; i != 1000; ++i) {
            if (i % 100 == 0) many = 1 + rng.below(4);
            c.request(lb::Duration{static_cast<lb::Duration::rep>(rng.below(600'000'000))},
                      kKinds[rng.below(many)],
                      lb::Duration{static_cast<lb::Duration::rep>(rng.below(30'000'000'000))});
        }
        for (int i = 0; i != 6000; ++i) c.request(100ms, Outcome::Kind::Success);
        ASSERT_EQ(c.state(), CircuitBreaker::State::Closed) << seed;
        const auto refused = c.refused;
        for (int i = 0; i != 100; ++i) c.request(100ms, Outcome::Kind::Success);
        ASSERT_EQ(c.refused, refused) << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryPreset, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const auto& preset : lb::breaker::presets())
                                 names.emplace_back(preset.name);
                             return names;
                         }()),
                         [](const auto& test) { return test.param; });

}  // namespace
