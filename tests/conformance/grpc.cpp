#include <array>
#include <string>
#include <vector>

#include "balancer/static_stride.hpp"
#include "conformance/families.hpp"

namespace conformance {
namespace {

void stride(const Json& c, lb::StaticStride::Rule rule, Report& report) {
    const auto weights = c.at("weights").get<std::vector<double>>();
    const auto made = lb::StaticStride::make(weights, rule);
    auto sequence = c.at("start").get<std::uint32_t>();
    Json picks = Json::array();
    while (picks.size() != c.at("picks").size())
        picks.push_back(made ? made->pick(sequence) : sequence++ % weights.size());

    const auto what = "weights " + c["weights"].dump() + " from " + c["start"].dump();
    report.equal(what, c["picks"], picks);
    const auto scaled =
        made ? Json(std::vector(made->scaled().begin(), made->scaled().end())) : Json(nullptr);
    report.equal(what + ", scaled", c.at("scaled"), scaled);
    if (c.contains("kind")) report.equal(what + ", kind", c["kind"], made ? "edf" : "rr");
}

void static_stride(const Json& file, Report& report) {
    for (const auto& c : file.value("grpc_go", Json::array()))
        stride(c, lb::StaticStride::Rule::Go, report);
    for (const auto& c : file.value("cpp_capped", Json::array()))
        stride(c, lb::StaticStride::Rule::Cpp, report);
}

constexpr std::array<Family, 1> kFamilies{{{"grpc-static-stride", static_stride}}};

}  // namespace

std::span<const Family> grpc_families() { return kFamilies; }

}  // namespace conformance
