#include <string>
#include <vector>

#include "balancer/policies/envoy/rendezvous_hash.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"
#include "support/hash_policy.hpp"

namespace conformance {
namespace {

void rendezvous(const Json& section, Report& report) {
    Rig rig{std::make_unique<lb::envoy::RendezvousHash>(lb::envoy::RendezvousHash::Config{})};
    for (const auto& host : section.at("hosts"))
        rig.add({.name = host.at(0).get<std::string>()}, host.at(1).get<double>());
    for (const auto& row : section.at("rows_key_host")) {
        const auto key = row.at(0).get<std::string>();
        report.equal("envoy_rendezvous, key " + key, row.at(1), rig.pick({.key = key}));
    }
}

void hash_policy(const Json& section, Report& report) {
    for (const auto& row : section.at("rows")) {
        std::vector<lb::HashPart> parts;
        for (const auto& value : row.at("values"))
            parts.push_back({lb::hash_of(value.get<std::string>())});
        const auto hash = lb::combined_hash(parts);
        report.equal("envoy_hash_policy " + row["values"].dump(), row.at("hash"),
                     hash ? Json(*hash) : Json(nullptr));
    }
}

}  // namespace

void derived_envoy(const Json& file, Report& report) {
    if (file.contains("envoy_rendezvous")) rendezvous(file["envoy_rendezvous"], report);
    if (file.contains("envoy_hash_policy")) hash_policy(file["envoy_hash_policy"], report);
    for (const auto& row : file.value("xxh64", Json::array())) {
        const auto text = row.at(0).get<std::string>();
        report.equal("xxh64 \"" + text + '"', row, {text, lb::hash_of(text), lb::hash_of(text, 1)});
    }
}

}  // namespace conformance
