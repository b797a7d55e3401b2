#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiment/result.hpp"

namespace lbsim {

/// The ranking, the reason and the assertions as GitHub's tables, fit for a pull request.
std::string to_markdown(const Result& result);

/// What has a meaning in Markdown or HTML is taken literally.
std::string escaped_markdown(std::string_view text);

/// A line of a table.
std::string markdown_row(const std::vector<std::string>& cells);

}  // namespace lbsim
