#pragma once

#include <string>
#include <vector>

#include "report/table.hpp"
#include "report/why.hpp"

namespace lbsim {

/// How evenly the requests fell on the backends that clients' balancers send to, as a part of
/// to_table(): a line for each run, in that order.  "" where no policy goes by keys: the others
/// equalise something, which the scene shows.
std::string balance_table(const std::vector<const RunResult*>& runs, const Scene& scene,
                          const TableOptions& options);

}  // namespace lbsim
