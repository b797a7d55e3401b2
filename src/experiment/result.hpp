#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"
#include "experiment/metrics.hpp"
#include "model/tally.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// A number over all replications: what the result's format calls E.
struct Figure {
    double value = 0;                 ///< The mean.  Infinity if beyond, 0 if absent.
    std::optional<double> low, high;  ///< 95 %, Student's t.  None with one replication.
    bool thin = false;    ///< A quantile with fewer than 100 samples beyond it in some replication.
    bool beyond = false;  ///< Infinite in some replication, so its mean is: null in JSON.
    bool absent = false;  ///< Nothing to say, in any replication: the whole is null in JSON.

    bool operator==(const Figure&) const = default;
};

/// Puts replications together.  Those in which the metric is absent are left out.
Figure figure(std::span<const Reading> replications);

/// Latencies of successes, as their clients saw them, in seconds.
struct Latency {
    Figure mean, p50, p90, p95, p99, p999;
    std::optional<double> max;  ///< Over all replications.
};

/// Latencies of all offered requests, in seconds: what did not succeed counts as infinite.
struct LatencyOfAll {
    Figure p50, p90, p95, p99, p999;
};

/// What the verdicts of balancers made of a backend; see the metrics of these names.
struct VerdictsResult {
    std::uint64_t exclusions = 0, false_exclusions = 0, flaps = 0, readmissions = 0, trials = 0,
                  failed_before_exclusion = 0;
    Figure excluded, open, time_to_exclude, time_to_readmit, spared;
};

/// What one backend did.  Counts are summed over replications.
struct BackendResult {
    std::string name;
    std::string group;     ///< The scenario's name for the group that it belongs to.
    std::size_t tier = 0;  ///< Of balancers: which sends to it.
    std::uint64_t attempts = 0, failed = 0;
    Figure share;                          ///< Of the attempts sent to backends.
    std::optional<double> expected_share;  ///< If its policy equalises something that gives one.
    Figure utilization;
    /// Worker time that was asked of it, over worker time there was: above 1 its queue grows.
    Figure demand;
    Figure in_flight_mean;
    std::uint64_t queue_max = 0;
    Latency latency;
    Figure hit_ratio{}, sessions_lost{};     ///< Absent if it has no cache, or holds no sessions.
    std::optional<VerdictsResult> verdicts;  ///< If balancers come to any.
};

/// How evenly the attempts fell on the backends.
struct Balance {
    Figure max_over_mean, cv, jain;
};

/// All that is said of one span of time of one variant.
struct Measures {
    Outcomes requests;  ///< Summed over replications; attempts are in here.
    Figure good;        ///< Absent without a service level.
    Latency latency;
    LatencyOfAll latency_of_all;
    Figure error_rate, throughput, goodput, amplification, wasted_work;
    Figure time_to_recover;               ///< Absent if nothing happens.
    Figure open;                          ///< Of the circuit of all backends together.
    Figure hit_ratio{}, sessions_lost{};  ///< As of backends.
    std::vector<BackendResult> backends;
    Balance balance;
};

struct WindowResult {
    std::string name;
    Duration from{}, to{};  ///< As far as it lies within the run.
    Measures measures;
};

/// Over time, all replications together.
struct SeriesResult {
    struct Step {
        double offered = 0, good = 0;        ///< Per replication.
        std::optional<double> p50{}, p99{};  ///< Of successes, in seconds, all replications joined.
        std::optional<double> hit_ratio{};   ///< If anything was looked up in caches.
        double in_flight = 0;          ///< Clients waiting at the end of the step, on average.
        std::vector<double> shares{};  ///< Of the attempts, by backend.  May be empty.
        std::vector<Condition> conditions{};  ///< The worst of the replications.  May be empty.
    };
    Duration step{};
    std::vector<Step> steps;
};

struct ResultLogEntry {
    std::uint64_t replication = 0;  ///< From 0.
    LogEntry entry;
};

/// Whether the scenario's service level was met.
struct SloVerdict {
    Slo slo;
    bool met = false;  ///< good >= slo.good
};

