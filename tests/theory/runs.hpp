#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/chance.hpp"
#include "support/scenarios.hpp"
#include "support/theory_vectors.hpp"

namespace lbtest {

/// Independent replications of a scenario in steady state, one value of each kind a replication, in
/// seconds.
struct Runs {
    std::vector<double> mean, p50, p90, p99;
    std::vector<double> in_flight;  ///< Of all backends together, on average over time.
    std::vector<double> failed;     ///< As a share of what was offered.
    std::vector<double> rate;       ///< Successes per second.
};

/// How long a simulation is made.  By default 60 replications, whose mean is known to 5.5 standard
/// errors at the false-alarm rate, of `requests` in all.
///
/// A system starts empty, and forgets it exponentially with a relaxation time that is at most about
/// 1 / (1 - sqrt(load))^2 service times (of M/M/1, the slowest of those here: 90 at a load of 0.8,
/// 380 at 0.9).  The warm-up lasts 20 of them, which leaves a bias of exp(-20), unless it says
/// otherwise.
struct Effort {
    std::int64_t requests = 0;
    double warmup_s = 0;
    std::uint64_t replications = 60;
};
inline double relaxation(double load) {
    return 20 / ((1 - std::sqrt(load)) * (1 - std::sqrt(load)));
}

inline Runs runs_of(Scenario s, const Effort& effort) {
    s.requests = effort.requests / static_cast<std::int64_t>(effort.replications);
    s.warmup = lb::duration_of(effort.warmup_s);
    s.series_step = std::chrono::hours{1};
    Runs runs;
    for (std::uint64_t r = 0; r != effort.replications; ++r) {
        const auto run = lbsim::simulate(s, r);
        const auto t = run.all();
        const auto& o = t.outcomes;
        runs.mean.push_back(t.latency.mean() * 1e-9);
        const auto quantile = [&](double q) {
            return static_cast<double>(t.latency.at_quantile(q)) * 1e-9;
        };
        runs.p50.push_back(quantile(0.5));
        runs.p90.push_back(quantile(0.9));
        runs.p99.push_back(quantile(0.99));
        double in_flight_ns = 0;
        for (const auto& b : t.backends) in_flight_ns += b.in_flight_ns;
        runs.in_flight.push_back(in_flight_ns / static_cast<double>(run.duration.count()));
        const auto offered = static_cast<double>(o.offered);
        runs.failed.push_back(static_cast<double>(o.failed) / offered);
        runs.rate.push_back(static_cast<double>(o.succeeded) / lb::seconds(run.duration));
    }
    return runs;
}

/// That the mean over the replications is `expected`, and is known to `precision` of it; see
/// mean_is. A mistake of twice `precision` is always seen.  The efforts here are such that the mean
/// is known to about two thirds of the precision asked for: that it happens not to be known well
/// enough, which fails too, is then as unlikely as a false alarm (the estimate of the standard
/// error from 60 replications would have to be half as large again as it is: five of its standard
/// errors).
inline testing::AssertionResult agrees(const std::vector<double>& values, double expected,
                                       double precision) {
    return mean_is(values, expected, precision * expected);
}

/// Poisson arrivals at `load` per worker to one backend whose mean service time is a second.
inline Scenario queue_of(std::int64_t workers, double load, const lbsim::Distribution& service,
                         lbsim::Discipline discipline = lbsim::Discipline::Fifo,
                         lb::Limit places = {}) {
    return one_station(lbsim::Poisson{load * static_cast<double>(workers)}, service, {workers},
                       discipline, places);
}

/// The same to n backends of one worker, under a policy.
inline Scenario fleet_of(std::uint64_t n, double load, std::string_view policy,
                         const lbsim::Distribution& service = {lbsim::Exponential{1}}) {
    return fleet(n, policy, lbsim::Poisson{load * static_cast<double>(n)}, service);
}

}  // namespace lbtest
