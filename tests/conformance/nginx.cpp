#include <array>

#include "balancer/policies/round_robin.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

void smooth_wrr(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{std::make_unique<lb::RoundRobin>(lb::RoundRobin::Config{})};
        rig.add_all(c.at("weights"));
        const auto& expected = c.at("picks");
        report.equal("weights " + c.at("weights").dump(), expected, picks(rig, expected.size()));
    }
}

constexpr std::array<Family, 1> kFamilies{{{"nginx-smooth-wrr", smooth_wrr}}};

}  // namespace

std::span<const Family> nginx_families() { return kFamilies; }

}  // namespace conformance
