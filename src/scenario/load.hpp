#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "balancer/policies.hpp"
#include "scenario/document.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// One field set from outside: --set PATH=VALUE (see Document::set).
struct Override {
    std::string path, value;
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

/// Reads and checks a scenario (formats: README, "Scenario").
///
/// `as_typed` is what messages call the file; files that the scenario names are looked up beside
/// it.  Whatever is wrong, in whichever variant, is thrown as one ScenarioError; a file that cannot
/// be read has one too, at 1:1.  Linear in the text and in the number of backends, per variant.
Experiment load_experiment(const std::filesystem::path& as_typed, const lb::Policies& policies,
                           const LoadOptions& options = {});

/// The same of a text.  `name` is what messages call it, and its stem is the scenario's name;
/// `folder` is where files that it names are looked up.
Experiment load_experiment(std::string name, std::string text, const std::filesystem::path& folder,
                           const lb::Policies& policies, const LoadOptions& options = {});

}  // namespace lbsim
