#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"

namespace lbsim {

/// One field of a configuration, as help shows it.
struct Field {
    std::string name, value;  ///< What it takes: "duration > 0", "count >= 1 or \"all\"".
    std::string preset;       ///< Its default; "" if it has none.
    std::string meaning;
};

/// A thing that a scenario may name, and what can be said about it.
struct Outline {
    std::string name, meaning;
    std::vector<Field> fields;
};

/// The parameters of a policy.
std::vector<Field> fields_of(const lb::Policies::Entry& policy);

/// What may happen on the timeline: faults, then changes of membership.
std::vector<Outline> timeline_changes();

}  // namespace lbsim
