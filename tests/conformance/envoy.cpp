#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "balancer/edf.hpp"
#include "balancer/hashing/bounded_probe.hpp"
#include "balancer/policies/envoy/maglev.hpp"
#include "balancer/policies/envoy/ring_hash.hpp"
#include "balancer/priorities.hpp"
#include "balancer/slow_start.hpp"
#include "conformance/families.hpp"
#include "conformance/rig.hpp"

namespace conformance {
namespace {

using lb::BackendId;
using lb::NamedShare;
using lb::envoy::MaglevHosts;
using lb::envoy::RingHosts;

std::vector<double> normalized(const Json& weights) {
    auto out = weights.get<std::vector<double>>();
    const double sum = std::accumulate(out.begin(), out.end(), 0.0);
    for (double& w : out) w /= sum;
    return out;
}

/// The shares of a case, with names that it owns.
struct Shares {
    explicit Shares(const Json& c) : names{c.at("keys").get<std::vector<std::string>>()} {
        const auto shares = c.contains("normalized") ? c["normalized"].get<std::vector<double>>()
                                                     : normalized(c.at("weights"));
        for (std::uint32_t i = 0; i != names.size(); ++i)
            all.push_back({names[i], BackendId{i}, shares.at(i)});
    }
    std::vector<std::string> names;
    std::vector<NamedShare> all;
};

Json numbers(std::size_t places, const auto& table) {
    Json out = Json::array();
    for (std::size_t i = 0; i != places; ++i) out.push_back(index(table.owner(i)));
    return out;
}
Json counts(const Json& owners, std::size_t backends) {
    std::vector<std::uint64_t> out(backends);
    for (const auto& owner : owners) ++out[owner.get<std::size_t>()];
    return out;
}
Json first(const Json& all, std::size_t n) {
    return Json(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(n, all.size())));
}
std::uint64_t fnv1a(const Json& owners) {
    std::uint64_t hash = 1469598103934665603u;
    for (const auto& owner : owners) hash = (hash ^ owner.get<std::uint64_t>()) * 0x100000001b3u;
    return hash;
}

MaglevHosts::Config maglev_config(const Json& c) {
    return {.table_size = c.value("table_size", std::int64_t{65537})};
}
RingHosts::Config ring_config(const Json& c) {
    RingHosts::Config config;
    config.minimum_ring_size = c.value("min_ring", config.minimum_ring_size);
    config.maximum_ring_size = c.value("max_ring", config.maximum_ring_size);
    if (c.value("hash", "").starts_with("murmur"))
        config.hash_function = lb::RingScale::Hash::Murmur2;
    return config;
}
Json ring_rows(const RingHosts& ring) {
    Json out = Json::array();
    for (const auto& p : ring.points()) out.push_back({p.hash, index(p.backend)});
    return out;
}

// ---- Tables that Envoy's unit tests assert

void maglev_test(const Json& c, Report& report) {
    const auto what = "maglev " + c.at("keys").dump() + " of " + c.at("table_size").dump();
    const Shares shares{c};
    MaglevHosts table{maglev_config(c)};
    table.build(shares.all);
    report.equal(what, c.at("table"), numbers(c.at("table").size(), table));
    if (!c.contains("retry")) return;
    for (const auto& [key, expected] : c["retry"].items()) {
        if (!key.starts_with("attempt")) continue;
        const auto place = table.find(c["retry"].at("hash"), std::stoul(key.substr(7)));
        report.equal(what + ", " + key, expected, index(table.owner(place)));
    }
}

void ring_test(const Json& c, Report& report) {
    const auto what = "ring " + c.at("keys").dump() + " of " + c.at("min_ring").dump();
    const Shares shares{c};
    RingHosts ring{ring_config(c)};
    ring.build(shares.all);
    report.equal(what, c.at("ring"), ring_rows(ring));
    if (c.contains("size")) report.equal(what + ", size", c["size"], ring.points().size());
    const auto look_up = [&](const Json& hash, std::size_t attempt, const Json& expected) {
        report.equal(what + ", hash " + hash.dump() + ", attempt " + std::to_string(attempt),
                     expected, index(ring.owner(ring.find(hash, attempt))));
    };
    for (const auto& row : c.value("lookups", Json::array())) look_up(row.at(0), 0, row.at(1));
    for (const auto& row : c.value("retry", Json::array()))
        look_up(row.at(0), row.at(1), row.at(2));
}

void unit_tests(const Json& file, Report& report) {
    for (const auto& c : file.at("maglev")) maglev_test(c, report);
    for (const auto& c : file.at("ring")) ring_test(c, report);
}

// ---- Large tables, and the policies over them

void large_maglev(const std::string& what, const Json& c, const Shares& shares, Report& report) {
    MaglevHosts table{maglev_config(c)};
    table.build(shares.all);
    const auto owners = numbers(c.at("table_size").get<std::size_t>(), table);
    report.equal(what + ", counts", c.at("counts"), counts(owners, shares.all.size()));
    report.equal(what + ", first entries", c.at("first100"),
                 first(owners, c.at("first100").size()));
    report.equal(what + ", digest", std::stoull(c.at("fnv1a64").get<std::string>(), nullptr, 16),
                 fnv1a(owners));
}

void large_ring(const std::string& what, const Json& c, const Shares& shares, Report& report) {
    RingHosts ring{ring_config(c)};
    ring.build(shares.all);
    const auto size = ring.points().size();
    report.equal(what + ", size", c.at("size"), size);
    report.equal(what + ", counts", c.at("counts"), counts(numbers(size, ring), shares.all.size()));
    report.equal(what + ", first points", c.at("first20"),
                 first(ring_rows(ring), c.at("first20").size()));
}

void large(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto what = c.at("keys").dump() + ' ' + c.at("weights").dump();
        const Shares shares{c};
        large_maglev(what + ", maglev", c.at("maglev"), shares, report);
        large_ring(what + ", ring", c.at("ring"), shares, report);

        lb::envoy::Maglev::Config maglev;
        static_cast<MaglevHosts::Config&>(maglev) = maglev_config(c.at("maglev"));
        lb::envoy::RingHash::Config ring;
        static_cast<RingHosts::Config&>(ring) = ring_config(c.at("ring"));
        Rig by_maglev{std::make_unique<lb::envoy::Maglev>(maglev)};
        Rig by_ring{std::make_unique<lb::envoy::RingHash>(ring)};
        for (std::size_t i = 0; i != shares.names.size(); ++i)
            for (auto* rig : {&by_maglev, &by_ring})
                rig->add({.name = shares.names[i]}, c.at("weights").at(i).get<double>());
        for (const auto& row : c.at("lookups")) {
            const auto key = row.at(0).get<std::string>();
            report.equal(
                what + ", key " + key, row,
                {key, lb::hash_of(key), by_maglev.pick({.key = key}), by_ring.pick({.key = key})});
        }
    }
}

