#pragma once

#include <string_view>

#include "balancer/policies.hpp"
#include "experiment/result.hpp"

namespace lbsim {

/// What the policy of a run tries to equalise, in words; "" for a policy that is not built in.
inline std::string_view equalises(const RunResult& run) {
    static const auto policies = lb::builtin_policies();
    const auto* entry = policies.find(run.policy);
    return entry == nullptr ? std::string_view{} : lb::words(entry->equalises);
}

}  // namespace lbsim
