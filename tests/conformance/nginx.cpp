#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "balancer/policies/nginx/hash.hpp"
#include "balancer/policies/nginx/hash_consistent.hpp"
#include "balancer/policies/nginx/ip_hash.hpp"
#include "balancer/policies/nginx/least_conn.hpp"
#include "balancer/policies/nginx/least_time.hpp"
#include "balancer/policies/nginx/random.hpp"
#include "balancer/policies/nginx/random_two.hpp"
#include "balancer/policies/nginx/round_robin.hpp"
#include "balancer/policies/round_robin.hpp"
#include "conformance/families.hpp"
#include "conformance/nginx_layer7.hpp"
#include "conformance/rig.hpp"
#include "support/chi_square.hpp"

namespace conformance {
namespace {

namespace nginx = lb::nginx;

template <class P>
std::unique_ptr<lb::Policy> made(typename P::Config config = {}) {
    return std::make_unique<P>(config);
}

// ---- nginx-smooth-wrr

void smooth_wrr(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto what = "weights " + c.at("weights").dump();
        const auto& expected = c.at("picks");
        Rig letter{made<nginx::RoundRobin>()}, ours{made<lb::RoundRobin>()};
        letter.add_all(c.at("weights"));
        ours.add_all(c.at("weights"));
        report.equal("nginx/round_robin, " + what, expected, picks(letter, expected.size()));
        report.equal("round_robin, " + what, expected, picks(ours, expected.size()));
    }
}

// ---- nginx-wrr-failures

/// "10", "10s", "1m", "500ms", as nginx writes times.
lb::Duration nginx_time(std::string_view text) {
    const auto unit = text.find_first_not_of("0123456789");
    const auto number = std::stoll(std::string{text.substr(0, unit)});
    const auto word = unit == text.npos ? "s" : text.substr(unit);
    if (word == "ms") return std::chrono::milliseconds{number};
    if (word == "m") return std::chrono::minutes{number};
    if (word == "h") return std::chrono::hours{number};
    return std::chrono::seconds{number};
}

/// A line "server NAME ...;" of an upstream.
struct Server {
    lb::Backend backend;
    double weight = 1;
    bool backup = false, down = false, dead = false;

    Server(const Json& json, std::size_t number) {
        backend.name = "s" + std::to_string(number);
        weight = json.value("w", 1.0);
        dead = json.value("dead", 0) != 0;
        std::string options = json.value("opt", "") + " ";
        for (std::size_t at = 0, end; (end = options.find(' ', at)) != options.npos; at = end + 1)
            read(std::string_view{options}.substr(at, end - at));
    }
    void read(std::string_view option) {
        const auto equals = std::min(option.find('='), option.size());
        const auto name = option.substr(0, equals);
        const auto value = option.substr(std::min(equals + 1, option.size()));
        if (name == "backup") backup = true;
        if (name == "down") down = true;
        if (name == "max_fails") backend.max_fails = std::stoll(std::string{value});
        if (name == "fail_timeout") backend.fail_timeout = nginx_time(value);
        if (name == "weight") weight = std::stod(std::string{value});
        if (name == "max_conns" && value != "0")
            backend.max_in_flight = static_cast<std::uint32_t>(std::stoul(std::string{value}));
    }
};

/// The primaries or the backups of an upstream, each with turns of their own.
struct Level {
    Rig rig;
    std::vector<std::size_t> numbers{};  // Of the servers, in the order of the upstream.
    explicit Level(bool backups) : rig{made<nginx::RoundRobin>({.backups = backups})} {}
};

/// One request: the status, and whom it tried.
Json tried(std::array<Level*, 2> levels, const std::vector<Server>& servers) {
    Json out = Json::array();
    for (auto* level : levels) {
        std::vector<lb::BackendId> before;
        while (const auto ticket = level->rig.send({.tried = before})) {
            const auto number = level->numbers[static_cast<std::size_t>(level->rig.number(ticket))];
            out.push_back(number);
            const bool dead = servers[number].dead;
            const auto end = dead ? lb::Response::End::Refused : lb::Response::End::Complete;
            level->rig.done(*ticket, {.end = end});
            if (!dead) return {200, out};
            before.push_back(ticket->backend);
        }
    }
    return {502, out};
}

void wrr_failures(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        std::vector<Server> servers;
        bool backups = false;
        for (const auto& server : c.at("servers")) {
            servers.emplace_back(server, servers.size());
            backups = backups || servers.back().backup;
        }
        Level primary{backups}, backup{backups};
        for (std::size_t i = 0; i != servers.size(); ++i) {
            auto& level = servers[i].backup ? backup : primary;
            level.numbers.push_back(i);
            level.rig.add(servers[i].backend, servers[i].weight);
            if (servers[i].down)
                level.rig.fleet.exclude(level.rig.id(level.rig.size() - 1), lb::Exclusion::Down,
                                        level.rig.now);
        }
        Json got = Json::array();
        for (std::size_t i = 0; i != c.at("results").size(); ++i)
            got.push_back(tried({&primary, &backup}, servers));
        report.equal("servers " + c.at("servers").dump(), c.at("results"), got);
    }
}

// ---- nginx-least-conn, nginx-least-time

void least_conn(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{made<nginx::LeastConn>()};
        rig.add_all(c.at("weights"));
        report.equal("weights " + c.at("weights").dump(), c.at("ops"), played(rig, c.at("ops")));
    }
}

