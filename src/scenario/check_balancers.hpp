#pragma once

#include <functional>
#include <optional>
#include <string>

#include "scenario/describe.hpp"

namespace lbsim {

/// Why a policy does not take a weight, if so.
struct WeightMistake {
    std::string message, hint;
};
std::optional<WeightMistake> weight_mistake(std::string_view policy, const lb::WeightRule& rule,
                                            double weight);

/// Finds what is wrong with balancers only in view of backends and clients: weights that the policy
/// does not take, routes to pools that are not there, keys that requests do not carry, subsets
/// larger than the fleet, zones without backends.
///
/// `balancers` is the pointer of that tier.  What `sound` says was not read well is not looked at.
/// `note` gets each mistake: pointer, message, hint.
void check_balancers(
    const Scenario& scenario, std::size_t tier, const std::vector<Written::Group>& groups,
    const std::vector<Written::Entry>& timeline, const std::string& balancers,
    const std::function<bool(std::string_view pointer)>& sound,
    const std::function<void(std::string pointer, std::string message, std::string hint)>& note);

}  // namespace lbsim
