#pragma once

#include <string>

#include "experiment/result.hpp"

namespace lbsim {

/// The ranking, the reason and the assertions as GitHub's tables, fit for a pull request.
std::string to_markdown(const Result& result);

}  // namespace lbsim
