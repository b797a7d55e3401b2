#pragma once

#include <span>
#include <string_view>

#include "conformance/report.hpp"

namespace conformance {

/// Drives the library with the cases of one file.  Throws Json::exception if the file does not have
/// the family's shape.
using Runner = void (*)(const Json& file, Report& report);

/// What a file's "family" says, and who runs it.
struct Family {
    std::string_view name;
    Runner run;
};

// Each program's families are in the source file of its name.
std::span<const Family> black_hole_families();
std::span<const Family> breaker_families();
std::span<const Family> derived_families();
std::span<const Family> envoy_families();
std::span<const Family> grpc_families();
std::span<const Family> haproxy_families();
std::span<const Family> health_families();
std::span<const Family> katran_families();
std::span<const Family> ketama_families();
std::span<const Family> ipvs_families();
std::span<const Family> layer4_families();
std::span<const Family> limit_families();
std::span<const Family> nginx_families();
std::span<const Family> outlier_families();
std::span<const Family> safety_families();
std::span<const Family> traefik_families();

// Parts of the family "derived-misc": those sections that the file has.
void derived_envoy(const Json& file, Report& report);
void derived_hash(const Json& file, Report& report);
void derived_jvm(const Json& file, Report& report);
void derived_probe(const Json& file, Report& report);

}  // namespace conformance
