#pragma once

#include <cstdint>
#include <optional>

#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// Which backends are ejected because they answer worse than others, for how long, and how many at
/// most.
struct OutlierRules {
    /// A comparison with a boundary: whether it is met there.
    enum class Boundary : std::uint8_t { AtLeast, Above };

    /// Failures of one backend in a row, at once.  0: never.
    struct Consecutive {
        std::int64_t server_error = 5;  ///< Any status from 500 on.
        std::int64_t gateway = 5;       ///< 502, 503 and 504 only.
        std::int64_t local_origin = 5;  ///< No answer; only if local origin is split off.
        void describe(Fields& f);
    };
    /// At a sweep, those whose success rate is far below the mean.  See rate_band().
    struct SuccessRate {
        double stdev_factor = 1.9;
        std::int64_t min_hosts = 5;       ///< With so many requests; else nobody is judged.
        std::int64_t min_requests = 100;  ///< In the interval; else this one is not.
        void describe(Fields& f);
    };
    /// At a sweep, those that fail too many requests, whatever others do.
    struct FailurePercentage {
        /// Which backends have to be min_hosts.
        enum class Hosts : std::uint8_t { WithVolume, All };
        double threshold_percent = 85;
        Boundary comparison = Boundary::AtLeast;
        std::int64_t min_hosts = 5;
        std::int64_t min_requests = 50;
        Hosts min_hosts_counts = Hosts::WithVolume;
        void describe(Fields& f);
    };
    /// At a sweep, those whose latency is too many times that of the others.  Ours: nobody else
    /// ejects by latency, and a backend that is ten times slower answers 200 all the while.
    ///
    /// Quantiles are compared with the median of the others' quantiles: the median because up to
    /// half of them may be slow too without moving it much, the others because among few a backend
    /// would be compared with itself, and a ratio because it needs no knowledge of the service.
    /// `min_excess` keeps 3 ms beside 1 ms from being an outlier.  An answer counts, whatever its
    /// status, and so does a timeout; being refused at once is not being fast.
    struct Latency {
        double quantile = 0.5;
        double factor = 3;
        Duration min_excess = 5ms;
        std::int64_t min_hosts = 3;
        std::int64_t min_requests = 100;
        void describe(Fields& f);
    };
    /// What part of those found is ejected, by which rule found them.
    struct EnforcePercent {
        std::int64_t consecutive_server_error = 100;
        std::int64_t consecutive_gateway = 0;
        std::int64_t local_origin = 100;
        std::int64_t success_rate = 100;
        std::int64_t failure_percentage = 0;
        std::int64_t local_origin_success_rate = 100;
        std::int64_t local_origin_failure_percentage = 0;
        std::int64_t latency = 100;
        void describe(Fields& f);
    };
    /// Whether one more may be ejected.
    enum class CapRule : std::uint8_t {
        CountIncludingCandidate,  ///< With it the share is at most the cap.
        CountBeforeCandidate,     ///< Without it the share is below the cap: the first always may.
    };
    /// When the times that a backend was ejected are forgotten, one at a sweep.
    enum class Decay : std::uint8_t {
        PerHealthyInterval,  ///< Once it has been back for a whole interval.
        PerHealthySweep,     ///< Whenever it is not ejected.
    };
    /// When, in a sweep, those come back whose time is over.
    enum class Readmit : std::uint8_t { First, Last };

    Duration sweep_interval = 10s;
    std::optional<Consecutive> consecutive = Consecutive{};
    std::optional<SuccessRate> success_rate = SuccessRate{};
    std::optional<FailurePercentage> failure_percentage = FailurePercentage{};
    std::optional<Latency> latency{};
    EnforcePercent enforce_percent{};
    bool split_local_origin = false;
    Duration base_ejection = 30s;
    Duration max_ejection = 300s;
    Duration jitter{};
    Decay multiplier_decay = Decay::PerHealthyInterval;
    bool multiplier_saturates = true;
    Boundary uneject_boundary = Boundary::AtLeast;
    Readmit readmit = Readmit::First;
    std::int64_t max_ejected_percent = 10;
    CapRule cap_rule = CapRule::CountIncludingCandidate;
    bool always_allow_one = false;
    bool active_check_unejects = true;
    bool ignore_reports_while_ejected = true;
    bool judge_ejected = false;

    /// All but the nested ones, which are objects of their own.
    void describe(Fields& f);
};

}  // namespace lb
