#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiment/metrics.hpp"
#include "experiment/result.hpp"
#include "scenario/load.hpp"
#include "scenario/problem.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// One side of an assertion: a metric of something, or a value.
struct Side {
    const Metric* metric = nullptr;     ///< Null: a value.
    double value = 0;                   ///< In the unit of the metric; infinity for `never`.
    std::size_t variant = 0;            ///< In Experiment::variants.
    std::string about;                  ///< The backend or group as written; "" if the whole.
    std::vector<std::string> backends;  ///< And those which that is.
    std::optional<Window> window;       ///< Absent: the whole run.
    bool own_window = false;            ///< The window is "30s..90s", not one of the scenario's.
};

/// A line of `expect`, understood.
///
///     SIDE OP SIDE      OP is < <= > >= ==
///     SIDE in [a, b]    a <= it <= b
///     SIDE ~ x          compatible with x
///     SIDE ~ x ± d      within d of x for certain; ± may be written +-
///     shares(…) ~ weights    all backends at once get what their weights say; or `uniform`
///     sequence(…) == [a, b]  the first picks are these, in this order
///     digest(…) == digest(…)  every request of two variants came, went and ended alike; or the
///                             16 digits that a result has told of them
///
/// A side is METRIC, METRIC(ARG, …) or a value: 5s, 0.1%, 0.001, 5/6, 800/s, never.  An ARG is a
/// backend or group, a variant, or a window (a name, or 30s..90s), in any order.
struct Expectation {
    enum class Op : std::uint8_t {
        Less,
        AtMost,
        More,
        AtLeast,
        Equal,
        Within,
        Compatible,
        Near,
        Fits,      ///< All shares.
        Sequence,  ///< The first picks.
        Digest,    ///< Where every request went, and when it ended.
    };
    std::string text;
    std::string pointer;
    Op op = Op::Less;
    Side left;
    Side right;       ///< Of Within the lower bound.
    double rest = 0;  ///< Of Within the upper bound, of Near the distance.

    bool binomial = false;              ///< Of Compatible and Near: a share of independent picks.
    bool uniform = false;               ///< Of Fits: like shares, whatever the weights.
    std::vector<std::string> sequence;  ///< Of Sequence: backends.
    std::string digest;                 ///< Of Digest; empty: that of the right side's variant.

    bool derived() const { return op == Op::Compatible || op == Op::Near || op == Op::Fits; }
    /// Whether it means so many replications, and fewer would tell something else.
    bool needs_replications() const { return derived() || !digest.empty(); }
};

/// What an experiment expects, and what is wrong with that.
struct Expectations {
    std::vector<Expectation> list;
    std::vector<Problem> problems;  ///< One at most of each line, placed inside its string.

    /// How many of them allow for chance, and so share the rate of false alarms.
    std::size_t derived() const;
    bool need_replications() const;
    /// The scenario of a variant, so that a replication of it shows what they look at: cut where
    /// they look on their own account ("30s..90s"), and with picks and the most in flight if they
    /// ask.
    Scenario shown_by(Scenario scenario, std::size_t variant) const;
};
Expectations read_expectations(const Experiment& experiment);

/// The problems only, also of a scenario that has others.  A name is unknown only if all that it
/// might mean could be read, and a line that is no string is not looked at.
std::vector<Problem> check_expectations(const Draft& draft);

/// What the sides of an assertion were in one replication of one variant.  Absent, with the reason,
/// if what they are about never happened; nothing at all if the side is of another variant.
struct Seen {
    std::optional<Reading> left, right;
    // Of Fits: the attempts of each backend, and how many were due.
    std::vector<std::uint64_t> counts{};
    std::vector<double> expected{};
    std::string note{};  ///< Of Sequence: what the first pick was that differs.
    std::optional<std::uint64_t> left_digest{}, right_digest{};  ///< Of Digest.
};

/// How many of the first picks are kept for those who ask for them.
inline constexpr std::size_t kPicksKept = 4096;

/// Whether the picks of a variant are independent of each other: its policy draws, or hashes keys
/// of which each comes once, and nothing around it remembers anything (retries, connections,
/// sessions, checks, limits, priorities).
bool independent_picks(const Scenario& scenario);
Seen look(const Expectation& expectation, const Variant& variant, std::size_t number,
          const Replication& replication);
/// The same of sides about keys, which are of no replication: once for all of them.
Seen look_at_keys(const Expectation& expectation, std::span<const Variant> variants);

/// How likely a whole suite may be to fail although all that it expects is so.
inline constexpr double kFalseAlarm = 1e-6;

/// Judges an assertion by what its sides were in each replication.
///
/// Plain comparisons and `in` judge the numbers of these very runs: the mean over the replications,
/// or of extremes (max, queue_max, share_min) the largest or smallest.  Counts are per replication.
/// The same seed gives the same verdict, whence their kind is Exact.  `~` is a statement about what
/// the runs are a sample of (kind Derived): Student's t interval over the replications that misses
/// with probability kFalseAlarm / suite must contain x, or lie within x ± d.  `suite` is the number
/// of such assertions that are judged together.
///
/// The null distribution is the right one.  Where picks are independent (independent_picks()), a
/// share is judged by the exact binomial interval over all of them, and all shares by the G-test,
/// which others are refused.  Everything else is judged by its replications, which are independent
/// whatever picks are.
///
/// What is infinite (a quantile that falls among requests that did not succeed) is greater than any
/// number and equal to `never`.  If a side is absent in every replication, or in all but one of
/// `~`, the assertion fails as vacuous.
ExpectOutcome evaluate(const Expectation& expectation, std::span<const Seen> seen,
                       std::size_t suite);

}  // namespace lbsim
