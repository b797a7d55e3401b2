#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "balancer/circuit_breaker/config.hpp"
#include "balancer/circuit_breaker/history.hpp"
#include "balancer/outcome.hpp"
#include "base/expects.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// Keeps requests away from a backend that fails, and finds out with a few of them whether it
/// works again.
///
/// As in a circuit, *closed* lets everything through.  When too much fails it *opens* and lets
/// nothing through; after a wait it is *half-open* and lets a few trials through, which close it
/// or open it again, for longer.  Real breakers differ in every detail of this; here the details
/// are a Config, and those of some programs are presets (circuit_breaker/presets.hpp).
///
/// Every request carries a Permit, which names the *epoch* it was sent in: a new one begins with
/// each change of state.  So the breaker knows a result that comes late from that of a trial, and
/// LateResults says what it counts for.
///
/// It has no timer.  next_change() says when to call due(), which then changes the state as of the
/// very instant it was to change; a change makes one more take_change() to log.  Everything else
/// wants to be called when nothing is due, so that nobody looks at a state that is over: before
/// other things that happen at `now`, call due(now) until it returns false.  `now` never goes
/// back.
///
/// All takes O(1) and allocates nothing, but O(buckets) after a pause, and due() takes O(span /
/// period) if it is periodic.  About 300 bytes, and 24 for each bucket or one for each call of the
/// window.
class CircuitBreaker {
public:
    using Config = breaker::Config;
    enum class State : std::uint8_t { Closed, Open, HalfOpen };

    /// Given for each request that is sent, and wanted back with its outcome, exactly once.
    struct Permit {
        std::uint64_t epoch = 0;
        std::uint64_t place = 0;  ///< Where the history files its result.
    };

    /// Why a state changed.
    enum class Why : std::uint8_t {
        FailureRate,
        SlowRate,
        ConsecutiveFailures,
        WaitOver,
        TrialFailed,
        TrialIgnored,
        TrialsSucceeded,
        NoVerdict,  ///< HalfOpen::max_wait is over.
        Forced,
    };
    struct Change {
        Instant at;
        State from, to;
        Why why;
        bool operator==(const Change&) const = default;
    };

    struct Counters {
        std::uint64_t opened = 0;   ///< How often.
        std::uint64_t trials = 0;   ///< Requests sent while half-open.
        std::uint64_t refused = 0;  ///< Requests turned away.
        std::uint64_t late = 0;     ///< Results ignored because they came late.
        Duration open{};            ///< The time spent open.
    };

    /// The configuration is shared, for there may be many breakers.  Jitter is drawn from the
    /// stream, once for each opening, by its number.
    CircuitBreaker(std::shared_ptr<const Config>, Stream jitter, Instant now);

    State state(Instant now) const {
        expects(now < due_);
        return state_;
    }
    /// Whether a request may be sent now.
    bool admits(Instant now) const {
        expects(now < due_);
        return (state_ == State::Closed && now > ramp_end_) || admits_some(now);
    }
    /// What part of the requests is let through: all when closed, but less during a ramp; none
    /// when open, nor when half-open, for trials are few.  Who shifts load by weight instead of
    /// turning requests away asks this and, while the circuit is closed, not admits().
    double share(Instant now) const;

    /// A request is sent.  Requires admits(now).
    Permit on_sent(Instant now);
    /// A request was turned away because !admits(now).  Who only passes a backend over, and so has
    /// no request that it refused, need not call it.
    void on_refused(Instant now);
    void on_done(const Permit&, const Outcome&, Instant now);

    /// Changes the state if time alone does by `now`, once.  Returns whether it did; then there may
    /// be more to do.
    bool due(Instant now);
    /// The next instant at which due() has something to do, or admits() becomes true by itself.
    std::optional<Instant> next_change(Instant now) const {
        expects(now < due_);
        Instant next = due_;
        if (state_ == State::Open && now < wait_over_) next = std::min(next, wait_over_);
        if (state_ == State::Closed && now <= ramp_end_)
            next = std::min(next, ramp_end_ + Duration{1});
        return next == kNever ? std::nullopt : std::optional{next};
    }

    /// As if it had opened, become half-open or closed by itself, with all that follows.  In modes
    /// other than normal nothing happens.
    void force_open(Instant now);
    void force_half_open(Instant now);
    void force_closed(Instant now);

    /// The change of state that the last call made, if it made one: each is handed out once.
    std::optional<Change> take_change() {
        if (!change_) return std::nullopt;
        return std::exchange(change_, std::nullopt);
    }
    Counters counters(Instant now) const;
    /// What the window held when it was last called.  While trials are judged by their rate, those
    /// of the trials.
    breaker::Tally tally() const;
    /// Failures in a row.
    std::int64_t run() const { return run_; }

private:
    static constexpr Instant kNever = Instant::max(), kRampless = Instant::min();

    bool admits_some(Instant now) const;
    bool leaves_lazily(Instant now) const;
    double ramp_share(Instant now) const;
    bool counts(const Permit&) const;
    bool is_dropped(const Outcome&) const;
    breaker::Mark mark(const Outcome&) const;
    std::optional<Why> passed(const breaker::Rates&) const;
    std::optional<Why> verdict(Instant now) const;

    void advance(Instant now);
    void on_asked(Instant now);
    void on_result(const Permit&, const Outcome&, Instant now);
    void on_trial(const Permit&, const Outcome&, Instant now);
    void decide(breaker::Mark trial, Instant now);
    void schedule_look(Instant now);
    void renew_lease(Instant now);

    void change(State, Why, Instant now);
    void open(Why, Instant now);
    void half_open(Why, Instant now);
    void close(Why, Instant now);
    void forget(Instant now);

    std::shared_ptr<const Config> config_;
    Stream jitter_;
    breaker::History history_;
    std::int64_t min_calls_;

    State state_ = State::Closed;
    std::uint64_t epoch_ = 0;
    Instant since_;         // When the state last changed.
    Instant due_ = kNever;  // When due() has something to do.
    Instant wait_over_ = kNever;
    Instant ramp_end_ = kRampless;
    Instant looks_from_;        // Periodic looks are whole periods after it.
    std::int64_t run_ = 0;      // Failures in a row.
    std::int64_t attempt_ = 0;  // Openings since it was last closed.

    std::int64_t trials_left_ = 0, trials_out_ = 0;
    breaker::Tally trials_;  // Results of this visit.
    std::int64_t ramp_sent_ = 0, ramp_refused_ = 0;

    std::optional<Change> change_;
    Counters counters_;
};

/// "closed", "open", "half_open".
std::string_view words(CircuitBreaker::State);
/// "failure_rate", "wait_over", …
std::string_view words(CircuitBreaker::Why);

}  // namespace lb
