#pragma once

#include <string>
#include <vector>

#include "report/table.hpp"
#include "report/why.hpp"

namespace lbsim {

/// What caches had and what sessions were lost, as a part of to_table(): a line for each run, in
/// that order.  "" where no backend holds anything.
std::string held_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                       const TableOptions& options);

}  // namespace lbsim
