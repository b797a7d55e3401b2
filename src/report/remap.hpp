#pragma once

#include <cstddef>
#include <string>

#include "experiment/remap.hpp"
#include "report/table.hpp"

namespace lbsim {

/// A table for people; with the keys from each backend to each if `matrix`.
std::string remap_table(const RemapStep& step, const TableOptions& options, bool matrix);
/// lbsim.remap/1.
std::string remap_json(const RemapStep& step);
/// policy,metric,from,to,value: a row for each figure, and for each cell of the matrices.
std::string remap_csv(const RemapStep& step);

}  // namespace lbsim
