#pragma once

#include <span>
#include <string>

#include "experiment/baseline.hpp"
#include "scenario/document.hpp"

namespace lbsim {

/// lbsim.baseline/1: read_baseline() gives back the same.
std::string baseline_json(const Baseline& baseline);
/// Throws ScenarioError if it is no such document, or of another version of the program.
Baseline read_baseline(const Document& document, std::string_view version);
/// Why a stored scenario is not that which is run now, as a ScenarioError at its place.
[[noreturn]] void refuse_baseline(const Document& document, std::string_view scenario,
                                  std::string message, std::string hint);

/// What changed, as a table fit for a pull request: what fails first, then what moved for certain
/// but little, then how much did not change at all.
std::string baseline_markdown(std::span<const BaselineVerdict> verdicts, double tolerance);

}  // namespace lbsim
