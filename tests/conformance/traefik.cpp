#include <array>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "balancer/policies/traefik/hrw.hpp"
#include "balancer/policies/traefik/leasttime.hpp"
#include "balancer/policies/traefik/wrr.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

using namespace lb::traefik;

/// Servers named by their numbers; those of weight 0 Traefik leaves out.
struct Servers {
    Servers(std::unique_ptr<lb::Policy> policy, const Json& weights, const Json* names = nullptr)
        : rig{std::move(policy)} {
        for (std::size_t i = 0; i != weights.size(); ++i) {
            places.push_back(rig.size());
            if (weights[i].get<double>() <= 0) continue;
            auto name = names == nullptr ? std::to_string(i) : names->at(i).get<std::string>();
            rig.add({.name = std::move(name)}, weights[i].get<double>());
            numbers.push_back(static_cast<int>(i));
        }
    }
    int number(const std::optional<lb::Ticket>& ticket) const {
        return ticket ? numbers[static_cast<std::size_t>(rig.number(ticket))] : -1;
    }
    lb::BackendId id(std::size_t server) const { return rig.id(places.at(server)); }

    Rig rig;
    std::vector<int> numbers;         // By place in the rig.
    std::vector<std::size_t> places;  // By number.
};

/// The servers that change before that pick: {"0": 6}.
void at_pick(const Json& c, const char* when, std::size_t pick,
             const std::function<void(std::size_t)>& change) {
    if (!c.contains(when) || c.at(when).is_null()) return;
    for (const auto& [server, at] : c.at(when).items())
        if (at.get<std::size_t>() == pick) change(std::stoul(server));
}

void wrr(const Json& c, Report& report) {
    Servers servers{std::make_unique<Wrr>(Wrr::Config{}), c.at("weights")};
    auto& rig = servers.rig;
    Json out = Json::array();
    for (std::size_t i = 0; i != c.at("picks").size(); ++i) {
        at_pick(c, "down_at", i, [&](std::size_t server) {
            rig.fleet.exclude(servers.id(server), lb::Exclusion::Down, rig.now);
        });
        at_pick(c, "up_at", i, [&](std::size_t server) {
            rig.fleet.admit(servers.id(server), lb::Exclusion::Down, rig.now);
        });
        const auto ticket = rig.send();
        out.push_back(std::to_string(servers.number(ticket)));
        if (ticket) rig.done(*ticket);
    }
    report.equal("wrr " + c.at("weights").dump(), c.at("picks"), out);
}

void least_time(const Json& c, Report& report) {
    Servers servers{std::make_unique<LeastTime>(LeastTime::Config{}), c.at("weights")};
    std::vector<std::deque<lb::Ticket>> open(c.at("weights").size());
    Json out = c.at("ops");
    for (auto& op : out) {
        if (op.at(0) == "pick") {
            const auto ticket = servers.rig.send();
            const int number = servers.number(ticket);
            op[1] = std::to_string(number);
            if (ticket) open[static_cast<std::size_t>(number)].push_back(*ticket);
            continue;
        }
        auto& tickets = open.at(std::stoul(op.at(1).get<std::string>()));
        if (tickets.empty()) {  // An earlier pick was another.
            op.push_back("none open");
            continue;
        }
        servers.rig.done(tickets.front(),
                         {.first_byte = lb::duration_of(op.at(2).get<double>() / 1000)});
        tickets.pop_front();
    }
    report.equal("leasttime " + c.at("weights").dump(), c.at("ops"), out);
}

void hrw(const Json& c, Report& report) {
    Servers servers{std::make_unique<Hrw>(Hrw::Config{}), c.at("weights"), &c.at("names")};
    for (const auto& row : c.at("map")) {
        const auto key = row.at(0).get<std::string>();
        const auto ticket = servers.rig.send({.key = key});
        if (ticket) servers.rig.done(*ticket);
        report.equal("hrw " + c.at("names").dump() + ", weights " + c.at("weights").dump(), row,
                     Json{key, servers.number(ticket)});
    }
}

void traefik(const Json& file, Report& report) {
    const auto each = [&](const char* section, auto run) {
        if (!file.contains(section)) return;
        for (const auto& c : file.at(section)) run(c, report);
    };
    each("wrr", wrr);
    each("leasttime", least_time);
    each("hrw", hrw);
}

constexpr std::array<Family, 1> kFamilies{{{"traefik", traefik}}};

}  // namespace

std::span<const Family> traefik_families() { return kFamilies; }

}  // namespace conformance
