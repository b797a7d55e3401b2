#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "balancer/policies.hpp"
#include "experiment/remap.hpp"
#include "model/tally.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// What a metric says of one replication.
struct Reading {
    enum class Kind : std::uint8_t {
        Number,
        Beyond,  ///< Infinite: a quantile that falls among the requests that never succeeded.
        Absent,  ///< Nothing to say, because there was nothing to measure.
    };
    Kind kind = Kind::Absent;
    bool thin = false;          ///< A quantile with fewer than 100 samples beyond it.
    double value = 0;           ///< Finite if Number, infinity if Beyond, 0 if Absent.
    std::string_view why = "";  ///< If Absent: "no request succeeded".  Lives forever.
    double draws = 0;           ///< Of a share among attempts: how many there were.  Else 0.

    static Reading number(double value, bool thin = false) {
        return {.kind = Kind::Number, .thin = thin, .value = value};
    }
    static Reading beyond(bool thin = false) {
        return {
            .kind = Kind::Beyond, .thin = thin, .value = std::numeric_limits<double>::infinity()};
    }
    static Reading absent(std::string_view why) { return {.why = why}; }

    bool is(Kind k) const { return kind == k; }
    bool operator==(const Reading&) const = default;
};

/// One span of one replication, from which metrics are computed.
struct Sample {
    const Tally& tally;
    const Scenario& scenario;  ///< Of the variant.
    /// Which of tally.backends is asked about: one backend, or all of a group, whose counts add up.
    /// Absent: the whole.
    std::optional<std::span<const std::size_t>> backends{};
    const Series* series = nullptr;  ///< Of the replication, if known.
    /// Its first picks, if they were kept: places in tally.backends.
    std::span<const std::uint32_t> picks{};
    /// Of a metric of keys: what becomes of them, and not of a replication.
    const RemapStep* keys = nullptr;
};

/// Something that can be said of a run in one number.
///
/// There is one table of these, which the result, the assertions, the help and CSV share.
struct Metric {
    enum class Unit : std::uint8_t {
        Seconds,
        Fraction,  ///< 0 … 1, may be written "10%".
        PerSecond,
        Count,
        Ratio,  ///< Any other number without a unit.
    };
    enum class About : std::uint8_t {
        Run,      ///< All requests; has no backend.
        Backend,  ///< Must be told which backend or group.
        Either,
    };
    std::string_view name;
    Unit unit;
    About about;
    /// How replications are put together.
    enum class Summary : std::uint8_t { Mean, Largest, Smallest };
    Summary summary;
    std::string_view meaning;  ///< One sentence.
    Reading (*compute)(const Sample&);
    /// Not of runs: of what the policy makes of keys when backends leave or join, see move_keys().
    bool of_keys = false;

    /// Whether it can be told of a whole run, with no more than its tally and series.
    bool of_run() const { return about != About::Backend && !of_keys; }
};

/// All of them, in the order in which help lists them.
std::span<const Metric> metrics();

/// By its name ("p99", "throughput") or its column's ("p99_s", "throughput_per_s").  Null if there
/// is none.
const Metric* find_metric(std::string_view name);

/// The name with its unit, as in files: "p99_s", "throughput_per_s", "share".
std::string column(const Metric& metric);

/// "seconds", "fraction", "per second", "count", "ratio".
std::string_view words(Metric::Unit unit);

/// Which of a backend's expected attempts its policy is to be judged by: those by weight if it
/// equalises requests, those by weight and speed if it equalises requests in flight, else null.
double BackendTally::*expected_attempts(lb::Equalises equalises);

/// The metric "share": of so many attempts that a tier made, those to a backend or a group.
Reading share_of(double own, double all);

}  // namespace lbsim
