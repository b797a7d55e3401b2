#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"
#include "scenario/document.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// One field set from outside: --set PATH=VALUE (see Document::set).
struct Override {
    std::string path, value;
    std::string option = "--set";  ///< What messages call it.  Empty: nobody typed it.
};

/// What a command changes about a scenario before it is read.
struct LoadOptions {
    std::vector<Override> overrides = {};    ///< In order; of two for one field the later holds.
    std::vector<std::string> policies = {};  ///< If any: compared instead of what `compare` says.
    std::optional<std::uint64_t> seed = {};
    std::optional<std::int64_t> replications = {};  ///< Requires at least 1.
};

/// A scenario, in each of its variants.
struct Experiment {
    Document document;
    std::string name;
    std::vector<Variant> variants;  ///< At least one; in the order of `compare`.
    /// Whether there is something to compare.  If not, the one variant is called as its policy.
    bool compared = false;
};

/// A scenario as far as it could be read, and what is wrong with it.
struct Draft {
    Experiment experiment;  ///< If there are problems: to be looked at, not to be run.
    std::vector<Problem> problems;
    Known known;

    /// Whether something is wrong with a value, or within it.
    bool has_problem_at(std::string_view pointer) const;
};

/// Reads and checks a scenario (formats: README, "Scenario"), for others to add what they find
/// wrong with it.  Throws ScenarioError only if there is nothing to be read: the file is not there,
/// or its text is no JSON.
///
/// `as_typed` is what messages call the file; files that the scenario names are looked up beside
/// it.  Problems are of all variants; a file that cannot be read has one too, at 1:1.  Linear in
/// the text and in the number of backends, per variant.
Draft draft_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                       const LoadOptions& options = {});

/// The same of a text.  `name` is what messages call it, and its stem is the scenario's name;
/// `folder` is where files that it names are looked up.
Draft draft_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                       const lb::Policies& policies, const LoadOptions& options = {});

/// The same for whoever wants no drafts: all problems are thrown as one ScenarioError.
Experiment load_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                           const LoadOptions& options = {});
Experiment load_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                           const lb::Policies& policies, const LoadOptions& options = {});

}  // namespace lbsim
