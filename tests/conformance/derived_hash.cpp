#include "balancer/hashing/jump.hpp"
#include "conformance/families.hpp"

namespace conformance {

void derived_hash(const Json& file, Report& report) {
    const auto section = file.find("jump_hash");
    if (section == file.end()) return;
    for (const auto& row : section->at("rows_key_buckets_bucket")) {
        const auto key = row.at(0).get<std::uint64_t>();
        const auto buckets = row.at(1).get<std::uint32_t>();
        report.equal("jump_hash of " + row.at(0).dump() + ", " + row.at(1).dump() + " buckets",
                     row.at(2), lb::jump_hash(key, buckets));
    }
}

}  // namespace conformance
