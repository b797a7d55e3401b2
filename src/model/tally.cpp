#include "model/tally.hpp"

#include <algorithm>

namespace lbsim {

void Outcomes::add(const Outcomes& o) {
    offered += o.offered;
    succeeded += o.succeeded;
    failed += o.failed;
    timed_out += o.timed_out;
    rejected += o.rejected;
    unfinished += o.unfinished;
    good += o.good;
    attempts += o.attempts;
    degraded += o.degraded;
    left_zone += o.left_zone;
    probes += o.probes;
    service_ns += o.service_ns;
    wasted_ns += o.wasted_ns;
    open_ns += o.open_ns;
    panic_ns += o.panic_ns;
    for (std::size_t i = 0; i != rejections.size(); ++i) rejections[i] += o.rejections[i];
}

void Verdicts::add(const Verdicts& o) {
    if (first_excluded == Duration::max()) failed_before += o.failed_before;
    exclusions += o.exclusions;
    unfounded += o.unfounded;
    repeated += o.repeated;
    readmissions += o.readmissions;
    trials += o.trials;
    first_excluded = std::min(first_excluded, o.first_excluded);
    last_readmitted = std::max(last_readmitted, o.last_readmitted);
    excluded_ns += o.excluded_ns;
    spared_ns += o.spared_ns;
    open_ns += o.open_ns;
    left_out = o.left_out;
}

void BackendTally::add(const BackendTally& o) {
    attempts += o.attempts;
    failed += o.failed;
    hits += o.hits;
    misses += o.misses;
    sessions_lost += o.sessions_lost;
    tier = o.tier;
    latency.merge(o.latency);
    busy_ns += o.busy_ns;
    worker_ns += o.worker_ns;
    in_flight_ns += o.in_flight_ns;
    queue_max = std::max(queue_max, o.queue_max);
    in_flight_max = std::max(in_flight_max, o.in_flight_max);
    verdicts.add(o.verdicts);
    expected_by_weight += o.expected_by_weight;
    expected_by_speed += o.expected_by_speed;
    demand_ns += o.demand_ns;
}

void Tally::add(const Tally& o) {
    begins = std::min(begins, o.begins);
    span += o.span;
    outcomes.add(o.outcomes);
    latency.merge(o.latency);
    backends.resize(std::max(backends.size(), o.backends.size()));
    for (std::size_t i = 0; i != o.backends.size(); ++i) backends[i].add(o.backends[i]);
}

void Series::coarsen() {
    std::vector<Step> half;
    for (std::size_t i = 0; i != steps.size(); ++i) {
        if (i % 2 == 0) {
            half.push_back(std::move(steps[i]));
            continue;
        }
        auto& into = half.back();
        into.offered += steps[i].offered;
        into.good += steps[i].good;
        into.unfinished += steps[i].unfinished;
        into.hits += steps[i].hits;
        into.misses += steps[i].misses;
        into.latency.merge(steps[i].latency);
        into.in_flight = steps[i].in_flight;
        into.attempts.resize(std::max(into.attempts.size(), steps[i].attempts.size()));
        for (std::size_t b = 0; b != steps[i].attempts.size(); ++b)
            into.attempts[b] += steps[i].attempts[b];
        into.conditions = std::move(steps[i].conditions);
    }
    steps = std::move(half);
    step *= 2;
}

Tally Replication::over(Duration from, Duration to) const {
    Tally sum;
    sum.backends.resize(backends.size());
    for (std::size_t i = 0; i != segments.size(); ++i)
        if (edges[i] >= from && edges[i] < to) sum.add(segments[i]);
    return sum;
}

}  // namespace lbsim
