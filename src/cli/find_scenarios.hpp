#pragma once

#include <string>
#include <vector>

namespace lbsim {

/// The file that a user means by `name`: a path if there is such a file or it looks like one, else
/// the shipped scenario of that name.  Throws UsageError if there is neither.
std::string find_scenario(const std::string& name);

/// The same for several, where a folder stands for every *.json in it, in order of names.
std::vector<std::string> find_scenarios(const std::vector<std::string>& names);

/// All that are shipped, in order of names.  Empty if the folder is not there.
std::vector<std::string> shipped_scenarios();

/// The text of a file.  Throws UsageError if it cannot be read.
std::string read_text(const std::string& file);

}  // namespace lbsim
