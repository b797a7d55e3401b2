#include "balancer/hashing/katran.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "conformance/families.hpp"

namespace conformance {
namespace {

namespace katran_ring = lb::katran_ring;

/// FNV-1a, but of whole entries; from the basis that the file states.
std::string digest(const std::vector<std::uint32_t>& ring) {
    std::uint64_t hash = 1469598103934665603u;
    for (const auto entry : ring) hash = (hash ^ entry) * 1099511628211u;
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

void maglev(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto size = c.at("ring_size").get<std::uint32_t>();
        std::vector<katran_ring::Endpoint> endpoints;
        std::vector<std::uint32_t> numbers;
        Json orders = Json::array();
        for (const auto& e : c.at("endpoints")) {
            numbers.push_back(e.at(0).get<std::uint32_t>());
            endpoints.push_back({e.at(2).get<std::uint64_t>(), e.at(1).get<std::uint32_t>()});
            const auto order = katran_ring::order_of(endpoints.back().hash, size);
            orders.push_back({order.offset, order.skip});
        }
        const auto what =
            "ring of " + std::to_string(size) + ", " + c.at("endpoints").dump() + ": ";
        if (c.contains("perm_offset_skip"))
            report.equal(what + "offset and skip", c.at("perm_offset_skip"), orders);
        for (const auto version : {katran_ring::Version::V1, katran_ring::Version::V2}) {
            const std::string v = version == katran_ring::Version::V1 ? "v1_" : "v2_";
            if (!c.contains(v + "first")) continue;
            auto ring = katran_ring::build(endpoints, size, version);
            std::vector<std::uint32_t> counts(endpoints.size());
            for (auto& entry : ring) ++counts[entry], entry = numbers[entry];
            report.equal(what + v + "counts", c.at(v + "counts"), counts);
            const auto first = std::min(c.at(v + "first").size(), ring.size());
            report.equal(what + v + "first", c.at(v + "first"),
                         std::vector(ring.begin(), ring.begin() + static_cast<long>(first)));
            report.equal(what + v + "digest", c.at(v + "fnv1a64_of_ring"), digest(ring));
        }
    }
}

constexpr std::array<Family, 1> kFamilies{{{"katran-maglev", maglev}}};

}  // namespace

std::span<const Family> katran_families() { return kFamilies; }

}  // namespace conformance
