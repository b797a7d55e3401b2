#include "conformance/nginx_layer7.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policies/nginx/round_robin.hpp"
#include "balancer/routes/nginx.hpp"
#include "balancer/sticky/nginx.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

namespace nginx = lb::nginx;

// ---- nginx-sticky-cookie

/// A Set-Cookie without the date on which it expires: "srv_id=1; max-age=3600; path=/".
std::string undated(std::string text) {
    const auto from = text.find("; expires=");
    if (from == text.npos) return text;
    return text.erase(from, text.find(';', from + 1) - from);
}

/// Round robin with a cookie before it.
class StickyRig {
public:
    Rig rig;

    explicit StickyRig(nginx::StickyCookie::Config config)
        : StickyRig{new nginx::RoundRobin{{}}, std::move(config)} {}

    void add(const std::string& name, double weight, const std::string& route = {}) {
        rig.add({.name = name}, weight);
        values_.push_back(nginx::StickyCookie::value(name, route));
        cookie_.on_added(rig.id(rig.size() - 1), values_.back());
    }
    /// [what was sent, who got it, the cookie it set]
    Json request(const std::string& sent, const std::string& cookie) {
        const auto id = cookie_.find(cookie);
        int number = -1;
        if (id && rig.fleet.is_eligible(*id)) {
            lb::Rng rng{1};
            std::vector<lb::Ask> asks;
            policy_.on_sticky(*id, {rig.balancer.view(), {}, rig.now, rng, asks});
            policy_.on_sent(*id, rig.now);
            policy_.on_done(*id, {}, rig.now);
            number = rig.number(lb::Ticket{.backend = *id});
        } else {
            number = rig.pick();
        }
        if (number < 0) return {sent, number, nullptr};
        return {sent, number, cookie_.set_cookie(values_[static_cast<std::size_t>(number)])};
    }

private:
    StickyRig(lb::Policy* policy, nginx::StickyCookie::Config config)
        : rig{std::unique_ptr<lb::Policy>{policy}}, policy_{*policy}, cookie_{std::move(config)} {}

    lb::Policy& policy_;  // The rig's.
    nginx::StickyCookie cookie_;
    std::vector<std::string> values_;
};

/// As many columns as were recorded.
Json cut(Json got, std::size_t columns) {
    while (got.size() > columns) got.erase(got.size() - 1);
    return got;
}

Json undated_row(Json row) {
    if (row.size() > 2) row[2] = undated(row[2].get<std::string>());
    return row;
}

std::string address(std::size_t number) { return "127.0.0.1:" + std::to_string(39101 + number); }

void by_address(const Json& c, Report& report) {
    StickyRig sticky{{.expires = std::chrono::hours{1}, .attributes = {"path=/"}}};
    for (std::size_t i = 0; i != c.at("weights").size(); ++i)
        sticky.add(address(i), c.at("weights").at(i).get<double>());
    Json expected = Json::array(), got = Json::array();
    for (const auto& row : c.at("log")) {
        const auto sent = row.at(0).get<std::string>();
        const bool names = sent.size() > 1 && sent[0] == 'c';
        const auto cookie = names ? nginx::StickyCookie::value(address(std::stoul(sent.substr(1))))
                            : sent == "-" ? std::string{}
                                          : sent;
        expected.push_back(undated_row(row));
        got.push_back(cut(sticky.request(sent, cookie), row.size()));
    }
    report.equal("weights " + c.at("weights").dump(), expected, got);
}

void by_route(const Json& rows, Report& report) {
    StickyRig sticky{{.name = "route"}};
    for (const char* route : {"alpha", "beta", "gamma"})
        sticky.add(address(sticky.rig.size()), 1, route);
    sticky.rig.fleet.exclude(sticky.rig.id(2), lb::Exclusion::Down, sticky.rig.now);
    for (const auto& row : rows) {
        const auto sent = row.at(0).get<std::string>();
        report.equal("route " + sent, undated_row(row),
                     cut(sticky.request(sent, sent == "-" ? std::string{} : sent), row.size()));
    }
}

// ---- nginx-routing

nginx::Routes routes(const Json& servers) {
    std::vector<nginx::Routes::Server> out;
    for (const auto& json : servers) {
        nginx::Routes::Server server;
        server.name = json.at("name").get<std::string>();
        std::istringstream names{json.value("server_name", "")};
        for (std::string name; names >> name;) server.names.push_back(name == "\"\"" ? "" : name);
        server.default_server = json.value("default_server", false);
        for (const auto& location : json.at("locations"))
            server.locations.push_back(
                {location.at(0).get<std::string>(), location.at(1).get<std::string>()});
        out.push_back(std::move(server));
    }
    return nginx::Routes{std::move(out)};
}

}  // namespace

void nginx_sticky_cookie(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) by_address(c, report);
    if (file.contains("route_case")) by_route(file.at("route_case"), report);
}

void nginx_routing(const Json& file, Report& report) {
    const auto table = routes(file.at("servers"));
    report.equal("problems", 0, table.problems().size());
    for (const auto& row : file.at("results")) {
        const auto host = row.at(0).get<std::string>(), path = row.at(1).get<std::string>();
        const auto found = table.find(host, path);
        int status = 400;
        Json answer = row.at(2);  // Of a refusal only the status tells.
        if (found) status = found->location ? 200 : 404;
        if (status == 200) {
            const auto& server = table.servers()[found->server];
            answer = server.name + ":" + server.locations[*found->location].name;
        }
        report.equal(host + " " + path, row, {host, path, answer, status});
    }
}

}  // namespace conformance