void least_time(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto mode = c.at("mode").get<std::string>();
        nginx::LeastTime::Config config;
        config.mode = mode.starts_with("header") ? nginx::LeastTime::Mode::Header
                                                 : nginx::LeastTime::Mode::LastByte;
        config.inflight = mode.find("inflight") != mode.npos;
        Rig rig{made<nginx::LeastTime>(config)};
        rig.add_all(c.at("weights"));
        Json got = c.at("ops");
        for (auto& op : got) {
            const auto what = op.at(0).get<std::string>();
            if (what == "h") op[2] = rig.hold(op.at(1).get<int>());
            if (what == "r") rig.release(op.at(1).get<int>());
            if (what != "n") continue;
            const auto ticket = rig.send();
            op[1] = rig.number(ticket);
            if (!ticket) continue;
            const std::chrono::duration<double, std::milli> latency{
                c.at("backend_latency_ms").at(op[1].get<std::size_t>()).get<double>()};
            const auto took = lb::duration_of(latency.count() * 1e-3);
            rig.now += took;
            rig.done(*ticket, {.first_byte = took});
        }
        report.equal(mode + ", weights " + c.at("weights").dump(), c.at("ops"), got);
    }
}

// ---- nginx-ip-hash, nginx-hash-mod, nginx-hash-consistent

/// The octets of "192.0.2.1" or "2001:db8::1".
lb::Address address(const std::string& text) {
    lb::Address out;
    if (text.find(':') == text.npos) {
        std::size_t at = 0;
        for (out.size = 0; out.size != 4; ++out.size) {
            out.bytes[out.size] = static_cast<std::uint8_t>(std::stoi(text.substr(at)));
            at = text.find('.', at) + 1;
        }
        return out;
    }
    out.size = 16;
    std::vector<unsigned> groups;
    std::size_t gap = 8;  // How many groups stand before "::".
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ':') {
            if (at + 1 < text.size() && text[at + 1] == ':') gap = groups.size();
            ++at;
            continue;
        }
        std::size_t digits = 0;
        const auto dot = text.find('.', at);
        if (dot != text.npos && text.find(':', at) == text.npos) {  // ::ffff:192.0.2.1
            const auto v4 = address(text.substr(at)).bytes;
            groups.push_back(v4[0] * 256u + v4[1]);
            groups.push_back(v4[2] * 256u + v4[3]);
            break;
        }
        groups.push_back(static_cast<unsigned>(std::stoul(text.substr(at), &digits, 16)));
        at += digits;
    }
    for (std::size_t i = 0; i != groups.size(); ++i) {
        const auto place = i < gap ? i : 8 - groups.size() + i;
        out.bytes[2 * place] = static_cast<std::uint8_t>(groups[i] >> 8);
        out.bytes[2 * place + 1] = static_cast<std::uint8_t>(groups[i]);
    }
    return out;
}

template <class P>
void map_of_keys(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{made<P>()};
        for (const auto& server : c.at("servers")) {
            rig.add({.name = server.at("name").get<std::string>()}, server.value("weight", 1.0));
            if (server.value("down", false))
                rig.fleet.exclude(rig.id(rig.size() - 1), lb::Exclusion::Down, rig.now);
        }
        for (const auto& row : c.at("map")) {
            const auto key = row.at(0).get<std::string>();
            const bool by_address = std::is_same_v<P, nginx::IpHash>;
            const auto client = by_address ? address(key) : lb::Address{};
            report.equal(key + " of " + c.at("servers").dump(), row.at(1),
                         rig.pick({.key = key, .client = client}));
        }
    }
}

// ---- nginx-random

void random(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto method = c.at("method").get<std::string>();
        const bool two = method.starts_with("random two");
        Rig rig{two ? made<nginx::RandomTwo>() : made<nginx::Random>()};
        rig.add_all(c.at("weights"));
        std::vector<double> expected(rig.size()), got(rig.size());
        double total = 0;
        for (std::size_t i = 0; i != rig.size(); ++i)
            total += expected[i] = c.at("counts").value(std::to_string(i), 0.0);
        // Without a number of requests, all that were counted are held.
        const bool held = !c.contains("requests");
        for (int i = 0; i < total; ++i) {
            const int picked = held ? rig.hold(i) : rig.pick();
            if (picked >= 0) ++got[static_cast<std::size_t>(picked)];
        }
        report.holds(method + ", weights " + c.at("weights").dump(),
                     lbtest::homogeneity(expected, got).p_value >= 1e-6, Json(expected).dump(),
                     Json(got).dump());
    }
}

constexpr std::array<Family, 10> kFamilies{{
    {"nginx-smooth-wrr", smooth_wrr},
    {"nginx-wrr-failures", wrr_failures},
    {"nginx-least-conn", least_conn},
    {"nginx-least-time", least_time},
    {"nginx-ip-hash", map_of_keys<nginx::IpHash>},
    {"nginx-hash-mod", map_of_keys<nginx::Hash>},
    {"nginx-hash-consistent", map_of_keys<nginx::HashConsistent>},
    {"nginx-random", random},
    {"nginx-sticky-cookie", nginx_sticky_cookie},
    {"nginx-routing", nginx_routing},
}};

}  // namespace

std::span<const Family> nginx_families() { return kFamilies; }

}  // namespace conformance
