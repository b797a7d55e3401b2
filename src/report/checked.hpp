#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "experiment/result.hpp"
#include "report/table.hpp"

namespace lbsim {

/// A scenario whose assertions were evaluated.
struct Checked {
    std::string file;  ///< As the user would name it.
    Result result;
    double elapsed_s = 0;   ///< Told in JUnit only, since it varies.
    std::string options{};  ///< What a run needs to see the same: " --set a=b".
};

/// One scenario of a check: a line if all holds, else also what does not, and how to see it again.
std::string check_text(const Checked& checked, const TableOptions& options = {});

/// What --quick means for what was told.
std::string quick_note();

/// All of it for a pull request: what does not hold, and how to see it again.
std::string check_markdown(std::span<const Checked> checked);

/// lbsim.check/1: every assertion of every scenario.
std::string check_json(std::span<const Checked> checked);
/// scenario,assertion,kind,passed,vacuous,seen: a row for each assertion.
std::string check_csv(std::span<const Checked> checked);

/// The last line of a check: how many of how many hold, and by which kinds.
std::string check_summary(std::span<const Checked> checked);

/// JUnit XML: a suite for each scenario, a case for each assertion.  A vacuous one is a failure of
/// type "vacuous".  Letters that XML cannot hold are dropped.
std::string to_junit(std::span<const Checked> checked);

/// An annotation for a GitHub workflow (docs.github.com, "Workflow commands"): an assertion that
/// does not hold, at its place in the file.
std::string annotation(const std::string& file, std::size_t line, std::size_t column,
                       const ExpectOutcome& outcome);

}  // namespace lbsim
