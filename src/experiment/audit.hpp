#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/run.hpp"
#include "stats/counts.hpp"

namespace lbsim {

/// How an assertion fares under other seeds.
struct AuditRow {
    std::string text;
    ExpectOutcome::Kind kind = ExpectOutcome::Kind::Exact;
    std::size_t failed = 0;  ///< Of the seeds.
    /// Of a derived one: the smallest shift of what it is about that would be noticed with
    /// probability 99.9 %, and its unit.
    std::optional<double> smallest_shift;
    Metric::Unit unit = Metric::Unit::Ratio;
};

struct Audit {
    std::size_t seeds = 0;
    std::vector<AuditRow> rows;

    /// Above the chance that it fails under a seed that was not tried, with a confidence of 95 %:
    /// Clopper and Pearson's bound, one-sided.
    double most_flaky(const AuditRow& row) const;
};

/// Evaluates the assertions of an experiment under so many seeds: its own, and those that follow.
///
/// An exact assertion that fails under some seeds says something about its seed and not about the
/// system.  A derived one should fail under one of a million.  Requires seeds >= 1.
Audit audit(const Experiment& experiment, std::size_t seeds, const ForEach& for_each,
            const Simulate& simulate, const RunOptions& options = {});

}  // namespace lbsim
