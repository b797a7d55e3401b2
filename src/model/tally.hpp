#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balancer/rejection.hpp"
#include "base/time.hpp"
#include "stats/histogram.hpp"
#include "trace/trace.hpp"

namespace lbsim {

using lb::Duration;
using lb::Instant;

/// How a request ended for the client that sent it.
enum class Outcome : std::uint8_t {
    Succeeded,
    Failed,    ///< Answered with an error, refused, or cut off.
    TimedOut,  ///< The client's patience ended first.
    Rejected,  ///< The balancer picked no backend.
};

/// What became of the measured requests that arrived in some span of time.
struct Outcomes {
    std::uint64_t offered = 0, succeeded = 0, failed = 0, timed_out = 0, rejected = 0,
                  unfinished = 0;
    std::uint64_t good = 0;       ///< Succeeded within the service level's latency.
    std::uint64_t attempts = 0;   ///< Sent to backends,
    std::uint64_t degraded = 0;   ///< and of these: answered without the optional work,
    std::uint64_t left_zone = 0;  ///< or sent to another zone than that of their balancer.
    std::uint64_t probes = 0;     ///< Health checks sent in that time.
    double service_ns = 0;        ///< Worker time that backends spent on them,
    double wasted_ns = 0;         ///< and of that: whose client had left when it ended, or cut off.
    double open_ns = 0;  ///< Integral of the balancers whose circuit of all backends is not closed,
    double panic_ns = 0;  ///< and of those in panic, who send to backends they exclude.
    /// The rejected, by lb::Rejection.
    std::array<std::uint64_t, lb::kRejections.size()> rejections{};

    void count(Outcome outcome) {
        switch (outcome) {
            case Outcome::Succeeded: ++succeeded; break;
            case Outcome::Failed: ++failed; break;
            case Outcome::TimedOut: ++timed_out; break;
            case Outcome::Rejected: ++rejected; break;
        }
    }
    void add(const Outcomes& other);
    /// Whether each offered request ended in just one way, or has not ended.  So it is in every
    /// replication that a world hands out.
    bool conserved() const {
        return offered == succeeded + failed + timed_out + rejected + unfinished;
    }
    bool operator==(const Outcomes&) const = default;
};

/// What the verdicts of balancers (health checks, ejection, circuit breakers) made of a backend in
/// a span of time.
struct Verdicts {
    std::uint64_t exclusions = 0;     ///< How often one of them took it out,
    std::uint64_t unfounded = 0;      ///< of these: while nothing was wrong with it,
    std::uint64_t repeated = 0;       ///< or after that balancer had let it back in before.
    std::uint64_t readmissions = 0;   ///< How often one let it back in.
    std::uint64_t trials = 0;         ///< Attempts sent to see whether an open circuit may close.
    std::uint64_t failed_before = 0;  ///< Attempts that failed before the first exclusion.
    Duration first_excluded = Duration::max(), last_readmitted = Duration::min();
    double excluded_ns = 0;  ///< Integral of the part of the balancers that excluded it,
    double spared_ns = 0;    ///< of those that sent it nothing for that: none in panic,
    double open_ns = 0;      ///< and of those whose circuit to it was not closed.
    double left_out = 0;     ///< The part that leaves it out at the end.

    /// Joins a later span to an earlier one.
    void add(const Verdicts& later);
    bool operator==(const Verdicts&) const = default;
};

/// What one backend did: for the measured requests of a span (attempts, failed, latency), and in
/// that span of time (the integrals).
struct BackendTally {
    static constexpr int kDigits = 2;  ///< Latencies to 1 %: there may be thousands of these.

    std::uint64_t attempts = 0;
    std::uint64_t failed = 0;  ///< Attempts that did not succeed, or not in the client's time.
    std::uint64_t hits = 0, misses = 0;  ///< In its cache.
    std::uint64_t sessions_lost = 0;     ///< Requests whose session lived elsewhere, or was gone.
    std::uint8_t tier = 0;               ///< Of the scenario: which sends to it.
    double demand_ns = 0;  ///< Worker time that the requests sent to it want, at its speed then.
    Histogram latency{kDigits};  ///< Of successes, as their clients saw them.
    double busy_ns = 0;          ///< Integral of the workers at work.
    double worker_ns = 0;        ///< Integral of the workers there are; infinite if unlimited.
    double in_flight_ns = 0;     ///< Integral of the requests in flight to it.
    std::uint64_t queue_max = 0;
    std::uint64_t in_flight_max = 0;  ///< If the scenario's most_in_flight asks for it.
    double expected_by_weight = 0;    ///< Attempts, had all followed the weights,
    double expected_by_speed = 0;     ///< or weight times speed, as equal numbers in flight do.
    Verdicts verdicts;

