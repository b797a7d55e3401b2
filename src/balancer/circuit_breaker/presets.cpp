#include "balancer/circuit_breaker/presets.hpp"

#include <array>

namespace lb::breaker {
namespace {

constexpr Backoff constant() {
    return {.kind = Backoff::Kind::Constant, .max = Duration::max(), .jitter = 0};
}

/// One trial, whose result decides; if it never comes, the circuit stays half-open.
constexpr HalfOpen one_trial() {
    return {.max_trials = 1, .decide = HalfOpen::Decide::FirstResult, .max_wait = 0s};
}

constexpr LateResults all_late_count() {
    constexpr auto kCount = LateResults::Rule::Count;
    return {.in_open = kCount, .in_half_open = kCount, .in_closed = kCount};
}

/// What those have in common that know of no epochs: every failure is one, and whatever comes
/// counts in the state that it comes in.
Config without_epochs() {
    Config c;
    c.overload.in_consecutive = Overload::As::Failure;
    c.trip.consecutive_failures = {};
    c.open.backoff = constant();
    c.half_open = one_trial();
    c.late_results = all_late_count();
    return c;
}

/// Ours.
///
/// * It trips by rate and by run: half of 20 calls or more in ten seconds, or five in a row.  A
/// rate
///   alone is slow where there is little traffic, and a run alone never sees every other request
///   fail.  Twenty calls, so that one failure of two does not count as half.
/// * Ten buckets created with the window, not aligned to the clock: breakers do not roll together.
/// * Being asked for less (429) fails a trial and counts in the rate, but is no failure in a row:
///   the backend is alive.
/// * Five seconds, doubled with each failed trial up to a minute: what is broken for long is asked
///   seldom.  A tenth of jitter, lest all proxies try together.
/// * Three trials, all of which must succeed: one success may be luck.
/// * Results of requests sent in an earlier state change nothing, so that what was sent before the
///   trip can neither fail nor pass a trial.
/// * A trial that never ends opens the circuit after ten seconds: half-open cannot stick.  Without
///   a trial it waits, as one that nobody asked has not failed.
Config ours() { return {}; }

Config hystrix() {
    auto c = without_epochs();
    c.window = {.span = 10s, .buckets = 20};
    c.trip.evaluate = Trip::Evaluate::Periodic;
    c.open.elapsed = Op::MoreThan;
    c.open.leave = Open::Leave::Lazy;
    c.half_open.on_ignored = HalfOpen::OnIgnored::Reopen;
    return c;
}

Config resilience4j() {
    auto c = without_epochs();
    c.slow_call = 60s;
    c.window = {.kind = Window::Kind::Count, .calls = 100};
    c.trip.min_calls = 100;
    c.trip.slow_rate = Threshold{Op::AtLeast, 1};
    c.open.wait = 60s;
    c.open.elapsed = Op::MoreThan;
    c.open.leave = Open::Leave::Lazy;
    c.half_open.max_trials = 10;
    c.half_open.decide = HalfOpen::Decide::TrialRate;
    return c;
}

Config polly() {
    auto c = without_epochs();
    c.ignored = Ignored::Success;
    c.window = {.span = 30s, .buckets = 10, .align = Window::Align::OnDemand};
    c.trip.evaluate = Trip::Evaluate::Failures;
    c.trip.min_calls = 100;
    c.trip.failure_rate = Threshold{Op::AtLeast, 0.1};
    c.open.leave = Open::Leave::Lazy;
    return c;
}

Config gobreaker() {
    auto c = without_epochs();
    c.window = {.kind = Window::Kind::Unbounded, .attribute = Window::Attribute::Admission};
    c.trip.evaluate = Trip::Evaluate::Failures;
    c.trip.denominator = Trip::Denominator::Admitted;
    c.trip.failure_rate.reset();
    c.trip.consecutive_failures = {6};
    c.open.wait = 60s;
    c.open.elapsed = Op::MoreThan;
    c.open.reset_window = true;
    c.half_open.decide = HalfOpen::Decide::AllSuccesses;
    c.late_results = {};
    return c;
}

Config opossum() {
    auto c = without_epochs();
    c.ignored = Ignored::Success;
    c.trip.evaluate = Trip::Evaluate::Failures;
    c.trip.min_calls = 0;
    c.trip.denominator = Trip::Denominator::Offered;
    c.trip.failure_rate = Threshold{Op::MoreThan, 0.5};
    c.open.wait = 30s;
    c.half_open.record_in_window = true;
    c.close.reset_window = false;
    return c;
}

Config sentinel() {
    auto c = without_epochs();
    c.ignored = Ignored::Success;
    c.window = {.kind = Window::Kind::Tumbling, .span = 1s, .align = Window::Align::Epoch};
    c.trip.min_calls = 5;
    c.trip.failure_rate = Threshold{Op::MoreThan, 0.5};
    c.open.wait = 10s;
    c.open.leave = Open::Leave::Lazy;
    c.half_open.record_in_window = true;
    return c;
}

Config finagle() {
    auto c = without_epochs();
    c.window = {.kind = Window::Kind::Ewma, .span = 30s};
    c.trip.evaluate = Trip::Evaluate::Failures;
    c.trip.min_calls = 5;
    c.trip.failure_rate = Threshold{Op::MoreThan, 0.2};
    c.trip.consecutive_failures = {5};
    c.open.backoff = {.kind = Backoff::Kind::List,
                      .max = 300s,
                      .jitter = 1,
                      .waits = {5s, 5s, 10s, 20s, 40s, 80s, 160s},
                      .then = 300s};
    c.late_results.in_open = LateResults::Rule::Ignore;
    c.late_results.in_half_open = LateResults::Rule::CountWhileTrialInFlight;
    return c;
}

Config linkerd2() {
    auto c = without_epochs();
    c.overload = {};
    c.window = {.kind = Window::Kind::Unbounded};
    c.trip.failure_rate.reset();
    c.trip.consecutive_failures = {7};
    c.open.wait = 1s;
    c.open.backoff = {.max = 60s, .jitter = 0.5};
    c.late_results.in_open = LateResults::Rule::Ignore;
    return c;
}

Config traefik() {
    auto c = without_epochs();
    c.scope = Scope::Cluster;
    c.trip.min_calls = 0;
    c.trip.failure_rate = Threshold{Op::MoreThan, 0.5};
    c.open.wait = 10s;
    c.open.reset_window = true;
    c.half_open.max_trials = 0;
    c.close.reset_window = false;
    c.ramp.duration = 10s;
    return c;
}

constexpr std::array kPresets{
    Preset{"default", "By rate or by run; back-off; three trials; late results change nothing",
           "Ours", "", ours},
    Preset{"hystrix", "Half of 20 calls in 10 s, looked at every 500 ms; one trial after 5 s",
           "Netflix Hystrix 7c03baf, HystrixCircuitBreaker.java, HealthCountsStream.java", "",
           hystrix},
    Preset{"resilience4j", "Half of the last 100 calls failed, or all slow; ten trials after 60 s",
           "resilience4j af9e7c9, CircuitBreakerStateMachine.java, CircuitBreakerMetrics.java", "",
           resilience4j},
    Preset{"polly", "A tenth of 100 calls in 30 s, in buckets on demand; one trial after 5 s",
           "Polly 173d6d1, CircuitStateController.cs, RollingHealthMetrics.cs",
           "Opening by hand (isolated) ends after the wait", polly},
    Preset{"gobreaker", "Six failures in a row; one trial after 60 s; knows late results",
           "sony/gobreaker fed8e9e, v2/gobreaker.go", "", gobreaker},
    Preset{"opossum", "More than half of all that was asked for in 10 s; one trial after 30 s",
           "nodeshift/opossum 59421c5, lib/circuit.js, lib/status.js",
           "Its timeout and its capacity are the balancer's here", opossum},
    Preset{"sentinel",
           "More than half of five calls in a second of the clock; one trial after 10 s",
           "alibaba/Sentinel d75a668, ExceptionCircuitBreaker.java",
           "Ratio and wait, which have no default there, are ours", sentinel},
    Preset{"finagle", "Five in a row, or 20 % failed of late; one trial after 5 s, then 5 to 300 s",
           "Finagle 4feb34c, FailureAccrualFactory.scala, FailureAccrualPolicy.scala",
           "The first wait is jittered, too, and both conditions share one sequence of waits",
           finagle},
    Preset{"linkerd2", "Seven failures in a row; one trial after 1 s, doubling up to a minute",
           "linkerd2-proxy 29637b6, http/breaker/consecutive_failures.rs", "", linkerd2},
    Preset{"traefik", "More than half failed in 10 s, however few; after 10 s a growing share",
           "Traefik fd5a576 and vulcand/oxy, cbreaker/cbreaker.go, cbreaker/ratio.go",
           "The expression, which has no default there, is ours, and is looked at with every "
           "response; the share grows from the end of the wait on, not from the next request",
           traefik},
};

}  // namespace

std::span<const Preset> presets() { return kPresets; }

const Preset* find_preset(std::string_view name) {
    for (const auto& preset : kPresets)
        if (preset.name == name) return &preset;
    return nullptr;
}

}  // namespace lb::breaker
