#include <array>

#include "conformance/families.hpp"

namespace conformance {
namespace {

/// Formulas of several programs in one file: each of these takes the sections it knows.
void derived_misc(const Json& file, Report& report) {
    derived_envoy(file, report);
    derived_hash(file, report);
    derived_jvm(file, report);
    derived_probe(file, report);
}

constexpr std::array<Family, 1> kFamilies{{{"derived-misc", derived_misc}}};

}  // namespace

std::span<const Family> derived_families() { return kFamilies; }

}  // namespace conformance