/// One variant, all its replications.
struct RunResult {
    std::string variant;
    std::string policy;
    lb::Equalises equalises = lb::Equalises::Nothing;  ///< What the policy tries to.
    std::string digest;  ///< 16 hexadecimal digits over the replications' digests, in order.
    std::uint64_t seed = 1;
    std::uint64_t replications = 0;
    std::uint64_t events = 0;
    std::vector<TraceNote> traces;  ///< What was noticed in the first replication.
    Duration duration{};            ///< Measured; the mean over replications.
    Measures measures;
    std::vector<WindowResult> windows;  ///< As in the scenario.
    SeriesResult series;
    std::vector<ResultLogEntry> log;
    std::optional<SloVerdict> slo;
};

/// How much larger a metric came out for one variant than for another that met the same requests.
struct Comparison {
    std::string metric;  ///< Its column: "p99_s".
    std::string a, b;    ///< Variants.
    /// a - b, by replication.  If only a is infinite: infinity, and beyond; if only b is: minus
    /// infinity, and beyond.  Absent if both are.
    Figure difference;
    double p_value = 1;
    /// By Holm's correction over all pairs and metrics, at 5 %.  False with one replication.
    bool distinguishable = false;
};

/// What a baseline stores of a variant.
struct Kept {
    struct Values {
        std::string metric;                  ///< "p99_s", "share(b0)".
        std::vector<double> by_replication;  ///< Infinite if beyond.
        bool operator==(const Values&) const = default;
    };
    std::string label, digest;
    std::vector<std::string> picks;  ///< The first of the first replication: backends.
    std::vector<Values> values;      ///< Of all that is known in every replication.
    bool operator==(const Kept&) const = default;
};

/// What became of an assertion.
struct ExpectOutcome {
    enum class Kind : std::uint8_t { Exact, Derived, Baseline };
    std::string text;
    std::string pointer;  ///< Where it stands in the scenario.
    bool passed = false;
    bool vacuous = false;  ///< Failed because its premise never happened.
    Kind kind = Kind::Exact;
    std::string seen;  ///< "1.43 % [1.40, 1.46]", or why it is vacuous.
    /// Of a derived one: what was seen, half the interval that it was judged by, and their unit.
    std::optional<double> value{}, half_width{};
    Metric::Unit unit = Metric::Unit::Ratio;
};
std::string_view words(ExpectOutcome::Kind kind);

/// What came of adding replications until something was known well enough.
struct UntilResult {
    std::string metric;   ///< Its column.
    std::string variant;  ///< Of which it is known least well.
    bool relative = true;
    double width = 0;                  ///< Asked for: half of the 95 % interval,
    std::optional<double> half_width;  ///< and what it is; none if it is infinite or absent.
    bool reached = false;
    std::uint64_t replications = 0;
    std::optional<double> needed;  ///< About so many replications would do.
};

/// All that an experiment told: plain values, in the order in which they are printed.
struct Result {
    std::string lbsim;     ///< Version.
    std::string scenario;  ///< Name.
    std::string question, lesson;
    std::uint64_t seed = 1;
    std::uint64_t replications = 0;
    bool compared = false;
    Duration warmup{};
    bool warmup_detected = false;
    std::optional<UntilResult> until;
    std::vector<RunResult> runs;
    std::vector<Comparison> comparison;  ///< Empty unless there are several variants.
    /// Indices of runs, the best first; those in one list are not told apart.  Led by `good`, or
    /// without a service level by the error rate, then by the p99 of all requests.
    std::vector<std::vector<std::size_t>> ranking;
    std::vector<ExpectOutcome> expect;
    std::vector<Kept> kept;  ///< By variant, if it was asked for.

    /// Whether all assertions passed.
    bool holds() const;
};

/// Of the digests of replications, in order: 16 hexadecimal digits.
std::string digest_of(std::span<const std::uint64_t> replications);

/// Puts the replications of one variant together.  Requires at least one.
RunResult summarise(const Variant& variant, std::span<const Replication> replications);

}  // namespace lbsim
