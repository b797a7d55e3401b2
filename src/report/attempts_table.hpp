#pragma once

#include <string>
#include <vector>

#include "report/table.hpp"
#include "report/why.hpp"

namespace lbsim {

/// What more was asked of backends than was asked for, and what was done for nobody, as a part of
/// to_table(): a line for each run, in that order.  "" where nobody tried twice.
std::string attempts_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                           const TableOptions& options);

}  // namespace lbsim
