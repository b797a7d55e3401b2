#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lbsim {

/// What a file of values holds, or what is wrong with it.
struct Values {
    std::vector<double> values;
    std::string mistake = {}, hint = {};
};

/// Reads a file with one value a line; blank lines and those that begin with # do not count.
///
/// Of durations, in seconds, `unit` (ns, us, ms or s) is that of bare numbers; without one each
/// line needs its own.  Of factors, values are bare.  Values must not be negative, and there is at
/// least one.  A file is at most 64 MiB.  Linear.
Values read_durations(const std::string& path, std::string_view unit);
Values read_factors(const std::string& path);

}  // namespace lbsim
