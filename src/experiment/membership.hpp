#pragma once

#include <span>
#include <string>

#include "experiment/remap.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// Who holds the keys of a scenario before and after some backends leave; or join, if none of them
/// is there at first: those of the same tier, pool and priority, with their weights.  Without
/// `backends` nothing changes, and they are those of the first group.
struct Membership {
    RemapFleet from, to;
    const Balancers* tier;  ///< Of the scenario: which sends to them.
};
Membership membership_of(const Scenario& scenario, std::span<const std::string> backends);

/// What the policy makes of the change, apart from any run: see remap().  Of as many keys as the
/// clients have, but at most RemapRow::kTried; they are numbers, as theirs are.  Requires that the
/// policy goes by keys, and that somebody holds them.
RemapStep move_keys(const Scenario& scenario, std::span<const std::string> backends);

}  // namespace lbsim
