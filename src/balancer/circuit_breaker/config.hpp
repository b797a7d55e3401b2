#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/time.hpp"

// What a circuit breaker does, one struct for each part of it.  The choices are those in which
// real breakers differ: every preset (presets.hpp) is one Config, and so is anything in between.
// The initial values are our own, of which the preset "default" says why.

namespace lb::breaker {

/// For what one breaker is held.  Breakers do not look at it; who holds them does.
enum class Scope : std::uint8_t {
    Backend,
    BackendRoute,  ///< Each route to a backend: one broken endpoint does not take the others along.
    Cluster,       ///< All backends together.
};

/// Whether a circuit breaks at all.
enum class Mode : std::uint8_t {
    Normal,
    Disabled,     ///< Lets everything through and counts nothing.
    MetricsOnly,  ///< Lets everything through and counts.
    ForcedOpen,   ///< Lets nothing through.
};

/// What a result that is to be ignored does: one that the caller cancelled, a client's mistake.
enum class Ignored : std::uint8_t {
    Drop,     ///< Nothing; a trial gives its place back.
    Success,  ///< It counts as a success.
};

/// A backend that answers "too many requests" is alive, and yet a request failed.
struct Overload {
    enum class As : std::uint8_t { Failure, Success };
    As in_rate = As::Failure;
    As in_consecutive = As::Success;
    As in_trial = As::Failure;

    void describe(Fields&);
};

/// Which results are looked at.
struct Window {
    enum class Kind : std::uint8_t {
        Count,      ///< The last `calls` results.
        Time,       ///< Those of the last `span`, in `buckets`: between (n - 1) / n of it and all.
        Tumbling,   ///< Those of the present interval of `span`: the next begins with none.
        Unbounded,  ///< All since the last reset.
        Ewma,       ///< All, forgotten exponentially; `span` is their mean lifetime.
    };
    /// Where buckets and intervals begin.
    enum class Align : std::uint8_t {
        Epoch,     ///< At multiples of their length: all breakers roll at once.
        Creation,  ///< When the window was made or last reset.
        /// Buckets with the first result after the last ended.  An interval with whatever happens
        /// first after the last was over, even that the time is looked at.
        OnDemand,
    };
    /// The bucket that a result is filed in: of when it came, or of when its request was sent.  If
    /// that bucket is gone, so is the result.
    enum class Attribute : std::uint8_t { Completion, Admission };

    Kind kind = Kind::Time;
    std::int64_t calls = 100;
    Duration span = 10s;
    std::int64_t buckets = 10;
    Align align = Align::Creation;
    Attribute attribute = Attribute::Completion;
    bool roll_starts_epoch = false;  ///< Results of requests sent in an interval before come late.

    void describe(Fields&);
};

/// How a number passes a threshold.
enum class Op : std::uint8_t { AtLeast, MoreThan };

/// A rate that trips.
struct Threshold {
    Op op = Op::AtLeast;
    double value = 0.5;

    constexpr bool passed(double rate) const {
        return op == Op::AtLeast ? rate >= value : rate > value;
    }
    void describe(Fields&);
};

/// What opens a closed circuit: any of the conditions.
struct Trip {
    enum class Evaluate : std::uint8_t {
        EveryResult,  ///< So a success can trip, as the last of the results that were too few.
        Failures,
        Periodic,  ///< Every `period`, by the buckets that have ended.
    };
    /// What rates are of.  Windows of kind count or ewma know of completed calls only.
    enum class Denominator : std::uint8_t {
        Completed,
        Admitted,  ///< Also those in flight, but not what is ignored.
        Offered,   ///< Also those in flight and those that were turned away.
    };
    Evaluate evaluate = Evaluate::EveryResult;
    Duration period = 500ms;
    std::int64_t min_calls = 20;
    Denominator denominator = Denominator::Completed;
    std::optional<Threshold> failure_rate = Threshold{};
    std::optional<Threshold> slow_rate;
    Limit consecutive_failures{5};

