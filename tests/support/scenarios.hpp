#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balancer/policies.hpp"
#include "model/simulate.hpp"
#include "scenario/scenario.hpp"
#include "support/pool.hpp"

namespace lbtest {

using lbsim::Duration;
using lbsim::Scenario;

/// A group of backends b0, b1, … that serve one request at a time for one second each.
inline lbsim::Backends backends(std::uint64_t count,
                                const lbsim::Distribution& service = {lbsim::Constant{1}}) {
    lbsim::Backends group;
    group.name = "b";
    for (std::uint64_t i = 0; i != count; ++i) group.members.push_back(numbered("b", i));
    group.service = service;
    return group;
}

/// Makes the balancers use the built-in policy of that name, with its defaults.
inline void use_policy(Scenario& s, std::string_view name) {
    static const auto policies = lb::builtin_policies();
    lb::Defaults defaults;
    s.balancers.policy = name;
    s.balancers.make_policy = policies.find(name)->configure(defaults);
    s.balancers.equalises = policies.find(name)->equalises;
}

/// A fleet of n like backends, under a policy.
///
/// (Not inlined: there g++ 12 takes parts of variants for uninitialised.)
[[gnu::noinline]] inline Scenario fleet(std::uint64_t n, std::string_view policy,
                                        const lbsim::Arrivals& arrivals,
                                        const lbsim::Distribution& service) {
    Scenario s;
    use_policy(s, policy);
    lbsim::Clients clients;
    clients.name = "clients";
    clients.arrivals = arrivals;
    s.clients.push_back(std::move(clients));
    s.backends.push_back(backends(n, service));
    return s;
}

/// One backend, b0.
[[gnu::noinline]] inline Scenario one_station(
    const lbsim::Arrivals& arrivals, const lbsim::Distribution& service, lb::Limit workers = {1},
    lbsim::Discipline discipline = lbsim::Discipline::Fifo, lb::Limit queue = {}) {
    Scenario s = fleet(1, "round_robin", arrivals, service);
    s.backends[0].workers = workers;
    s.backends[0].discipline = discipline;
    s.backends[0].queue = queue;
    return s;
}

/// Something that begins at `at` on the timeline.
[[gnu::noinline]] inline lbsim::TimelineEntry entry(Duration at, std::vector<std::string> targets,
                                                    const lbsim::Change& change,
                                                    std::optional<Duration> lasts = {}) {
    lbsim::TimelineEntry e;
    e.name = "entry";
    e.at = at;
    e.lasts = lasts;
    e.targets = std::move(targets);
    e.change = change;
    return e;
}

/// A trace in a file of its own, as long as this lives: rows of CSV below "time,work".
class CsvTrace {
public:
    explicit CsvTrace(std::string_view rows) {
        std::random_device name;  // Other tests may run at the same time.
        path_ = std::filesystem::temp_directory_path() /
                (numbered("lbsim_", name()) + numbered("_", name()) + ".csv");
        std::ofstream{path_} << "time,work\n" << rows;
    }
    ~CsvTrace() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    CsvTrace(const CsvTrace&) = delete;
    CsvTrace& operator=(const CsvTrace&) = delete;

    lbsim::Trace arrivals() const {
        lbsim::Trace trace;
        trace.file = path_.string();
        trace.format = "csv";
        trace.time_unit = "s";
        return trace;
    }

private:
    std::filesystem::path path_;
};

/// All that one replication measured.
inline lbsim::Tally run(const Scenario& s, std::uint64_t replication = 0) {
    return lbsim::simulate(s, replication).all();
}

/// The sum of all latencies of successes.  Exact below 2^53 ns.
inline Duration total_latency(const lbsim::Histogram& h) {
    if (h.count() == 0) return Duration::zero();
    return Duration{std::llround(h.mean() * static_cast<double>(h.count()))};
}

}  // namespace lbtest