// ---- Schedule, priorities, slow start

void edf(const Json& c, Report& report) {
    const auto weights = c.at("weights").get<std::vector<double>>();
    std::vector<std::size_t> backends(weights.size());
    std::iota(backends.begin(), backends.end(), std::size_t{0});
    const auto weight_of = [&](std::size_t host) { return weights[host]; };
    lb::Edf<std::size_t> schedule;
    schedule.build(std::span<const std::size_t>{backends}, weight_of,
                   c.at("initial_picks").get<std::uint64_t>());
    Json picks = Json::array();
    while (picks.size() != c.at("picks").size())
        picks.push_back(schedule.pick(weight_of, [](std::size_t) { return true; }));
    report.equal("edf " + c["weights"].dump() + " after " + c["initial_picks"].dump(),
                 c.at("picks"), picks);
}

void priorities(const Json& c, Report& report) {
    std::vector<lb::PriorityBackends> backends;
    for (const auto& row : c.at("healthy_total")) backends.push_back({row.at(0), row.at(1)});
    lb::PriorityRules rules;
    rules.overprovisioning = c.value("overprovisioning", rules.overprovisioning);
    rules.panic_threshold = c.value("panic_threshold", rules.panic_threshold);
    const auto spread = lb::spread_over(backends, rules);
    const auto what = "priorities " + c["healthy_total"].dump();
    report.equal(what + ", health", c.at("health"), spread.health);
    report.equal(what + ", panic", c.at("panic"), spread.panic);
    const auto sum = std::accumulate(spread.health.begin(), spread.health.end(), 0u);
    report.equal(what + ", total", c.at("total"), std::min(100u, sum));
    if (c.contains("load"))
        report.equal(what + ", load", c["load"], lb::priority_loads(spread.health));
    if (c.contains("load_total_panic"))
        report.equal(what + ", load in panic", c["load_total_panic"], spread.load);
    else if (c.contains("load"))
        report.equal(what + ", load in the end", c["load"], spread.load);
}

void slow_start(const Json& row, Report& report) {
    const lb::EnvoySlowStart slow{
        .window = row.at(1).get<std::int64_t>() * std::chrono::milliseconds{1},
        .aggression = row.at(2)};
    report.near("slow start " + row.dump(), row.at(3),
                slow.factor(row.at(0).get<std::int64_t>() * std::chrono::milliseconds{1}));
}

void edf_priority_slow_start(const Json& file, Report& report) {
    for (const auto& c : file.at("edf")) edf(c, report);
    for (const auto& c : file.at("priorities")) priorities(c, report);
    for (const auto& row : file.at("slow_start")) slow_start(row, report);
}

// ---- Bounded load

void bounded_load(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        const auto shares = normalized(c.at("weights"));
        const auto active = c.at("active").get<std::vector<std::uint32_t>>();
        const auto total = std::accumulate(active.begin(), active.end(), 0u);
        const auto factor = c.at("factor").get<std::uint32_t>();
        const auto overload = [&](std::uint32_t host) {
            return lb::overload_factor(active[host], shares[host], total, factor);
        };
        lb::BoundedProbe probe;
        const auto chosen = probe.pick(c.at("hash"), c.at("primary"),
                                       static_cast<std::uint32_t>(active.size()), overload);
        const auto what = "hash " + c["hash"].dump() + ", active " + c["active"].dump();
        report.equal(what, c.at("chosen"), chosen);
        report.equal(what + ", order", c.at("probe_order"), probe.looked_at());
    }
}

constexpr std::array<Family, 4> kFamilies{
    {{"envoy-bounded-load", bounded_load},
     {"envoy-consistent-large", large},
     {"envoy-edf-priority-slowstart", edf_priority_slow_start},
     {"envoy-maglev-ring-tests", unit_tests}}};

}  // namespace

std::span<const Family> envoy_families() { return kFamilies; }

}  // namespace conformance
