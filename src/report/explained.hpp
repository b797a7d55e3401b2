#pragma once

#include <cstddef>
#include <string>

#include "model/tally.hpp"

namespace lbsim {

/// One decision of a balancer for a person: who was compared and how, who was excluded and why, and
/// what rule decided.  Lines of at most `width` columns.
std::string explained_text(const std::string& variant, const std::string& policy,
                           const Explained& decision, std::size_t width = 80);

}  // namespace lbsim