    void describe(Fields&);  ///< All but the thresholds, which are objects of their own.
};

/// How the wait grows from one opening to the next; closing starts over.
struct Backoff {
    enum class Kind : std::uint8_t {
        Constant,
        Exponential,  ///< wait, wait * multiplier, wait * multiplier^2 …
        Linear,       ///< wait, 2 wait, 3 wait …
        List,         ///< `waits`, one after the other, and after them `then`.
    };
    Kind kind = Kind::Exponential;
    double multiplier = 2;
    Duration max = 60s;   ///< No wait is longer, jitter included.
    double jitter = 0.1;  ///< Each wait is longer by up to this part of it, at random.
    std::vector<Duration> waits{};
    Duration then{};  ///< 0: the last of them again and again.

    void describe(Fields&);
};

/// The open circuit: for how long, and how it is left.
struct Open {
    enum class Leave : std::uint8_t {
        Timer,  ///< By itself, when the wait is over.
        Lazy,   ///< When after the wait somebody asks to be let through.
    };
    Duration wait = 5s;
    Op elapsed = Op::AtLeast;  ///< MoreThan: the wait is over only when it is exceeded.
    Leave leave = Leave::Timer;
    bool reset_window = false;  ///< Forgets all results when it opens.
    Backoff backoff;

    void describe(Fields&);
};

/// The half-open circuit: trials decide.
struct HalfOpen {
    enum class Decide : std::uint8_t {
        FirstResult,
        AllSuccesses,  ///< As many successes as trials close, the first failure opens.
        TrialRate,     ///< As Trip's rates, of as many results as min_calls but max_trials at most.
    };
    /// What makes a trial fail, where one alone can decide.
    enum class Judge : std::uint8_t { Failure, Slow, FailureOrSlow };
    enum class OnIgnored : std::uint8_t { Release, Reopen };
    /// From when on there has to be a verdict within max_wait.
    enum class WaitFrom : std::uint8_t {
        Entry,  ///< From when the circuit became half-open, also if nothing was sent.
        /// From when a trial was sent or came back, as long as one is out: a lease on trials.  A
        /// backend that nobody has a request for stays half-open.
        Trial,
    };
    enum class OnMaxWait : std::uint8_t { Open, Closed };

    /// Requests let through in one visit; what was released may be used again.  0: none, the
    /// circuit closes when the wait is over, and a ramp does the rest.
    std::int64_t max_trials = 3;
    Decide decide = Decide::AllSuccesses;
    Judge judge = Judge::Failure;
    OnIgnored on_ignored = OnIgnored::Release;
    Duration max_wait = 10s;  ///< 0: for ever.
    WaitFrom wait_from = WaitFrom::Trial;
    OnMaxWait on_max_wait = OnMaxWait::Open;
    bool record_in_window = false;  ///< Trials count in the window, too.

    void describe(Fields&);
};

/// What becomes of results whose requests were sent before the circuit last changed its state: by
/// the state they come in.
struct LateResults {
    enum class Rule : std::uint8_t { Ignore, Count, CountWhileTrialInFlight };
    Rule in_open = Rule::Ignore;
    Rule in_half_open = Rule::Ignore;
    Rule in_closed = Rule::Ignore;

    void describe(Fields&);
};

struct Close {
    bool reset_window = true;  ///< Forgets all results when it closes.

    void describe(Fields&);
};

/// After it closed again the circuit lets through a share of the requests that grows from nothing
/// to one half, and then all.
struct Ramp {
    Duration duration{};  ///< 0: none.

    void describe(Fields&);
};

struct Config {
    Scope scope = Scope::Backend;
    Duration slow_call{};  ///< Slow is what takes longer; 0: nothing is.
    Ignored ignored = Ignored::Drop;
    Overload overload;
    Window window;
    Trip trip;
    Open open;
    HalfOpen half_open;
    LateResults late_results;
    Close close;
    Ramp ramp;
    Mode mode = Mode::Normal;

    void describe(Fields&);  ///< All but the parts, which are objects of their own.

    /// Notes what no part can tell alone, once all are read.
    void check(Fields&) const;
};

}  // namespace lb::breaker
