// Holds the library against recorded behaviour: conformance FILE...
//
// Prints each case in which it does something else, and last "N passed, N failed".  Exit status: 0
// if none failed, 1 if any did, 2 for a file that cannot be read or a family that is not known.

#include <cstdio>
#include <fstream>
#include <initializer_list>

#include "conformance/families.hpp"

namespace {

using conformance::Json;

const conformance::Family* find(std::string_view name) {
    using namespace conformance;
    for (const auto families :
         {black_hole_families(), breaker_families(), derived_families(), envoy_families(),
          grpc_families(), haproxy_families(), health_families(), ipvs_families(),
          katran_families(), ketama_families(), layer4_families(), limit_families(),
          nginx_families(), outlier_families(), safety_families(), traefik_families()})
        for (const auto& family : families)
            if (family.name == name) return &family;
    return nullptr;
}

int mistake(const char* file, const std::string& message) {
    std::fprintf(stderr, "conformance: error: %s: %s\n", file, message.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: conformance FILE...\n", stderr);
        return 2;
    }
    unsigned long long passed = 0, failed = 0;
    for (int i = 1; i != argc; ++i) {
        std::ifstream in{argv[i]};
        if (!in) return mistake(argv[i], "cannot be read");
        try {
            const auto file = Json::parse(in);
            const auto name = file.at("family").get<std::string>();
            const auto* family = find(name);
            if (family == nullptr) return mistake(argv[i], "unknown family \"" + name + '"');
            conformance::Report report{argv[i]};
            family->run(file, report);
            passed += report.passed();
            failed += report.failed();
        } catch (const Json::exception& error) { return mistake(argv[i], error.what()); }
    }
    std::printf("%llu passed, %llu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
