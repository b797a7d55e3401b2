#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/expectation.hpp"
#include "experiment/metrics.hpp"
#include "experiment/result.hpp"

namespace lbsim {

/// What is kept of one replication: all metrics of all spans, but no latency histograms beyond
/// those of the series, so that a large experiment need not hold all its replications at once.
struct Observation {
    struct Backend {
        std::uint64_t attempts = 0, failed = 0, queue_max = 0;
        std::size_t tier = 0;
        Reading share, expected_share, utilization, demand, in_flight_mean;
        Reading mean, p50, p90, p95, p99, p999, max;  ///< Of successes.
        Reading hit_ratio, sessions_lost;
        Verdicts verdicts;
        Reading excluded, open, time_to_exclude, time_to_readmit, spared;
    };
    struct Span {
        Duration from{}, to{};
        Outcomes outcomes;
        std::vector<Reading> readings;  ///< As metrics(); absent unless of_run().
        std::vector<Backend> backends;

        /// Requires a metric of that name that is of_run().
        const Reading& of(std::string_view metric) const;
    };

    std::uint64_t digest = 0, events = 0;
    std::vector<TraceNote> traces;
    Duration duration{};
    std::vector<std::string> backends;
    std::vector<Span> spans;  ///< The whole run, then the scenario's windows.
    Series series;
    std::vector<LogEntry> log;
    std::vector<Seen> seen;          ///< By the expectations, in order.
    std::vector<std::string> picks;  ///< The first, if the scenario keeps them.
};

/// Reads off all metrics.  `number` is the variant's, for expectations about it.  Time: linear in
/// backends times segments times spans.
Observation observe(const Variant& variant, Replication replication,
                    std::span<const Expectation> expectations = {}, std::size_t number = 0);

/// Puts the replications of one variant together, in order.  Requires at least one.
RunResult summarise(const Variant& variant, std::span<const Observation> replications);

}  // namespace lbsim
