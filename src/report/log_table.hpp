#pragma once

#include <string>

#include "report/table.hpp"

namespace lbsim {

/// What happened in the first replication and what balancers made of it, as a part of to_table().
/// The same that happens to several backends at one instant takes one line.  Of several variants
/// it would be a book: then it is "".
std::string log_table(const Result& result, const TableOptions& options);

}  // namespace lbsim
