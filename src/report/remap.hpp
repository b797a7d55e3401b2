#pragma once

#include <span>
#include <string>

#include "experiment/remap.hpp"
#include "report/table.hpp"

namespace lbsim {

// What remap() found: one step, or several and what they come to together.

struct RemapTableOptions : TableOptions {
    bool matrix = false;  ///< The keys from each backend to each, too,
    bool ring = false;    ///< and the rings of those that have one.
};

/// A table for people.
std::string remap_table(std::span<const RemapStep> steps, const RemapTableOptions& options);
/// lbsim.remap/1.
std::string remap_json(std::span<const RemapStep> steps);
/// step,policy,metric,from,to,value: a row for each figure, and for each cell of the matrices.  The
/// step is its number from 1, or "all".
std::string remap_csv(std::span<const RemapStep> steps);

/// The ring before (inside) and after (outside) in letters, for a terminal; with fewer points than
/// places for them, a capital stands where a backend has one.  "" if the policy has none.
std::string remap_ring(const RemapStep& step, const RemapRow& row, const TableOptions& options);
/// A picture of rings and matrices (SVG 1.1): complete, without scripts, fonts or links.
std::string remap_svg(std::span<const RemapStep> steps);

}  // namespace lbsim
