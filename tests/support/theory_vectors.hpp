#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/expects.hpp"

namespace lbtest {

/// The entries of tests/vectors/theory.json.
inline const nlohmann::json& theory_entries() {
    static const auto all =
        nlohmann::json::parse(std::ifstream{LBSIM_SOURCE "/tests/vectors/theory.json"});
    return all.at("entries");
}

/// The one with this id.
inline const nlohmann::json& theory_entry(std::string_view id) {
    const nlohmann::json* found = nullptr;
    for (const auto& entry : theory_entries())
        if (entry.at("id").get_ref<const std::string&>() == id) found = &entry;
    lb::expects(found != nullptr);
    return *found;
}

/// Its value, where that is a number.
inline double theory(std::string_view id) { return theory_entry(id).at("value").get<double>(); }

}  // namespace lbtest
