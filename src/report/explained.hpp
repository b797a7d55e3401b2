#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "model/tally.hpp"

namespace lbsim {

/// One decision of a balancer, under one variant.
struct ExplainedRun {
    std::string variant, policy;
    Explained decision;
};

/// Decisions for a person: what the layers around the policy decided, who was compared and how,
/// what rule decided, who was excluded and why.  Lines of at most `width` columns.
std::string explained_text(std::span<const ExplainedRun> runs, std::size_t width = 80);

/// The same for programs, as `lbsim.explained/1`, indented, ending in a newline: all candidates and
/// all excluded.
std::string explained_json(std::span<const ExplainedRun> runs);

}  // namespace lbsim
