#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"

namespace lbsim {

// What there is, for a person: each a text of lines of at most `width` columns.  With a name, what
// there is to know about that one; nothing if there is none of that name.

std::optional<std::string> policies_text(const lb::Policies& policies, std::string_view name,
                                         std::size_t width = 80);
std::optional<std::string> faults_text(std::string_view name, std::size_t width = 80);
std::optional<std::string> metrics_text(std::string_view name, std::size_t width = 80);

/// A scenario that is shipped.
struct Shipped {
    std::string name, question;
};
std::string scenarios_text(std::span<const Shipped> scenarios, std::size_t width = 80);

/// The names of all, for suggestions.
std::vector<std::string_view> policy_names(const lb::Policies& policies);
std::vector<std::string> fault_names();
std::vector<std::string_view> metric_names();

}  // namespace lbsim
