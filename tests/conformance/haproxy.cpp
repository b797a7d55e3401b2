#include "conformance/haproxy.hpp"

#include <array>
#include <set>
#include <string>

#include "balancer/policies/haproxy/first.hpp"
#include "balancer/policies/haproxy/least_connections.hpp"
#include "balancer/policies/haproxy/round_robin.hpp"
#include "balancer/policies/haproxy/static_round_robin.hpp"
#include "balancer/slow_start.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

namespace haproxy = lb::haproxy;

// ---- haproxy-roundrobin, haproxy-static-rr

template <class P>
void turns(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{haproxy_policy<P>()};
        rig.add_all(c.at("weights"));
        const auto& expected = c.at("picks");
        report.equal("weights " + c.at("weights").dump(), expected, picks(rig, expected.size()));
    }
}

// ---- haproxy-dynamic

/// What the stats socket of HAProxy changes.
class Socket {
public:
    explicit Socket(Rig& rig) : rig_{rig} {}

    /// One row of a log; returns it with the pick that we make.
    Json play(const Json& row) {
        const auto what = row.at(0).get<std::string>();
        if (what == "req") return {what, rig_.pick()};
        const auto number = row.at(1).get<std::size_t>();
        const auto id = rig_.id(number);
        if (what == "weight") set_weight(number, row.at(2).get<double>());
        if (what == "maint") rig_.fleet.exclude(id, lb::Exclusion::Down, rig_.now);
        if (what == "drain") rig_.fleet.exclude(id, lb::Exclusion::Draining, rig_.now);
        if (what == "ready") {
            rig_.fleet.admit(id, lb::Exclusion::Down, rig_.now);
            if (weightless_.count(number) == 0)
                rig_.fleet.admit(id, lb::Exclusion::Draining, rig_.now);
        }
        return row;
    }

private:
    /// Weight 0 drains.
    void set_weight(std::size_t number, double weight) {
        const auto id = rig_.id(number);
        if (weight == 0) {
            weightless_.insert(number);
            return rig_.fleet.exclude(id, lb::Exclusion::Draining, rig_.now);
        }
        rig_.fleet.set_weight(id, weight, rig_.now);
        if (weightless_.erase(number) != 0) rig_.fleet.admit(id, lb::Exclusion::Draining, rig_.now);
    }

    Rig& rig_;
    std::set<std::size_t> weightless_;
};

std::unique_ptr<lb::Policy> of_algorithm(const std::string& name) {
    if (name == "static-rr") return haproxy_policy<haproxy::StaticRoundRobin>();
    if (name == "leastconn") return haproxy_policy<haproxy::LeastConnections>();
    if (name == "first") return haproxy_policy<haproxy::First>();
    return haproxy_policy<haproxy::RoundRobin>();
}

void dynamic(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto algorithm = c.at("algo").get<std::string>();
        Rig rig{of_algorithm(algorithm)};
        rig.add_all(c.at("weights"));
        Socket socket{rig};
        Json got = Json::array();
        for (const auto& row : c.at("log")) got.push_back(socket.play(row));
        report.equal(algorithm + ", weights " + c.at("weights").dump(), c.at("log"), got);
    }
}

// ---- haproxy-leastconn, haproxy-first

void least_connections(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{haproxy_policy<haproxy::LeastConnections>()};
        rig.add_all(c.at("weights"));
        report.equal("weights " + c.at("weights").dump(), c.at("ops"), played(rig, c.at("ops")));
    }
}

void first(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Rig rig{haproxy_policy<haproxy::First>()};
        const auto& most = c.at("maxconn");
        for (std::size_t i = 0; i != most.size(); ++i) {
            lb::Backend backend{.name = "s" + std::to_string(i)};
            if (c.contains("ids")) backend.number = c.at("ids").at(i).get<std::uint32_t>();
            if (most.at(i).get<std::uint32_t>() != 0)  // 0: no limit.
                backend.max_in_flight = most.at(i).get<std::uint32_t>();
            rig.add(std::move(backend));
        }
        report.equal("maxconn " + most.dump(), c.at("ops"), played(rig, c.at("ops")));
    }
}

// ---- haproxy-slowstart

void slow_start(const Json& file, Report& report) {
    const auto weight = file.at("weight").get<std::uint32_t>();
    const auto window = std::chrono::seconds{file.at("slowstart_s").get<int>()};
    for (const auto& sample : file.at("samples")) {
        const auto elapsed = lb::duration_of(sample.at(0).get<double>());
        const auto effective = haproxy::slow_start(weight, elapsed, window);
        Json got = sample;
        got[1] = std::to_string(haproxy::shown_weight(effective));
        got[3] = elapsed >= window ? std::string{}
                                   : std::to_string(haproxy::shown_throttle(effective, weight));
        report.equal("slowstart", sample, got);
    }
}

constexpr std::array<Family, 14> kFamilies{{
    {"haproxy-bounded-load", haproxy_bounded_load},
    {"haproxy-cookie", haproxy_cookie},
    {"haproxy-dynamic", dynamic},
    {"haproxy-first", first},
    {"haproxy-hash-key", haproxy_hash},
    {"haproxy-leastconn", least_connections},
    {"haproxy-random", haproxy_random},
    {"haproxy-retry-redispatch", haproxy_retry_redispatch},
    {"haproxy-roundrobin", turns<haproxy::RoundRobin>},
    {"haproxy-routing", haproxy_routing},
    {"haproxy-slowstart", slow_start},
    {"haproxy-source", haproxy_hash},
    {"haproxy-static-rr", turns<haproxy::StaticRoundRobin>},
    {"haproxy-uri", haproxy_hash},
}};

}  // namespace

std::span<const Family> haproxy_families() { return kFamilies; }

}  // namespace conformance
