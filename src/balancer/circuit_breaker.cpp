#include "balancer/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

#include "balancer/circuit_breaker/cooldown.hpp"

namespace lb {

using breaker::HalfOpen;
using breaker::LateResults;
using breaker::Mark;
using breaker::Mode;
using breaker::Rates;
using breaker::Trip;
using breaker::Window;

std::string_view words(CircuitBreaker::State state) {
    switch (state) {
        case CircuitBreaker::State::Closed: return "closed";
        case CircuitBreaker::State::Open: return "open";
        case CircuitBreaker::State::HalfOpen: break;
    }
    return "half_open";
}

std::string_view words(CircuitBreaker::Why why) {
    switch (why) {
        case CircuitBreaker::Why::FailureRate: return "failure_rate";
        case CircuitBreaker::Why::SlowRate: return "slow_rate";
        case CircuitBreaker::Why::ConsecutiveFailures: return "consecutive_failures";
        case CircuitBreaker::Why::WaitOver: return "wait_over";
        case CircuitBreaker::Why::TrialFailed: return "trial_failed";
        case CircuitBreaker::Why::TrialIgnored: return "trial_ignored";
        case CircuitBreaker::Why::TrialsSucceeded: return "trials_succeeded";
        case CircuitBreaker::Why::NoVerdict: return "no_verdict";
        case CircuitBreaker::Why::Forced: break;
    }
    return "forced";
}

CircuitBreaker::CircuitBreaker(std::shared_ptr<const Config> config, Stream jitter, Instant now)
    : config_{std::move(config)},
      jitter_{jitter},
      history_{config_->window, config_->trip, now},
      min_calls_{config_->trip.min_calls},
      since_{now},
      looks_from_{config_->window.align == Window::Align::Epoch ? Instant{} : now} {
    if (config_->window.kind == Window::Kind::Count)
        min_calls_ = std::min(min_calls_, config_->window.calls);
    if (config_->mode == Mode::ForcedOpen) state_ = State::Open;
}

// ---- What is asked

// Not of one that is closed and lets all through.
bool CircuitBreaker::admits_some(Instant now) const {
    switch (state_) {
        case State::Closed: break;
        case State::Open:
            if (!leaves_lazily(now)) return false;
            // Without trials it is closed then, and a ramp begins with nothing.
            return config_->half_open.max_trials > 0 || config_->ramp.duration == 0s;
        case State::HalfOpen: return trials_left_ > 0;
    }
    const auto sent = static_cast<double>(ramp_sent_ + 1);
    return sent / (sent + static_cast<double>(ramp_refused_)) < ramp_share(now);
}

double CircuitBreaker::share(Instant now) const {
    if (state(now) != State::Closed) return 0;
    return now > ramp_end_ ? 1 : ramp_share(now);
}

// As oxy's cbreaker/ratio.go, down to the order of operations.
double CircuitBreaker::ramp_share(Instant now) const {
    const auto per_ns = 0.5 / static_cast<double>(config_->ramp.duration.count());
    return per_ns * static_cast<double>((now - since_).count());
}

bool CircuitBreaker::leaves_lazily(Instant now) const {
    return state_ == State::Open && config_->open.leave == breaker::Open::Leave::Lazy &&
           now >= wait_over_;
}

CircuitBreaker::Counters CircuitBreaker::counters(Instant now) const {
    auto counters = counters_;
    if (state_ == State::Open) counters.open += now - since_;
    return counters;
}

breaker::Tally CircuitBreaker::tally() const {
    const bool of_trials =
        state_ == State::HalfOpen && config_->half_open.decide == HalfOpen::Decide::TrialRate;
    return of_trials ? trials_ : history_.tally();
}

// ---- What happens

CircuitBreaker::Permit CircuitBreaker::on_sent(Instant now) {
    expects(admits(now));
    if (config_->mode == Mode::Disabled) return {epoch_, 0};
    on_asked(now);
    if (state_ == State::HalfOpen) {
        --trials_left_;
        ++trials_out_;
        ++counters_.trials;
        renew_lease(now);
    } else if (now <= ramp_end_) {
        ++ramp_sent_;
    }
    const bool recorded = state_ == State::Closed || config_->half_open.record_in_window ||
                          config_->trip.denominator == Trip::Denominator::Offered;
    const Permit permit{epoch_, recorded ? history_.on_sent(now) : 0};
    schedule_look(now);
    return permit;
}

void CircuitBreaker::on_refused(Instant now) {
    expects(!admits(now));
    ++counters_.refused;
    if (config_->mode == Mode::ForcedOpen) return;
    on_asked(now);
    if (now <= ramp_end_) ++ramp_refused_;
    history_.on_refused(now);
    schedule_look(now);
}

void CircuitBreaker::on_done(const Permit& permit, const Outcome& outcome, Instant now) {
    expects(now < due_);
    if (config_->mode == Mode::Disabled || config_->mode == Mode::ForcedOpen) return;
    advance(now);
    if (state_ == State::HalfOpen && permit.epoch == epoch_) {
        --trials_out_;
        renew_lease(now);
    }
    if (!counts(permit)) {
        ++counters_.late;
    } else if (state_ == State::HalfOpen) {
        on_trial(permit, outcome, now);
    } else {
        on_result(permit, outcome, now);
    }
}

bool CircuitBreaker::due(Instant now) {
    while (due_ <= now) {
        const auto at = std::exchange(due_, kNever);
        switch (state_) {
            case State::Open: half_open(Why::WaitOver, at); return true;
            case State::HalfOpen:
                if (config_->half_open.on_max_wait == HalfOpen::OnMaxWait::Open)
                    open(Why::NoVerdict, at);
                else
                    close(Why::NoVerdict, at);
                return true;
            case State::Closed:
                advance(at);
                if (const auto why = verdict(at)) {
                    open(*why, at);
                    return true;
                }
                schedule_look(at);
        }
    }
    advance(now);
    return false;
}

void CircuitBreaker::force_open(Instant now) {
    expects(now < due_);
    if (config_->mode == Mode::Normal) open(Why::Forced, now);
}

void CircuitBreaker::force_half_open(Instant now) {
    expects(now < due_);
    if (config_->mode == Mode::Normal) half_open(Why::Forced, now);
}

void CircuitBreaker::force_closed(Instant now) {
    expects(now < due_);
    if (config_->mode == Mode::Normal) close(Why::Forced, now);
}

// ---- Results

/// Whether a result counts, or comes late and does not.
bool CircuitBreaker::counts(const Permit& permit) const {
    if (permit.epoch == epoch_) return true;
    const auto& late = config_->late_results;
    const auto rule = state_ == State::Closed ? late.in_closed
                      : state_ == State::Open ? late.in_open
                                              : late.in_half_open;
    return rule == LateResults::Rule::Count ||
           (rule == LateResults::Rule::CountWhileTrialInFlight && trials_out_ > 0);
}

bool CircuitBreaker::is_dropped(const Outcome& outcome) const {
    return outcome.kind == Outcome::Kind::Ignored && config_->ignored == breaker::Ignored::Drop;
}

/// As it is filed in the window.
Mark CircuitBreaker::mark(const Outcome& outcome) const {
    const bool overload = outcome.kind == Outcome::Kind::Overload &&
                          config_->overload.in_rate == breaker::Overload::As::Failure;
    return {outcome.kind == Outcome::Kind::Failure || overload,
            config_->slow_call > 0s && outcome.latency > config_->slow_call};
}

void CircuitBreaker::on_result(const Permit& permit, const Outcome& outcome, Instant now) {
    if (is_dropped(outcome)) return history_.on_ignored(permit.place);
    const auto filed = mark(outcome);
    history_.on_result(filed, permit.place, now);
    const bool in_run = outcome.kind == Outcome::Kind::Failure ||
                        (outcome.kind == Outcome::Kind::Overload &&
                         config_->overload.in_consecutive == breaker::Overload::As::Failure);
    run_ = in_run ? run_ + 1 : 0;
    if (state_ != State::Closed) return;
    switch (config_->trip.evaluate) {
        case Trip::Evaluate::Periodic: return schedule_look(now);
        case Trip::Evaluate::Failures:
            if (!filed.failed && !in_run) return;
            break;
        case Trip::Evaluate::EveryResult: break;
    }
    if (const auto why = verdict(now)) open(*why, now);
}

void CircuitBreaker::on_trial(const Permit& permit, const Outcome& outcome, Instant now) {
    const auto& half = config_->half_open;
    if (is_dropped(outcome)) {
        if (half.on_ignored == HalfOpen::OnIgnored::Reopen) return open(Why::TrialIgnored, now);
        // As in resilience4j also for one that came late, if such count: then more may be out than
        // max_trials.
        ++trials_left_;
        if (half.record_in_window) history_.on_ignored(permit.place);
        return;
    }
    auto trial = mark(outcome);
    if (half.record_in_window) history_.on_result(trial, permit.place, now);
    trial.failed = outcome.kind == Outcome::Kind::Failure ||
                   (outcome.kind == Outcome::Kind::Overload &&
                    config_->overload.in_trial == breaker::Overload::As::Failure);
    decide(trial, now);
}

void CircuitBreaker::decide(Mark trial, Instant now) {
    const auto& half = config_->half_open;
    trials_ += {1, trial.failed ? 1 : 0, trial.slow ? 1 : 0};
    bool failed = (trial.failed && half.judge != HalfOpen::Judge::Slow) ||
                  (trial.slow && half.judge != HalfOpen::Judge::Failure);
    bool enough = true;
    switch (half.decide) {
        case HalfOpen::Decide::FirstResult: break;
        case HalfOpen::Decide::AllSuccesses:
            enough = failed || trials_.calls >= half.max_trials;
            break;
        case HalfOpen::Decide::TrialRate:
            failed = passed(breaker::rates_of(trials_)).has_value();
            enough = trials_.calls >= std::min(config_->trip.min_calls, half.max_trials);
            break;
    }
    if (!enough) return;
    if (failed)
        open(Why::TrialFailed, now);
    else
        close(Why::TrialsSucceeded, now);
}

/// Which threshold these rates pass.
std::optional<CircuitBreaker::Why> CircuitBreaker::passed(const Rates& rates) const {
    const auto& trip = config_->trip;
    if (trip.failure_rate && trip.failure_rate->passed(rates.failed)) return Why::FailureRate;
    // Nothing is more than all.  As Sentinel's ResponseTimeCircuitBreaker, only this rate.
    if (trip.slow_rate &&
        (trip.slow_rate->passed(rates.slow) || (trip.slow_rate->value == 1 && rates.slow == 1)))
        return Why::SlowRate;
    return std::nullopt;
}

/// Why a closed circuit is to open, if it is.
std::optional<CircuitBreaker::Why> CircuitBreaker::verdict(Instant now) const {
    if (config_->mode == Mode::MetricsOnly) return std::nullopt;
    const auto rates = history_.rates(now);
    if (rates && rates->calls >= min_calls_)
        if (const auto why = passed(*rates)) return why;
    if (run_ >= config_->trip.consecutive_failures.value) return Why::ConsecutiveFailures;
    return std::nullopt;
}

// ---- Time

/// Lets the history forget what is too old.
void CircuitBreaker::advance(Instant now) {
    const auto before = history_.interval();
    history_.advance(now);
    const auto& window = config_->window;
    if (!window.roll_starts_epoch || window.kind != Window::Kind::Tumbling) return;
    if (state_ != State::Closed || history_.interval() == before) return;
    ++epoch_;
    run_ = 0;
}

/// A request wants to be let through.
void CircuitBreaker::on_asked(Instant now) {
    advance(now);
    if (leaves_lazily(now)) half_open(Why::WaitOver, now);
}

/// The next periodic look, if there is anything to see.
void CircuitBreaker::schedule_look(Instant now) {
    const auto& trip = config_->trip;
    if (trip.evaluate != Trip::Evaluate::Periodic || config_->mode != Mode::Normal) return;
    if (state_ != State::Closed || due_ != kNever) return;
    if (history_.empty() && run_ < trip.consecutive_failures.value) return;
    auto into = (now - looks_from_) % trip.period;
    if (into < 0s) into += trip.period;
    due_ = now - into + trip.period;
}

void CircuitBreaker::renew_lease(Instant now) {
    const auto& half = config_->half_open;
    if (half.max_wait == 0s || half.wait_from != HalfOpen::WaitFrom::Trial) return;
    due_ = trials_out_ > 0 ? later(now, half.max_wait) : kNever;
}

// ---- States

void CircuitBreaker::change(State to, Why why, Instant now) {
    if (state_ == State::Open) counters_.open += now - since_;
    change_ = {now, state_, to, why};
    state_ = to;
    since_ = now;
    due_ = wait_over_ = kNever;
    ramp_end_ = kRampless;
    run_ = trials_out_ = 0;
    ++epoch_;
}

void CircuitBreaker::open(Why why, Instant now) {
    change(State::Open, why, now);
    const auto& open = config_->open;
    const double chance = jitter_.at(counters_.opened++).unit();
    wait_over_ = later(now, breaker::cooldown(open, ++attempt_, chance));
    if (open.elapsed == breaker::Op::MoreThan) wait_over_ = later(wait_over_, 1ns);
    if (open.leave == breaker::Open::Leave::Timer) due_ = wait_over_;
    if (open.reset_window) forget(now);
}

void CircuitBreaker::half_open(Why why, Instant now) {
    const auto& half = config_->half_open;
    if (half.max_trials == 0) return close(why, now);
    change(State::HalfOpen, why, now);
    trials_left_ = half.max_trials;
    trials_ = {};
    if (half.max_wait > 0s && half.wait_from == HalfOpen::WaitFrom::Entry)
        due_ = later(now, half.max_wait);
}

void CircuitBreaker::close(Why why, Instant now) {
    change(State::Closed, why, now);
    attempt_ = 0;
    if (config_->close.reset_window) forget(now);
    if (const auto ramp = config_->ramp.duration; ramp > 0s) {
        ramp_end_ = later(now, ramp);
        ramp_sent_ = ramp_refused_ = 0;
    }
    schedule_look(now);
}

void CircuitBreaker::forget(Instant now) {
    history_.reset(now);
    if (config_->window.align != Window::Align::Epoch) looks_from_ = now;
}

}  // namespace lb
