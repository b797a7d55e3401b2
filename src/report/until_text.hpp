#pragma once

#include <string>

#include "experiment/result.hpp"

namespace lbsim {

/// What came of waiting for a narrow interval, in a sentence.
std::string until_text(const UntilResult& until);

}  // namespace lbsim
