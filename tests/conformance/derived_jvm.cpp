#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "balancer/policies/finagle/peak_ewma.hpp"
#include "balancer/policies/ribbon/weighted_response_time.hpp"
#include "balancer/policies/tower/peak_ewma.hpp"
#include "balancer/subset.hpp"
#include "conformance/families.hpp"

namespace conformance {
namespace {

lb::Duration nanoseconds(const Json& number) { return lb::Duration{number.get<std::int64_t>()}; }

/// One backend's load as requests start and end: ["load", t, expected], ["start", name, t] and
/// ["end", name, t].
template <class Load>
void timeline(const std::string& what, const Json& ops, typename Load::Config config,
              Report& report) {
    lb::Fleet fleet;
    lb::View view{fleet};
    Load load{config};
    std::map<std::string, lb::Instant> started;
    const auto id = fleet.add(std::make_shared<const lb::Backend>(lb::Backend{"b"}), 1, {});
    view.insert(id);
    load.on_added(id, {});
    for (const auto& op : ops) {
        const auto kind = op.at(0).get<std::string>();
        if (kind == "load") {
            const lb::Instant now{nanoseconds(op.at(1))};
            report.near(what + " at " + op.at(1).dump(), op.at(2).get<double>(),
                        load.of(id, view, now));
            continue;
        }
        const auto name = op.at(1).get<std::string>();
        const lb::Instant now{nanoseconds(op.at(2))};
        if (kind == "start") {
            started[name] = now;
            fleet.sent(id, now);
        } else {
            load.on_done(id, {.latency = now - started.at(name)}, now);
            fleet.done(id, now);
        }
    }
}

void peak_ewma_finagle(const Json& section, Report& report) {
    timeline<lb::finagle::PeakLoad>("peak_ewma_finagle", section.at("ops"),
                                    {.decay = nanoseconds(section.at("tau_ns"))}, report);
}

void peak_ewma_tower(const Json& section, Report& report) {
    timeline<lb::tower::PeakLoad>("peak_ewma_tower", section.at("ops"),
                                  {.default_rtt = nanoseconds(section.at("default_rtt_ns")),
                                   .decay = nanoseconds(section.at("tau_ns"))},
                                  report);
}

/// Parts of a ring of length 1, so that errors of rounding do not grow with what is compared.
bool alike(const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](double x, double y) { return std::abs(x - y) <= 1e-9; });
}

void weighted_aperture(const Json& section, Report& report) {
    for (const auto& c : section.at("cases")) {
        const auto weights = c.at("weights").get<std::vector<double>>();
        const auto instance = c.at("instance").get<std::uint64_t>();
        const auto peers = c.at("total").get<std::uint64_t>();
        const auto arc = lb::aperture_arc(weights.size(), instance % peers, peers, 12);
        const auto what = "finagle_weighted_aperture " + c.at("weights").dump() + ", " +
                          std::to_string(instance) + " of " + std::to_string(peers);
        report.near(what + ": width", c.at("width").get<double>(), arc.width);
        report.near(what + ": offset", c.at("offset").get<double>(), arc.offset);
        const auto within = lb::aperture_weights(weights, arc);
        report.holds(what + ": adjusted",
                     alike(c.at("adjusted").get<std::vector<double>>(), within),
                     c.at("adjusted").dump(), Json(within).dump());
    }
}

void ribbon_wrt(const Json& section, Report& report) {
    for (const auto& row : section.at("rows_avg_rt_accumulated")) {
        const auto means = row.at(0).get<std::vector<double>>();
        const auto expected = row.at(1).get<std::vector<double>>();
        const auto sums = lb::ribbon::WeightedResponseTime::accumulated(means);
        const auto what = "ribbon_wrt " + row.at(0).dump();
        report.equal(what + ": size", expected.size(), sums.size());
        for (std::size_t i = 0; i != std::min(sums.size(), expected.size()); ++i)
            report.near(what + " up to " + std::to_string(i), expected[i], sums[i]);
    }
}

void sre_subset(const Json& section, Report& report) {
    for (const auto& c : section.at("cases")) {
        const auto backends = c.at("backends").get<std::size_t>();
        const auto size = c.at("subset_size").get<std::size_t>();
        const auto what = "sre_subset " + std::to_string(size) + " of " + std::to_string(backends);
        std::uint64_t round = 0;
        for (const auto& order : c.at("rounds")) {
            report.equal(what + ": round " + std::to_string(round), order,
                         lb::sre_order(backends, round));
            ++round;
        }
        for (const auto& [client, subset] : c.at("subsets").items())
            report.equal(what + ": client " + client, subset,
                         lb::sre_subset(backends, std::stoull(client), size));
    }
}

}  // namespace

void derived_jvm(const Json& file, Report& report) {
    const auto section = [&](const char* name, Runner run) {
        if (file.contains(name)) run(file.at(name), report);
    };
    section("peak_ewma_finagle", peak_ewma_finagle);
    section("peak_ewma_tower", peak_ewma_tower);
    section("finagle_weighted_aperture", weighted_aperture);
    section("ribbon_wrt", ribbon_wrt);
    section("sre_subset", sre_subset);
}

}  // namespace conformance
