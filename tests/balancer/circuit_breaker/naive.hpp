#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "balancer/circuit_breaker.hpp"

namespace lbtest {

// Circuit breakers as one would write them with all the time and memory in the world: they keep
// every result that ever came, and look at the clock each nanosecond.

using lb::Duration;
using lb::Instant;
using lb::breaker::Mark;
using lb::breaker::Tally;
using lb::breaker::Trip;
using lb::breaker::Window;

constexpr std::int64_t floored(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

class NaiveHistory {
public:
    struct Place {
        Instant at;
        std::size_t bucket, generation;
    };

    NaiveHistory(const Window& window, const Trip& trip, Instant now)
        : window_{window}, trip_{trip}, reset_{now}, begun_{now} {}

    void reset(Instant now) {
        entries_.clear();
        results_.clear();
        starts_.clear();
        reset_ = begun_ = now;
        ++interval_;
        ++generation_;
    }
    /// Something happens: an interval on demand may begin.
    void look(Instant now) {
        if (!on_demand_interval() || now - begun_ <= window_.span) return;
        begun_ = now;
        ++interval_;
    }
    Place on_sent(Instant now) {
        const bool counts = trip_.denominator != Trip::Denominator::Completed;
        const bool files = window_.attribute == Window::Attribute::Admission;
        if (!counts && !files) return {now, 0, generation_};
        const auto place = here(now);
        if (counts) file(place, {1, 0, 0});
        return place;
    }
    void on_refused(Instant now) {
        if (trip_.denominator == Trip::Denominator::Offered) file(here(now), {1, 0, 0});
    }
    void on_result(Mark mark, std::optional<Place> sent, Instant now) {
        results_.push_back({now, mark});
        auto place = sent;
        if (window_.attribute == Window::Attribute::Completion) place = here(now);
        const bool call = trip_.denominator == Trip::Denominator::Completed;
        if (place) file(*place, {call ? 1 : 0, mark.failed ? 1 : 0, mark.slow ? 1 : 0});
    }
    void on_ignored(std::optional<Place> sent) {
        if (trip_.denominator == Trip::Denominator::Admitted && sent) file(*sent, {-1, 0, 0});
    }

    Tally tally(Instant now) const { return sum(now, 0); }
    std::optional<lb::breaker::Rates> rates(Instant now) const {
        if (window_.kind == Window::Kind::Ewma) return average(now);
        const bool has_buckets =
            (window_.kind == Window::Kind::Time || window_.kind == Window::Kind::Tumbling) &&
            window_.align != Window::Align::OnDemand;
        const bool sealed = has_buckets && trip_.evaluate == Trip::Evaluate::Periodic;
        return lb::breaker::rates_of(sum(now, sealed ? 1 : 0));
    }
    std::size_t interval(Instant now) const {
        return on_demand_interval() ? interval_ : static_cast<std::size_t>(number(now));
    }

private:
    struct Entry {
        Place place;
        Tally tally;
    };
    struct Result {
        Instant at;
        Mark mark;
    };

    bool on_demand_interval() const {
        return window_.kind == Window::Kind::Tumbling && window_.align == Window::Align::OnDemand;
    }
    std::int64_t buckets() const {
        return window_.kind == Window::Kind::Tumbling ? 1 : window_.buckets;
    }
    Duration length() const { return window_.span / buckets(); }
    std::int64_t number(Instant at) const {
        const auto origin = window_.align == Window::Align::Epoch ? Instant{} : reset_;
        return floored((at - origin).count(), length().count());
    }
    Place here(Instant now) {
        if (on_demand_interval()) return {now, interval_, generation_};
        if (window_.align == Window::Align::OnDemand &&
            (starts_.empty() || now - starts_.back() >= length()))
            starts_.push_back(now);
        return {now, starts_.empty() ? 0 : starts_.size() - 1, generation_};
    }
    void file(const Place& place, const Tally& tally) {
        if (place.generation == generation_) entries_.push_back({place, tally});
    }
    /// Whether a bucket counts `now`, the last `skipped` not being looked at.
    bool counts(const Place& place, Instant now, std::int64_t skipped) const {
        if (window_.kind == Window::Kind::Unbounded) return true;
        if (on_demand_interval()) return place.bucket == interval_;
        if (window_.align == Window::Align::OnDemand)
            return now - starts_[place.bucket] < window_.span;
        const auto age = number(now) - number(place.at);
        return age >= skipped && age < buckets() + skipped;
    }
    Tally sum(Instant now, std::int64_t skipped) const {
        Tally all;
        if (window_.kind == Window::Kind::Count || window_.kind == Window::Kind::Ewma) {
            auto n = static_cast<std::int64_t>(results_.size());
            if (window_.kind == Window::Kind::Count) n = std::min(n, window_.calls);
            for (auto r = results_.end() - n; r != results_.end(); ++r)
                all += {1, r->mark.failed ? 1 : 0, r->mark.slow ? 1 : 0};
            return all;
        }
        for (const auto& entry : entries_)
            if (counts(entry.place, now, skipped)) all += entry.tally;
        return all;
    }
    /// Each result weighs by its age, and by how long the one before stood alone.
    std::optional<lb::breaker::Rates> average(Instant now) const {
        if (results_.empty() || now - reset_ < window_.span) return std::nullopt;
        const auto decay = [&](Duration d) {
            return std::exp(-static_cast<double>(d.count()) /
                            static_cast<double>(window_.span.count()));
        };
        double failed = 0, slow = 0;
        for (std::size_t i = 0; i != results_.size(); ++i) {
            const double own = i == 0 ? 1 : 1 - decay(results_[i].at - results_[i - 1].at);
            const double weight = own * decay(results_.back().at - results_[i].at);
            failed += results_[i].mark.failed ? weight : 0;
            slow += results_[i].mark.slow ? weight : 0;
        }
        return lb::breaker::Rates{static_cast<std::int64_t>(results_.size()), failed, slow};
    }

    Window window_;
    Trip trip_;
    Instant reset_, begun_;
    std::vector<Entry> entries_;
    std::vector<Result> results_;
    std::vector<Instant> starts_;  // Of buckets on demand.
    std::size_t interval_ = 0, generation_ = 0;
};

class NaiveBreaker {
public:
    using State = lb::CircuitBreaker::State;
    using Config = lb::CircuitBreaker::Config;
    struct Permit {
        std::size_t epoch;
        std::optional<NaiveHistory::Place> place;
    };

    NaiveBreaker(const Config& config, lb::Stream jitter, Instant now)
        : c_{config},
          jitter_{jitter},
          now_{now},
          looks_from_{origin(now)},
          since_{now},
          history_{config.window, config.trip, now} {}

    State state() const { return state_; }
    Tally tally() const {
        if (state_ == State::HalfOpen &&
            c_.half_open.decide == lb::breaker::HalfOpen::Decide::TrialRate)
            return trials_;
        return history_.tally(now_);
    }
    std::int64_t run() const { return run_; }

    /// Time passes, instant by instant; then something happens.
    void pass(Instant to) {
        while (now_ != to) {
            now_ += Duration{1};
            roll();
            while (tick()) {}
        }
        history_.look(now_);
        roll();
    }

    bool admits() const {
        if (state_ == State::HalfOpen) return trials_left_ > 0;
        if (state_ == State::Open) {
            if (!lazily()) return false;
            if (c_.half_open.max_trials > 0) return true;
            return c_.ramp.duration.count() == 0;
        }
        if (!ramping()) return true;
        const auto share = 0.5 / static_cast<double>(c_.ramp.duration.count()) *
                           static_cast<double>((now_ - since_).count());
        return (ramp_sent_ + 1.0) / (ramp_sent_ + ramp_refused_ + 1.0) < share;
    }
    Permit on_sent() {
        leave_lazily();
        Permit permit{epoch_, {}};
        if (state_ == State::HalfOpen) {
            --trials_left_;
            ++trials_out_;
            lease_ = now_;
        } else if (ramping()) {
            ++ramp_sent_;
        }
        if (state_ == State::Closed || c_.half_open.record_in_window ||
            c_.trip.denominator == Trip::Denominator::Offered)
            permit.place = history_.on_sent(now_);
        return permit;
    }
    void on_refused() {
        leave_lazily();
        if (ramping()) ++ramp_refused_;
        history_.on_refused(now_);
    }
    void on_done(const Permit& permit, const lb::Outcome& outcome) {
        using Kind = lb::Outcome::Kind;
        using As = lb::breaker::Overload::As;
        const bool late = permit.epoch != epoch_;
        if (!late && state_ == State::HalfOpen) {
            --trials_out_;
            lease_ = now_;
        }
        if (late && !late_counts()) return;
        const auto fails = [&](As as) {
            return outcome.kind == Kind::Failure ||
                   (outcome.kind == Kind::Overload && as == As::Failure);
        };
        const bool slow = c_.slow_call.count() != 0 && outcome.latency > c_.slow_call;
        const Mark mark{fails(c_.overload.in_rate), slow};
        const bool drop = outcome.kind == Kind::Ignored && c_.ignored == lb::breaker::Ignored::Drop;
        if (state_ == State::HalfOpen) {
            if (drop && c_.half_open.on_ignored == lb::breaker::HalfOpen::OnIgnored::Reopen)
                return open();
            if (drop) ++trials_left_;
            if (c_.half_open.record_in_window) record(mark, permit, drop);
            if (!drop) trial({fails(c_.overload.in_trial), slow});
            return;
        }
        record(mark, permit, drop);
        if (drop) return;
        const bool in_run = fails(c_.overload.in_consecutive);
        run_ = in_run ? run_ + 1 : 0;
        if (state_ != State::Closed || c_.trip.evaluate == Trip::Evaluate::Periodic) return;
        if (c_.trip.evaluate == Trip::Evaluate::Failures && !in_run && !mark.failed) return;
        if (trips()) open();
    }
    void force(State to) {
        if (to == State::Open) open();
        if (to == State::HalfOpen) half_open();
        if (to == State::Closed) close();
    }

private:
    Instant origin(Instant now) const {
        return c_.window.align == Window::Align::Epoch ? Instant{} : now;
    }
    bool elapsed(lb::breaker::Op op, Duration wait) const {
        return op == lb::breaker::Op::AtLeast ? now_ - since_ >= wait : now_ - since_ > wait;
    }
    bool lazily() const {
        return state_ == State::Open && c_.open.leave == lb::breaker::Open::Leave::Lazy &&
               elapsed(c_.open.elapsed, wait_);
    }
    void leave_lazily() {
        if (lazily()) half_open();
    }
    bool ramping() const {
        return state_ == State::Closed && recovered_ && c_.ramp.duration.count() != 0 &&
               now_ - since_ <= c_.ramp.duration;
    }
    bool late_counts() const {
        using Rule = lb::breaker::LateResults::Rule;
        const auto rule = state_ == State::Closed ? c_.late_results.in_closed
                          : state_ == State::Open ? c_.late_results.in_open
                                                  : c_.late_results.in_half_open;
        if (rule == Rule::CountWhileTrialInFlight)
            return state_ == State::HalfOpen && trials_out_ > 0;
        return rule == Rule::Count;
    }
    void record(Mark mark, const Permit& permit, bool drop) {
        if (drop)
            history_.on_ignored(permit.place);
        else
            history_.on_result(mark, permit.place, now_);
    }
    bool passes(const lb::breaker::Rates& rates) const {
        const auto& trip = c_.trip;
        if (trip.failure_rate && trip.failure_rate->passed(rates.failed)) return true;
        if (!trip.slow_rate) return false;
        return trip.slow_rate->passed(rates.slow) ||
               (trip.slow_rate->value == 1 && rates.slow == 1);
    }
    bool trips() const {
        auto least = c_.trip.min_calls;
        if (c_.window.kind == Window::Kind::Count) least = std::min(least, c_.window.calls);
        const auto rates = history_.rates(now_);
        if (rates && rates->calls >= least && passes(*rates)) return true;
        return run_ >= c_.trip.consecutive_failures.value;
    }
    void trial(Mark mark) {
        using Half = lb::breaker::HalfOpen;
        const auto& half = c_.half_open;
        trials_ += {1, mark.failed ? 1 : 0, mark.slow ? 1 : 0};
        if (half.decide == Half::Decide::TrialRate) {
            if (trials_.calls < std::min(c_.trip.min_calls, half.max_trials)) return;
            return passes(lb::breaker::rates_of(trials_)) ? open() : close();
        }
        const bool bad = (half.judge != Half::Judge::Slow && mark.failed) ||
                         (half.judge != Half::Judge::Failure && mark.slow);
        if (bad) return open();
        if (half.decide == Half::Decide::FirstResult || trials_.calls >= half.max_trials) close();
    }
    /// A new interval may start a new epoch.
    void roll() {
        const auto interval = history_.interval(now_);
        const bool rolled = interval != interval_;
        interval_ = interval;
        const bool starts_epoch =
            c_.window.kind == Window::Kind::Tumbling && c_.window.roll_starts_epoch;
        if (!rolled || !starts_epoch || state_ != State::Closed) return;
        ++epoch_;
        run_ = 0;
    }
    /// What time alone does at this instant; once.
    bool tick() {
        using Half = lb::breaker::HalfOpen;
        const auto& half = c_.half_open;
        if (state_ == State::Open && c_.open.leave == lb::breaker::Open::Leave::Timer &&
            elapsed(c_.open.elapsed, wait_)) {
            half_open();
            return true;
        }
        if (state_ == State::HalfOpen && half.max_wait.count() != 0) {
            const bool entry = half.wait_from == Half::WaitFrom::Entry;
            if (!entry && trials_out_ == 0) return false;
            if (now_ - (entry ? since_ : lease_) < half.max_wait) return false;
            half.on_max_wait == Half::OnMaxWait::Open ? open() : close();
            return true;
        }
        const bool looks = state_ == State::Closed && c_.trip.evaluate == Trip::Evaluate::Periodic;
        if (!looks || looked_ == now_ || (now_ - looks_from_) % c_.trip.period != Duration{})
            return false;
        looked_ = now_;
        if (!trips()) return false;
        open();
        return true;
    }

    void enter(State to) {
        recovered_ = to == State::Closed;
        state_ = to;
        since_ = now_;
        ++epoch_;
        run_ = 0;
        trials_out_ = 0;
        looked_ = now_;
    }
    void forget() {
        history_.reset(now_);
        looks_from_ = origin(now_);
        interval_ = history_.interval(now_);
    }
    void open() {
        enter(State::Open);
        const auto& backoff = c_.open.backoff;
        const double chance = jitter_.at(openings_++).unit();
        double wait = static_cast<double>(c_.open.wait.count());
        ++attempt_;
        if (backoff.kind == lb::breaker::Backoff::Kind::Exponential)
            for (std::size_t i = 1; i != attempt_; ++i) wait *= backoff.multiplier;
        if (backoff.kind == lb::breaker::Backoff::Kind::Linear)
            wait *= static_cast<double>(attempt_);
        if (backoff.kind == lb::breaker::Backoff::Kind::List) {
            auto d = backoff.waits[std::min(attempt_, backoff.waits.size()) - 1];
            if (attempt_ > backoff.waits.size() && backoff.then.count() != 0) d = backoff.then;
            wait = static_cast<double>(d.count());
        }
        wait *= 1 + backoff.jitter * chance;
        wait_ = wait >= static_cast<double>(backoff.max.count())
                    ? backoff.max
                    : Duration{static_cast<std::int64_t>(wait)};
        if (c_.open.reset_window) forget();
    }
    void half_open() {
        if (c_.half_open.max_trials == 0) return close();
        enter(State::HalfOpen);
        trials_left_ = c_.half_open.max_trials;
        trials_ = {};
    }
    void close() {
        enter(State::Closed);
        attempt_ = 0;
        ramp_sent_ = ramp_refused_ = 0;
        if (c_.close.reset_window) forget();
    }

    Config c_;
    lb::Stream jitter_;
    Instant now_, looks_from_, since_;
    Instant looked_ = now_, lease_{};
    NaiveHistory history_;
    std::size_t interval_ = history_.interval(now_);
    State state_ = State::Closed;
    bool recovered_ = false;
    std::size_t epoch_ = 0, attempt_ = 0, openings_ = 0;
    std::int64_t run_ = 0, trials_left_ = 0, trials_out_ = 0;
    Tally trials_;
    Duration wait_{};
    double ramp_sent_ = 0, ramp_refused_ = 0;
};

}  // namespace lbtest
