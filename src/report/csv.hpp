#pragma once

#include <string>
#include <string_view>

#include "experiment/result.hpp"

namespace lbsim {

/// The result for a notebook: one number a row, with its interval (RFC 4180):
///
///     scenario,variant,window,backend,metric,value,low,high
///
/// The window is empty for the whole run, the backend for all of them.  Metrics are named with
/// their units, as in JSON; what is infinite is "inf", what is absent has no row.
std::string to_csv(const Result& result);

/// A cell as RFC 4180 wants it: in quotes if it must be.
std::string csv_cell(std::string_view text);

/// The shortest text that reads back as the same number; "inf" if infinite.
std::string csv_number(double x);

}  // namespace lbsim
