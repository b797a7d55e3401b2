#pragma once

#include <cstddef>
#include <string>

#include "experiment/result.hpp"

namespace lbsim {

struct TableOptions {
    std::size_t width = 80;  ///< Columns of the terminal.  Requires at least 40.
    bool color = false;      ///< With escapes for a terminal.
};

/// The result for a person.
///
/// First who is best and why: the ranking, what happened in the telling window (see
/// telling_scene()), and the reason.  Then every variant's backends, the service level and the
/// assertions.  Of many backends those are shown that say most, and what the others span.
///
/// No line is wider than `width`.  With `color` only escapes are added.
std::string to_table(const Result& result, const TableOptions& options = {});

/// The assertions, each with whether it held and what was seen.
std::string expectations_table(const Result& result, const TableOptions& options = {});

}  // namespace lbsim
