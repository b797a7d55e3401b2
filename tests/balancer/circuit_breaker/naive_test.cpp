#include "balancer/circuit_breaker/naive.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "support/every.hpp"
#include "support/times.hpp"

// The circuit breaker against one that keeps everything and looks at the clock each nanosecond.

namespace {

using lb::CircuitBreaker;
using lb::Duration;
using lb::Instant;
using lb::Outcome;
using lbtest::NaiveBreaker;
using State = CircuitBreaker::State;
using Config = CircuitBreaker::Config;
using namespace lb::breaker;
using namespace std::chrono_literals;

constexpr lb::Stream kJitter = lb::Rng{7}.numbered("jitter");

class Twins {
public:
    explicit Twins(const Config& config, Instant start = Instant{-3ns})
        : now_{start},
          breaker_{std::make_shared<const Config>(config), kJitter, start},
          naive_{config, kJitter, start} {}

    void pass(Duration d) {
        now_ += d;
        while (breaker_.due(now_)) {}
        naive_.pass(now_);
    }
    void ask() {
        if (breaker_.admits(now_) != naive_.admits()) return;  // agree() says so.
        if (breaker_.admits(now_)) {
            out_.emplace_back(breaker_.on_sent(now_), naive_.on_sent());
        } else {
            breaker_.on_refused(now_);
            naive_.on_refused();
        }
    }
    void finish(std::size_t which, const Outcome& outcome) {
        breaker_.on_done(out_[which].first, outcome, now_);
        naive_.on_done(out_[which].second, outcome);
        out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    void force(State to) {
        if (to == State::Open) breaker_.force_open(now_);
        if (to == State::HalfOpen) breaker_.force_half_open(now_);
        if (to == State::Closed) breaker_.force_closed(now_);
        naive_.force(to);
    }
    std::size_t out() const { return out_.size(); }
    State state() const { return breaker_.state(now_); }

    testing::AssertionResult agree() {
        while (breaker_.due(now_)) {}
        naive_.pass(now_);
        if (breaker_.state(now_) != naive_.state())
            return testing::AssertionFailure()
                   << words(breaker_.state(now_)) << ", but in truth " << words(naive_.state());
        if (breaker_.admits(now_) != naive_.admits())
            return testing::AssertionFailure()
                   << words(naive_.state()) << ": admits " << breaker_.admits(now_);
        if (breaker_.tally() != naive_.tally())
            return testing::AssertionFailure()
                   << breaker_.tally().calls << " calls, but in truth " << naive_.tally().calls;
        if (breaker_.run() != naive_.run())
            return testing::AssertionFailure()
                   << breaker_.run() << " failures in a row, but in truth " << naive_.run();
        return testing::AssertionSuccess();
    }

private:
    Instant now_;
    CircuitBreaker breaker_;
    NaiveBreaker naive_;
    std::vector<std::pair<CircuitBreaker::Permit, NaiveBreaker::Permit>> out_;
};

/// Any configuration, in nanoseconds; but not one whose intervals begin when they are looked at and
/// that is looked at now and then: when that is, is its own affair.
Config any(lb::Rng& rng) {
    const auto one_of = [&](auto& to, std::uint64_t n) {
        to = static_cast<std::remove_reference_t<decltype(to)>>(rng.below(n));
    };
    const auto ns = [&](std::uint64_t low, std::uint64_t high) {
        return Duration{static_cast<std::int64_t>(low + rng.below(high - low + 1))};
    };
    const auto count = [&](std::uint64_t low, std::uint64_t high) {
        return static_cast<std::int64_t>(low + rng.below(high - low + 1));
    };
    Config c;
    constexpr double kRates[] = {0, 0.25, 0.5, 0.6, 1};
    // Averages that are rounded otherwise may lie on either side of a value that they can have.
    constexpr double kAverages[] = {0.071, 0.253, 0.502, 0.604, 0.917};
    const auto threshold = [&](std::optional<Threshold>& to) {
        to.reset();
        if (rng.below(3) == 0) return;
        to.emplace();
        one_of(to->op, 2);
        const bool average = c.window.kind == Window::Kind::Ewma;
        to->value = (average ? kAverages : kRates)[rng.below(5)];
    };
    c.slow_call = rng.below(2) == 0 ? 0ns : 5ns;
    one_of(c.ignored, 2);
    one_of(c.overload.in_rate, 2);
    one_of(c.overload.in_consecutive, 2);
    one_of(c.overload.in_trial, 2);
    one_of(c.window.kind, 5);
    c.window.calls = count(1, 6);
    c.window.buckets = count(1, 4);
    c.window.span = ns(4, 30);
    one_of(c.window.align, 3);
    one_of(c.window.attribute, 2);
    c.window.roll_starts_epoch = rng.below(2) == 0;
    one_of(c.trip.evaluate, c.window.align == Window::Align::OnDemand ? 2 : 3);
    c.trip.period = ns(1, 9);
    c.trip.min_calls = count(0, 5);
    one_of(c.trip.denominator, 3);
    threshold(c.trip.failure_rate);
    threshold(c.trip.slow_rate);
    c.trip.consecutive_failures = {};
    if (rng.below(2) == 0) c.trip.consecutive_failures = {count(1, 4)};
    c.open.wait = ns(1, 20);
    one_of(c.open.elapsed, 2);
    one_of(c.open.leave, 2);
    c.open.reset_window = rng.below(2) == 0;
    one_of(c.open.backoff.kind, 4);
    c.open.backoff.multiplier = static_cast<double>(count(1, 3));
    c.open.backoff.max = ns(20, 60);
    c.open.backoff.jitter = rng.below(2) == 0 ? 0 : 0.5;
    for (auto n = 1 + rng.below(3); n != 0; --n) c.open.backoff.waits.push_back(ns(1, 15));
    c.open.backoff.then = ns(0, 15);
    c.half_open.max_trials = count(0, 3);
    one_of(c.half_open.decide, 3);
    one_of(c.half_open.judge, 3);
    one_of(c.half_open.on_ignored, 2);
    c.half_open.max_wait = rng.below(2) == 0 ? 0ns : ns(1, 25);
    one_of(c.half_open.wait_from, 2);
    one_of(c.half_open.on_max_wait, 2);
    c.half_open.record_in_window = rng.below(2) == 0;
    one_of(c.late_results.in_open, 3);
    one_of(c.late_results.in_half_open, 3);
    one_of(c.late_results.in_closed, 3);
    c.close.reset_window = rng.below(2) == 0;
    c.ramp.duration = rng.below(2) == 0 ? 0ns : ns(1, 30);
    return c;
}

template <class Below>
void step(Twins& twins, Below below) {
    const auto what = below(10);
    if (what < 3) return twins.ask();
    if (what < 8 && twins.out() != 0) {
        const Outcome outcome{static_cast<Outcome::Kind>(below(4)), below(2) == 0 ? 5ns : 6ns};
        return twins.finish(below(twins.out()), outcome);
    }
    twins.pass(Duration{static_cast<std::int64_t>(below(4))});
}

TEST(CircuitBreaker, DoesAsOneThatKeepsEverythingUnderEveryConfiguration) {
    lb::Rng rng{1};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(rng.below(n)); };
    std::uint64_t changes[3]{};
    for (std::uint64_t repetition = 0; repetition != lbtest::times(30'000); ++repetition) {
        Twins twins{any(rng)};
        for (int i = 0; i != 120; ++i) {
            const auto before = twins.state();
            switch (below(40)) {
                case 0: twins.force(static_cast<State>(below(3))); break;
                case 1:
                case 2:
                case 3: twins.pass(Duration{static_cast<std::int64_t>(below(40))}); break;
                default: step(twins, below);
            }
            ASSERT_TRUE(twins.agree()) << "configuration " << repetition << ", step " << i;
            if (twins.state() != before) ++changes[static_cast<std::size_t>(twins.state())];
        }
    }
    for (const auto n : changes) EXPECT_GT(n, 50'000u) << "or nothing was tried";
}

/// Small enough to try everything: opens with two failures, for two nanoseconds, then three.
Config small() {
    Config c;
    c.window = {.kind = Window::Kind::Count, .calls = 3};
    c.trip.min_calls = 3;
    c.trip.consecutive_failures = {2};
    c.open.wait = 2ns;
    c.open.backoff = {.multiplier = 1.5, .max = 4ns, .jitter = 0};
    c.half_open.max_trials = 2;
    c.half_open.max_wait = 3ns;
    return c;
}

TEST(CircuitBreaker, DoesAsOneThatKeepsEverythingInEveryShortScript) {
    for (int late = 0; late != 2; ++late) {
        auto config = small();
        if (late == 1)
            config.late_results = {LateResults::Rule::Count, LateResults::Rule::Count,
                                   LateResults::Rule::Count};
        for (lbtest::Every e; e.next();) {
            Twins twins{config, Instant{}};
            if (e.below(2) == 1) twins.force(State::Open);
            for (int i = 0; i != 7; ++i) {
                switch (e.below(5)) {
                    case 0: twins.ask(); break;
                    case 1: twins.pass(1ns); break;
                    case 2: twins.pass(3ns); break;
                    default:
                        if (twins.out() == 0) {
                            twins.ask();
                            break;
                        }
                        twins.finish(e.below(2) * (twins.out() - 1),
                                     {static_cast<Outcome::Kind>(e.below(2)), {}});
                }
                ASSERT_TRUE(twins.agree());
            }
        }
    }
}

}  // namespace
