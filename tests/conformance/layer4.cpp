#include <array>
#include <map>
#include <memory>
#include <string>

#include "balancer/policies/haproxy/least_connections.hpp"
#include "balancer/policies/haproxy/round_robin.hpp"
#include "balancer/policies/nginx/least_conn.hpp"
#include "balancer/policies/nginx/round_robin.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

template <class P>
std::unique_ptr<lb::Policy> made() {
    return std::make_unique<P>(typename P::Config{});
}

// The policy of a run, by the line that configured the program; null if we know no such line.
std::unique_ptr<lb::Policy> policy_of(const std::string& run, const std::string& line) {
    const bool least = line.find("least") != std::string::npos;
    if (!least && !line.empty()) return nullptr;
    if (run.rfind("haproxy", 0) == 0)
        return least ? made<lb::haproxy::LeastConnections>() : made<lb::haproxy::RoundRobin>();
    return least ? made<lb::nginx::LeastConn>() : made<lb::nginx::RoundRobin>();
}

/// Clients' connections through a balancer: at layer 4 each is one ticket for as long as it is
/// open; at layer 7 each request is one.
class Connections {
public:
    Connections(Rig& rig, bool layer4) : rig_{rig}, layer4_{layer4} {}

    /// One row of a log, with the backend that we send it to.
    Json play(Json row) {
        const auto what = row.at(0).get<std::string>();
        const auto connection = row.at(1).get<std::string>();
        if (what == "close") {
            if (const auto open = open_.find(connection); open != open_.end()) {
                rig_.done(open->second);
                open_.erase(open);
            }
            return row;
        }
        auto& backend = row.at(what == "open" ? 3 : 2);
        if (!layer4_) {
            backend = rig_.pick();
        } else if (const auto open = open_.find(connection); open != open_.end()) {
            backend = rig_.number(open->second);
        } else {
            const auto ticket = rig_.send();
            if (ticket) open_.emplace(connection, *ticket);
            backend = rig_.number(ticket);
        }
        return row;
    }

private:
    Rig& rig_;
    bool layer4_;
    std::map<std::string, lb::Ticket> open_;
};

void pinning(const Json& file, Report& report) {
    for (const auto& [run, cases] : file.at("runs").items())
        for (const auto& c : cases) {
            const auto what = run + " \"" + c.at("algo").get<std::string>() + "\" weights " +
                              c.at("weights").dump();
            auto policy = policy_of(run, c.at("algo").get<std::string>());
            if (policy == nullptr) {
                report.holds(what, false, "a line that we know", "another");
                continue;
            }
            Rig rig{std::move(policy)};
            rig.add_all(c.at("weights"));
            Connections connections{rig, run.find("http") == std::string::npos};
            Json got = Json::array();
            for (const auto& row : c.at("log")) got.push_back(connections.play(row));
            report.equal(what, c.at("log"), got);
        }
}

constexpr std::array<Family, 1> kFamilies{{{"l4-pinning", pinning}}};

}  // namespace

std::span<const Family> layer4_families() { return kFamilies; }

}  // namespace conformance
