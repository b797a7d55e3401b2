#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/policies.hpp"

namespace laws {

inline const lb::Policies& registry() {
    static const auto policies = lb::builtin_policies();
    return policies;
}

using Entry = lb::Policies::Entry;

/// Those of whose entry `wanted` is true, by name: INSTANTIATE_TEST_SUITE_P's values.
inline std::vector<std::string> names_of(bool (*wanted)(const Entry&)) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : registry())
        if (wanted(entry)) names.emplace_back(name);
    return names;
}
inline bool any(const Entry&) { return true; }

/// "nginx/round_robin" as googletest takes it: letters, digits and underscores.
inline std::string test_name(const testing::TestParamInfo<std::string>& test) {
    std::string name = test.param;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '/' || c == '-'; }, '_');
    return name;
}

inline const Entry& entry_of(std::string_view policy) { return *registry().find(policy); }

/// With the parameters that it has by default.
inline std::unique_ptr<lb::Policy> made(std::string_view policy) {
    lb::Defaults defaults;
    return entry_of(policy).configure(defaults)({});
}

/// Makes each table small, so that it can be built many thousand times: what is a number above 23
/// by default becomes 23, which is a prime.
class SmallTables final : public lb::Defaults {
public:
    using Defaults::field;
    void field(std::string_view, std::int64_t& to, std::string_view, lb::Range range) override {
        if (to > 23 && range.low <= 23) to = 23;
    }
    void problem(std::string_view, std::string, std::string) override { fits_ = false; }
    bool fits() const { return fits_; }

private:
    bool fits_ = true;
};

/// Makes it by default, but for small tables where it has any.
inline lb::Policies::Factory small(std::string_view policy) {
    SmallTables tables;
    auto factory = entry_of(policy).configure(tables);
    if (tables.fits()) return factory;
    lb::Defaults defaults;
    return entry_of(policy).configure(defaults);
}
inline std::unique_ptr<lb::Policy> made_small(std::string_view policy) { return small(policy)({}); }

}  // namespace laws