    /// Joins a later span.
    void add(const BackendTally& later);
    bool operator==(const BackendTally&) const = default;
};

/// All that was measured in one span of one replication.
struct Tally {
    static constexpr int kDigits = 3;  ///< Latencies to 0.1 %.

    Duration begins = Duration::max();  ///< On the scenario's clock.
    Duration span{};
    Outcomes outcomes;
    Histogram latency{kDigits};  ///< Of successes, as their clients saw them.
    std::vector<BackendTally> backends;

    /// Joins a later span.  It may know more backends: those that were added since.
    void add(const Tally& other);
    bool operator==(const Tally&) const = default;
};

/// How a backend is at a moment.
enum class Condition : std::uint8_t {
    Up,
    Slow,
    Faulty,
    Excluded,  ///< By half of the balancers' checks or breakers, whatever else it is.
    Drained,
    Hung,
    Crashed,
    Removed,
};

/// What happened over time, in steps of equal length.
struct Series {
    /// Beyond that many backends, shares and conditions over time are not kept.
    static constexpr std::size_t kMostBackends = 256;

    struct Step {
        std::uint64_t offered = 0, good = 0;
        std::uint64_t unfinished = 0;        ///< What became of them is not known.
        std::uint64_t hits = 0, misses = 0;  ///< In caches.
        Histogram latency{BackendTally::kDigits};
        std::uint64_t in_flight = 0;            ///< Clients waiting, at the end of the step.
        std::vector<std::uint32_t> attempts{};  ///< By backend.
        std::vector<Condition> conditions{};    ///< By backend, at the end of the step.
        bool operator==(const Step&) const = default;
    };
    Duration step{};
    std::vector<Step> steps;
    bool operator==(const Series&) const = default;

    /// Joins pairs of steps: half as many, twice as long.
    void coarsen();
};

/// Something that happened once.
struct LogEntry {
    Duration at;             ///< On the scenario's clock.
    std::string what;        ///< "slow", "slow ended", "added", "ejected", …
    std::string backend;     ///< Its name; "": all of them.
    std::string cause;       ///< The timeline entry's name; of a verdict, of one in force there.
    std::string balancer{};  ///< Whose verdict it is,
    std::string why{};       ///< and why.
    bool operator==(const LogEntry&) const = default;
};

/// Why the balancer sent one request where it did, for people.
struct Explained {
    struct Candidate {
        std::string backend;
        double score = 0;
        std::string note;
    };
    struct Excluded {
        std::string backend, why;
    };
    std::uint64_t request = 0;  ///< The how manieth that was measured.
    Duration at{};              ///< When the balancer picked, on the scenario's clock.
    std::string clients, request_class, key;
    std::uint64_t balancer = 0;
    std::optional<std::uint64_t> worker;  ///< Which of the balancer's, if it has several.
    std::string backend;                  ///< Empty: it was rejected,
    std::string rejection;                ///< and why.
    std::vector<std::string> path;        ///< What the layers around the policy decided.
    std::string rule, score;              ///< What the policy says of itself.
    std::vector<Candidate> candidates;
    std::vector<Excluded> excluded;
    std::size_t members = 0;  ///< Of the balancer's fleet.
};

/// What was noticed while a trace was replayed.
struct TraceNote {
    std::string file;
    TraceReport report;
};

/// One replication of one scenario, measured.
struct Replication {
    std::uint64_t digest = 0;  ///< Of every event in order: equal digests, equal runs.
    std::uint64_t events = 0;
    std::vector<std::string> backends;  ///< Names, in the order of every Tally::backends.
    Duration duration{};                ///< Measured: given, or what the requests took.
    std::vector<Duration> edges;        ///< Segment i covers [edges[i], edges[i + 1]).
    std::vector<Tally> segments;
    Series series;
    std::vector<LogEntry> log;
    /// What was noticed about each trace that was replayed, as far as it was read.
    std::vector<TraceNote> traces;
    /// The first measured attempts of clients' requests, in order: places in `backends`.
    std::vector<std::uint32_t> picks;
    std::optional<Explained> explained;  ///< If the scenario asks for it, and it came.

    /// All segments that lie in [from, to), joined.
    Tally over(Duration from, Duration to) const;
    Tally all() const { return over(Duration::min(), Duration::max()); }
};

}  // namespace lbsim
