#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "experiment/result.hpp"

// Results made by hand, and at random, for the tests of what is written about them.
namespace made {

/// What a built-in policy equalises; of any other, nothing.
inline lb::Equalises equalises_of(const std::string& policy) {
    const auto policies = lb::builtin_policies();
    const auto* entry = policies.find(policy);
    return entry == nullptr ? lb::Equalises::Nothing : entry->equalises;
}

using namespace lbsim;

inline Figure number(double value) { return {.value = value, .low = {}, .high = {}}; }
inline Figure number(double value, double half) {
    return {.value = value, .low = value - half, .high = value + half};
}
inline Figure beyond() {
    return {
        .value = std::numeric_limits<double>::infinity(), .low = {}, .high = {}, .beyond = true};
}
inline Figure absent() { return {.low = {}, .high = {}, .absent = true}; }
inline Figure thin(Figure figure) {
    figure.thin = true;
    return figure;
}

inline Latency latency(double p50) {
    return {.mean = number(p50 * 1.4),
            .p50 = number(p50),
            .p90 = number(p50 * 3),
            .p95 = number(p50 * 4),
            .p99 = number(p50 * 7),
            .p999 = thin(number(p50 * 10)),
            .max = p50 * 12};
}

inline LatencyOfAll latency_of_all(double p50, bool all = true) {
    const auto l = latency(p50);
    return {.p50 = l.p50,
            .p90 = l.p90,
            .p95 = l.p95,
            .p99 = all ? l.p99 : beyond(),
            .p999 = all ? l.p999 : beyond()};
}

/// A backend that gets `attempts` of `all`.
inline BackendResult backend(std::string name, std::uint64_t attempts, std::uint64_t all,
                             double p50 = 0.007) {
    BackendResult out;
    out.name = std::move(name);
    out.group = "b";
    out.attempts = attempts;
    out.share = number(static_cast<double>(attempts) / static_cast<double>(all), 0.001);
    out.utilization = number(0.5);
    out.demand = number(0.5);
    out.in_flight_mean = number(2);
    out.latency = latency(p50);
    out.hit_ratio = out.sessions_lost = absent();
    return out;
}

/// So many like backends that share 1000 attempts; nothing goes wrong.
inline Measures measures(std::size_t backends) {
    Measures out;
    out.requests.offered = out.requests.succeeded = out.requests.good = 1000;
    out.requests.attempts = 1000;
    out.good = number(0.99, 0.002);
    out.latency = latency(0.007);
    out.latency_of_all = latency_of_all(0.007);
    out.error_rate = number(0, 0);
    out.throughput = number(100);
    out.goodput = number(99);
    out.amplification = number(1);
    out.wasted_work = number(0);
    out.hit_ratio = out.sessions_lost = absent();
    for (std::size_t b = 0; b != backends; ++b)
        out.backends.push_back(backend("b" + std::to_string(b), 1000 / backends, 1000));
    out.balance = {.max_over_mean = number(1), .cv = number(0), .jain = number(1)};
    return out;
}

inline RunResult run(std::string policy, std::size_t backends = 2) {
    RunResult out;
    out.policy = policy;
    out.equalises = equalises_of(out.policy);
    out.variant = std::move(policy);
    out.digest = "0123456789abcdef";
    out.replications = 5;
    out.duration = std::chrono::seconds{2};
    out.measures = measures(backends);
    return out;
}

inline Result result(std::vector<RunResult> runs) {
    Result out;
    out.lbsim = "1.2.3";
    out.scenario = "made";
    out.question = "What for?";
    out.replications = 5;
    out.compared = runs.size() > 1;
    out.runs = std::move(runs);
    for (std::size_t i = 0; i != out.runs.size(); ++i) out.ranking.push_back({i});
    return out;
}

/// Window "during:slow", in which b0 is slow.
inline WindowResult& during_slow(RunResult& run) {
    run.log.push_back({0, {std::chrono::seconds{1}, "slow", "b0", "slow"}});
    run.windows.push_back({.name = "during:slow",
                           .from = std::chrono::seconds{1},
                           .to = std::chrono::seconds{2},
                           .measures = run.measures});
    return run.windows.back();
}

// At random: any figure, name and number that a result may hold.

inline double any_double(lb::Rng& rng) {
    constexpr double kSome[] = {0,       1,     1e-12,  1.0 / 3, 0.1,  0.999999999, 9.995e-4,
                                999.9e3, 1e300, 5e-324, 1e21,    1e-6, 99999.5,     0.5};
    return kSome[rng.below(std::size(kSome))] * (rng.chance(0.5) ? 1 : rng.unit());
}
inline double any_share(lb::Rng& rng) {
    constexpr double kSome[] = {0, 1, 1e-9, 0.1, 0.99999, 0.5};
    return kSome[rng.below(std::size(kSome))] * (rng.chance(0.5) ? 1 : rng.unit());
}
inline Figure any_figure(lb::Rng& rng, double value) {
    if (rng.chance(0.1)) return absent();
    auto out = rng.chance(0.1) ? beyond() : rng.chance(0.5) ? number(value) : number(value, value);
    out.thin = rng.chance(0.2);
    return out;
}
inline Figure any_figure(lb::Rng& rng) { return any_figure(rng, any_double(rng)); }
inline Figure any_fraction(lb::Rng& rng) {
    auto out = any_figure(rng, any_share(rng));
    return out.beyond ? absent() : out;
}
inline std::string any_name(lb::Rng& rng) {
    constexpr const char* kSome[] = {
        "b0",
        "least_connections",
        "größer",
        "負荷分散装置がとても遅い",
        "a,\"b\"\nc",
        "\xff\xfe",
        "tab\tand\x1b[31m",
        "",
        "💥💥",
        "e\xcc\x81",
        "a_name_without_any_blank_that_goes_on_for_more_than_eighty_columns_and_then_some_more",
        "one word after the other until the line is over and the next has begun, and so on",
        "<&>'\"]]>",
        "| pipe | `tick` |"};
    return kSome[rng.below(std::size(kSome))];
}
inline Latency any_latency(lb::Rng& rng) {
    return {.mean = any_figure(rng),
            .p50 = any_figure(rng),
            .p90 = any_figure(rng),
            .p95 = any_figure(rng),
            .p99 = any_figure(rng),
            .p999 = any_figure(rng),
            .max = rng.chance(0.5) ? std::optional{any_double(rng)} : std::nullopt};
}
inline Measures any_measures(lb::Rng& rng, const std::vector<std::string>& names) {
    Measures out;
    out.requests.offered = rng.below(1'000'000'000'000);
    out.requests.succeeded = rng.below(1000);
    out.requests.failed = rng.below(3);
    out.requests.timed_out = rng.below(3);
    for (auto& n : out.requests.rejections) out.requests.rejected += n = rng.below(2);
    out.requests.unfinished = rng.below(3);
    out.requests.attempts = rng.below(1000);
    out.good = any_fraction(rng);
    out.latency = any_latency(rng);
    out.latency_of_all = {.p50 = any_figure(rng),
                          .p90 = any_figure(rng),
                          .p95 = any_figure(rng),
                          .p99 = any_figure(rng),
                          .p999 = any_figure(rng)};
    out.error_rate = any_fraction(rng);
    out.throughput = any_figure(rng);
    out.goodput = any_figure(rng);
    out.amplification = any_figure(rng);
    out.wasted_work = any_fraction(rng);
    for (const auto& name : names) {
        BackendResult b;
        b.name = name;
        b.group = any_name(rng);
        b.attempts = rng.below(5) * rng.below(1'000'000'000);
        b.failed = rng.below(b.attempts + 1);
        b.share = any_fraction(rng);
        if (rng.chance(0.5)) b.expected_share = any_share(rng);
        b.utilization = any_fraction(rng);
        b.demand = any_figure(rng);
        b.in_flight_mean = any_figure(rng);
        b.queue_max = rng.below(1000);
        b.latency = any_latency(rng);
        out.backends.push_back(std::move(b));
    }
    out.balance = {any_figure(rng), any_figure(rng), any_figure(rng)};
    return out;
}

inline RunResult any_run(lb::Rng& rng, const std::vector<std::string>& names, bool slo) {
    constexpr const char* kPolicies[] = {"p2c", "round_robin", "peak_ewma", "custom"};
    RunResult out;
    out.variant = any_name(rng) + std::to_string(rng.below(100));
    out.policy = kPolicies[rng.below(std::size(kPolicies))];
    out.equalises = equalises_of(out.policy);
    out.digest = "00000000000000ff";
    out.replications = 1 + rng.below(5);
    out.events = rng.below(1'000'000'000'000);
    out.duration = Duration{static_cast<std::int64_t>(rng.below(1'000'000'000'000))};
    out.measures = any_measures(rng, names);
    for (const char* window : {"before:slow", "during:slow", "mine"}) {
        if (!rng.chance(0.7)) continue;
        out.windows.push_back(
            {window, Duration{1}, Duration{1'234'567'891}, any_measures(rng, names)});
    }
    if (!names.empty())
        out.log.push_back({0, {Duration{1}, "slow", names[rng.below(names.size())], "slow"}});
    for (std::size_t n = rng.below(4), i = 0; i != n; ++i) {
        SeriesResult::Step step;
        step.offered = any_double(rng);
        if (rng.chance(0.5)) step.p50 = any_double(rng);
        step.shares.assign(names.size(), 0.25);
        step.conditions.assign(names.size(), Condition::Hung);
        out.series.steps.push_back(step);
    }
    out.series.step = std::chrono::seconds{1};
    if (slo)
        out.slo = {.slo = {.latency = std::chrono::milliseconds{300}, .good = any_share(rng)},
                   .met = rng.chance(0.5)};
    return out;
}

inline Result any_result(std::uint64_t seed) {
    lb::Rng rng{seed};
    Result out;
    out.lbsim = "1.2.3";
    out.scenario = any_name(rng);
    out.question = any_name(rng);
    out.lesson = any_name(rng);
    out.seed = seed;
    out.replications = 1 + rng.below(5);
    std::vector<std::string> names;
    for (std::size_t n = rng.below(20), b = 0; b != n; ++b)
        names.push_back(any_name(rng) + std::to_string(b));
    const bool slo = rng.chance(0.5);
    for (std::size_t n = rng.below(6), i = 0; i != n; ++i)
        out.runs.push_back(any_run(rng, names, slo));
    out.compared = out.runs.size() > 1;
    for (std::size_t i = 0; i != out.runs.size(); ++i)
        if (i == 0 || rng.chance(0.5))
            out.ranking.push_back({i});
        else
            out.ranking.back().push_back(i);
    for (std::size_t i = 1; i < out.runs.size(); ++i)
        out.comparison.push_back({"p99_s", out.runs[0].variant, out.runs[i].variant,
                                  any_figure(rng), rng.unit(), rng.chance(0.5)});
    for (std::size_t n = rng.below(4), i = 0; i != n; ++i)
        out.expect.push_back({.text = any_name(rng),
                              .pointer = "/expect/" + std::to_string(i),
                              .passed = rng.chance(0.5),
                              .vacuous = rng.chance(0.5),
                              .seen = any_name(rng)});
    return out;
}

}  // namespace made
