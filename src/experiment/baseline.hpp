#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/result.hpp"

namespace lbsim {

/// What is stored of a scenario, to hold later builds against.
struct BaselineScenario {
    std::string name, fingerprint;  ///< See fingerprint_of(); without the version.
    std::uint64_t seed = 1, replications = 0;
    std::vector<Kept> variants;
};

struct Baseline {
    std::string lbsim;  ///< The version that wrote it.
    std::vector<BaselineScenario> scenarios;

    const BaselineScenario* find(std::string_view name) const;
};

/// A metric of a variant that is not what it was.
struct BaselineChange {
    std::string scenario, variant;
    std::string metric;          ///< "p99_s", "share(b0)".
    double before = 0, now = 0;  ///< Means over the replications; infinite if one is.
    double difference = 0;       ///< now - before, and half its interval at 95 %, by pairs.
    std::optional<double> half_width;
    double p_value = 1;
    bool certain = false;  ///< Told apart, by Holm over all metrics of the suite.
    bool large = false;    ///< By more than is allowed.
};

/// What became of one variant.
struct BaselineVerdict {
    std::string scenario, variant;
    bool unchanged = false;  ///< The same events, to the last: nothing to compare.
    /// The first pick that differs, from 1, and what it was and is; 0 if the first that were kept
    /// are the same.
    std::size_t diverges = 0;
    std::string picked_before, picked_now;
    std::vector<BaselineChange> changes;  ///< All metrics that differ in any replication.

    bool holds() const;  ///< No change is both certain and large.
};

/// Holds this build against a stored one, replication by replication: both met the same requests.
///
/// A change fails if it is certain (Student's t for pairs, Holm's correction over all metrics of
/// all variants, the whole at kFalseAlarm) and larger than `tolerance`, as a part of what it was.
/// `before` and `now` are scenario by scenario of the same names, seeds and replications; variants
/// and metrics that only one has are left out.
std::vector<BaselineVerdict> compare(std::span<const BaselineScenario> before,
                                     std::span<const BaselineScenario> now, double tolerance);

/// As an assertion of kind Baseline.
ExpectOutcome outcome_of(const BaselineVerdict& verdict);

}  // namespace lbsim
