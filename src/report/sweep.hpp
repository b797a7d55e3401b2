#pragma once

#include <string>

#include "experiment/sweep.hpp"
#include "report/table.hpp"
#include "scenario/document.hpp"

namespace lbsim {

/// A row for each variant of each cell; of many cells all are shown.
std::string sweep_table(const Sweep& sweep, const TableOptions& options = {});
std::string sweep_markdown(const Sweep& sweep);
/// A column for each field that varies, then variant,window,metric,value,low,high: one number a
/// row, as to_csv().
std::string sweep_csv(const Sweep& sweep);

/// lbsim.sweep/1, each cell on a line of its own.  read_sweep() gives back the same, so what is
/// written does not depend on whether it was computed or read.
std::string sweep_json(const Sweep& sweep);
/// Throws ScenarioError if it is no such document.
Sweep read_sweep(const Document& document);

/// A sweep under way, as a file that grows by lines: first all but the cells, then a cell each.
std::string sweep_header_line(const Sweep& sweep);
std::string sweep_cell_line(const SweepCell& cell);
/// What is known of it.  A last line without an end was cut off and is left out.  Throws
/// ScenarioError as read_sweep() does.
Sweep read_sweep_lines(const std::string& name, const std::string& text);

}  // namespace lbsim
