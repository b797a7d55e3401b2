#include "balancer/hashing/ketama.hpp"

#include <array>
#include <vector>

#include "balancer/policies/ketama/ketama.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

/// The ring's first points and how many each server has.
void points(const Json& c, Report& report) {
    std::vector<lb::KetamaRing::Server> servers;
    for (const auto& s : c.at("servers"))
        servers.push_back({s.at(0).get_ref<const std::string&>(), s.at(1).get<std::uint64_t>()});
    lb::KetamaRing ring;
    ring.build(servers);
    const auto what = c.at("servers").dump() + ": ";
    std::vector<std::size_t> each(servers.size());
    Json first = Json::array();
    for (const auto& p : ring.points()) {
        ++each[p.server];
        if (first.size() < c.at("first_points").size()) first.push_back({p.hash, p.server});
    }
    report.equal(what + "points", c.at("points_total"), ring.points().size());
    report.equal(what + "points of each", c.at("points_per_server"), each);
    report.equal(what + "first points", c.at("first_points"), first);
}

void ketama(const Json& file, Report& report) {
    using lb::ketama::Ketama;
    for (const auto& c : file.at("cases")) {
        points(c, report);
        Rig rig{std::make_unique<Ketama>(Ketama::Config{})};
        for (const auto& s : c.at("servers"))
            rig.add({.name = s.at(0).get<std::string>()}, s.at(1).get<double>());
        for (const auto& row : c.at("map")) {
            const auto key = row.at(0).get<std::string>();
            report.equal(c.at("servers").dump() + ": key " + key, row,
                         Json{key, lb::ketama_hash(key), rig.pick({.key = key})});
        }
    }
}

constexpr std::array<Family, 1> kFamilies{{{"libketama", ketama}}};

}  // namespace

std::span<const Family> ketama_families() { return kFamilies; }

}  // namespace conformance
