#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "experiment/result.hpp"

namespace lbsim {

/// What the policy of a run tries to equalise, in words; "" if it does not say.
inline std::string_view equalises(const RunResult& run) {
    return run.equalises == lb::Equalises::Nothing ? std::string_view{} : lb::words(run.equalises);
}

/// A reason as a key: "no_route".
inline std::string key_of(lb::Rejection why) {
    std::string key{lb::words(why)};
    std::replace(key.begin(), key.end(), ' ', '_');
    return key;
}

}  // namespace lbsim
