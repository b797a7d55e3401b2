#pragma once

#include <string>

#include "experiment/validate.hpp"
#include "report/table.hpp"

namespace lbsim {

/// The simulator held against theory: a line for each number, and how many agree.
std::string validation_table(const Validation& validation, const TableOptions& options = {});
std::string validation_json(const Validation& validation);
std::string validation_csv(const Validation& validation);
std::string validation_markdown(const Validation& validation);

}  // namespace lbsim
