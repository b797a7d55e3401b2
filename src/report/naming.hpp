#pragma once

#include <string_view>

#include "experiment/result.hpp"

namespace lbsim {

/// What the policy of a run tries to equalise, in words; "" if it does not say.
inline std::string_view equalises(const RunResult& run) {
    return run.equalises == lb::Equalises::Nothing ? std::string_view{} : lb::words(run.equalises);
}

}  // namespace lbsim
