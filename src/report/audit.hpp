#pragma once

#include <string>
#include <string_view>

#include "experiment/audit.hpp"
#include "report/table.hpp"

namespace lbsim {

/// How the assertions of a scenario fare under other seeds: a few lines each.
std::string audit_text(std::string_view scenario, const Audit& audit,
                       const TableOptions& options = {});

}  // namespace lbsim
