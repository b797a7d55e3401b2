#include "experiment/theory_cases.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "experiment/metrics.hpp"
#include "experiment/remap.hpp"
#include "scenario/load.hpp"
#include "theory/dispatch.hpp"
#include "theory/failures.hpp"
#include "theory/hashing.hpp"
#include "theory/queues.hpp"

namespace lbsim {
namespace {

using namespace theory;

std::string text(double x) {
    char digits[64];
    return {digits, std::to_chars(digits, digits + sizeof digits, x, std::chars_format::fixed).ptr};
}

constexpr std::string_view kExponential = R"({ "exponential": { "mean": "1s" } })";
constexpr std::string_view kAlways = R"("1s")";
// Squared coefficients of variation of 4.
constexpr std::string_view kLognormal = R"({ "lognormal": { "mean": "1s", "cv": 2 } })";
constexpr std::string_view kHyper =
    R"({ "hyperexponential": { "phases": [
        { "share": 0.8872983346207417, "mean": "0.563508327s" },
        { "share": 0.1127016653792583, "mean": "4.436491673s" }] } })";

/// A scenario in pieces.
struct Parts {
    std::string arrivals;  ///< Of its clients.
    std::string balancers = R"({ "policy": "random" })";
    std::string backends;  ///< Of its group b.
    std::string timeline = "[]";
    double warmup_s = 0;
    std::uint64_t requests = 0;  ///< In each replication.
    bool fixed = false;
};

std::string poisson(double rate) {
    return R"({ "poisson": { "rate": ")" + text(rate) + R"(/s" } })";
}

// 20 relaxation times of an M/M/1 of that load, of which all others here are faster.
double relaxed(double load) { return 20 / ((1 - lb::sqrt(load)) * (1 - lb::sqrt(load))); }

TheoryCase made(std::string system, const Parts& parts, std::vector<TheoryQuantity> quantities) {
    std::string expect;
    for (const auto& q : quantities) {
        const auto* metric = find_metric(q.metric.substr(0, q.metric.find('(')));
        const std::string_view unit = metric->unit == Metric::Unit::Seconds     ? "s"
                                      : metric->unit == Metric::Unit::PerSecond ? "/s"
                                                                                : "";
        expect += expect.empty() ? "" : ", ";
        expect.append("\"").append(q.metric).append(" >= 0").append(unit).append("\"");
    }
    auto scenario = R"({ "overload": true, "replications": 40, "requests": )" +
                    std::to_string(parts.requests) + R"(, "warmup": ")" +
                    text(std::ceil(parts.warmup_s)) +
                    R"(s", "clients": [{ "name": "c", "arrivals": )" + parts.arrivals +
                    R"( }], "balancers": )" + parts.balancers +
                    R"(, "backends": [{ "name": "b", )" + parts.backends + R"( }], "timeline": )" +
                    parts.timeline + R"(, "expect": [)" + expect + "] }";
    return {std::move(system), std::move(scenario), parts.requests, parts.fixed,
            std::move(quantities)};
}

std::string group(std::uint64_t count, std::string_view workers, std::string_view service,
                  std::string_view more = "") {
    std::string out;
    if (count != 1) out += R"("count": )" + std::to_string(count) + ", ";
    return out.append(R"("workers": )")
        .append(workers)
        .append(R"(, "service": )")
        .append(service)
        .append(more);
}

// ---- One station

void stations(std::vector<TheoryCase>& out) {
    for (const auto& [workers, load] : {std::pair{1, 0.8}, {4, 0.9}, {100, 0.95}}) {
        const Mmc theory{static_cast<std::uint64_t>(workers), load};
        const Parts parts{.arrivals = poisson(load * workers),
                          .backends = group(1, std::to_string(workers), kExponential),
                          .warmup_s = relaxed(load) / workers + 20,
                          .requests = 30'000};
        out.push_back(made("M/M/" + std::to_string(workers) + " at " + text(load), parts,
                           {{"mean", "mean", theory.mean(), "Erlang C"},
                            {"p50", "p50", theory.quantile(0.5), "Erlang C"},
                            {"p99", "p99", theory.quantile(0.99), "Erlang C"}}));
    }
    struct Service {
        std::string name;
        std::string_view law;
        double cv2;
    };
    const std::vector<Service> services{
        {"M/D", kAlways, 0}, {"M/lognormal", kLognormal, 4}, {"M/H2", kHyper, 4}};
    for (const auto& [name, law, cv2] : services) {
        const double load = 0.7;
        out.push_back(made(name + "/1 at " + text(load),
                           {.arrivals = poisson(load),
                            .backends = group(1, "1", law),
                            .warmup_s = 4 * relaxed(load),
                            .requests = 40'000},
                           {{"mean", "mean", mg1_mean(load, cv2), "Pollaczek-Khinchine"}}));
    }
    for (const auto& [name, law, cv2] : services) {
        const double load = 0.7;
        out.push_back(made(name + "/1 sharing at " + text(load),
                           {.arrivals = poisson(load),
                            .backends = group(1, "1", law, R"(, "discipline": "ps")"),
                            .warmup_s = 4 * relaxed(load),
                            .requests = 20'000},
                           {{"mean", "mean", Mmc{1, load}.mean(), "insensitivity"}}));
    }
    for (const auto& [name, law, cv2] : services)
        out.push_back(made(name + "/10/10 offered 8",
                           {.arrivals = poisson(8),
                            .backends = group(1, "10", law, R"(, "queue": 0)"),
                            .warmup_s = 200,
                            .requests = 20'000},
                           {{"lost", "error_rate", erlang_b(10, 8), "Erlang B"}}));
    const auto loss = mmck(4, 20, 4.8);
    out.push_back(made("M/M/4/20 offered 4.8",
                       {.arrivals = poisson(4.8),
                        .backends = group(1, "4", kExponential, R"(, "queue": 16)"),
                        .warmup_s = 200,
                        .requests = 20'000},
                       {{"lost", "error_rate", loss.lost, "birth and death"},
                        {"mean", "mean", loss.mean, "birth and death"}}));
}

// ---- Several backends

/// What makes a fleet special.
struct FleetOptions {
    std::string_view service = kExponential, note = "";
    std::optional<double> warmup_s{};
};

TheoryCase fleet(std::uint64_t n, double load, std::string_view policy, std::uint64_t requests,
                 std::vector<TheoryQuantity> quantities, const FleetOptions& options = {}) {
    return made(std::string{policy} + ", " + std::to_string(n) + " at " + text(load) +
                    std::string{options.note},
                {.arrivals = poisson(load * static_cast<double>(n)),
                 .balancers = R"({ "policy": ")" + std::string{policy} + "\" }",
                 .backends = group(n, "1", options.service),
                 .warmup_s = options.warmup_s.value_or(relaxed(load)),
                 .requests = requests},
                std::move(quantities));
}

void fleets(std::vector<TheoryCase>& out) {
    const Mmc alone{1, 0.8};
    out.push_back(fleet(
        10, 0.8, "random", 60'000,
        {{"mean", "mean", alone.mean(), "M/M/1"}, {"p99", "p99", alone.quantile(0.99), "M/M/1"}}));
    for (const auto& [n, load] : {std::pair{2, 0.8}, {10, 0.8}}) {
        const InTurn theory{static_cast<std::uint64_t>(n), load};
        out.push_back(fleet(theory.backends, load, "round_robin", 50'000,
                            {{"mean", "mean", theory.mean(), "E_n/M/1"},
                             {"p99", "p99", theory.quantile(0.99), "E_n/M/1"}}));
    }
    out.push_back(fleet(10, 0.9, "round_robin", 30'000,
                        {{"mean", "mean", mdc_mean(10, 0.9), "M/D/10"}},
                        {.service = kAlways, .note = ", constant"}));
    struct Chain {
        std::uint64_t n;
        double load;
        std::string_view policy;
        Rule rule;
        std::uint64_t places;
    };
    for (const auto& c : {Chain{2, 0.8, "least_connections", Rule::JoinShortest, 120},
                          {3, 0.8, "least_connections", Rule::JoinShortest, 35},
                          {3, 0.8, "p2c", Rule::TwoDistinct, 35},
                          {5, 0.5, "p2c", Rule::TwoDistinct, 9},
                          {2, 0.8, "join_idle_queue", Rule::JoinIdle, 100},
                          {3, 0.5, "join_idle_queue", Rule::JoinIdle, 35}})
        out.push_back(fleet(
            c.n, c.load, c.policy, 40'000,
            {{"mean", "mean", dispatch_mean(c.rule, c.n, c.load, c.places), "Markov chain"}}));
    // Among 500 two choices are 0.1 % slower than among infinitely many (2.617 for 2.614: theory's
    // own simulations), and their tail is as near.
    // By the mean-field equations the empty start is forgotten within some tens of service times.
    const Supermarket two{2, 0.9};
    out.push_back(fleet(500, 0.9, "p2c", 50'000,
                        {{"mean", "mean", two.mean(), "supermarket model", 0.002},
                         {"p99", "p99", two.quantile(0.99), "supermarket model", 0.005}},
                        {.warmup_s = 100}));
}

void loops(std::vector<TheoryCase>& out) {
    const std::string arrivals =
        R"({ "closed": { "concurrency": 20, "think": { "exponential": { "mean": "10s" } } } })";
    const auto repair = closed_loop(20, 10, 2);
    out.push_back(made("20 clients, 2 workers",
                       {.arrivals = arrivals,
                        .backends = group(1, "2", kExponential),
                        .warmup_s = 300,
                        .requests = 20'000},
                       {{"throughput", "throughput", repair.throughput, "machine repair"},
                        {"mean", "mean", repair.mean, "machine repair"}}));
    const auto split = closed_split(20, 10, 3);
    out.push_back(made("20 clients, random of 3",
                       {.arrivals = arrivals,
                        .backends = group(3, "1", kExponential),
                        .warmup_s = 300,
                        .requests = 20'000},
                       {{"throughput", "throughput", split.throughput, "mean value analysis"},
                        {"mean", "mean", split.mean, "mean value analysis"}}));
}

// ---- Failures, and what answers them

void failures(std::vector<TheoryCase>& out) {
    for (const double after : {1.0, 3.0}) {
        const Hedged theory{after};
        out.push_back(made("hedge after " + text(after) + " s",
                           {.arrivals = poisson(10),
                            .balancers = R"({ "policy": "random", "hedge": { "after": ")" +
                                         text(after) + R"(s" } })",
                            .backends = group(10, R"("unlimited")", kExponential),
                            .requests = 20'000},
                           {{"attempts", "amplification", 1 + theory.extra(), "order statistics"},
                            {"mean", "mean", theory.mean(), "order statistics"},
                            {"p99", "p99", theory.quantile(0.99), "order statistics"}}));
    }
    const auto failing = [](double rate) {
        return R"([{ "name": "failing", "at": "0s", "target": "*", "error": { "rate": )" +
               text(rate) + " } }]";
    };
    out.push_back(made("half fail, 3 attempts",
                       {.arrivals = poisson(10),
                        .balancers = R"({ "policy": "random", "retry":
                            { "attempts": 3, "backoff": "0s", "on": "5xx" } })",
                        .backends = group(10, R"("unlimited")", R"("1ms")"),
                        .timeline = failing(0.5),
                        .requests = 20'000},
                       {{"attempts", "amplification", attempts(0.5, 3), "geometric series"},
                        {"failed", "error_rate", 0.125, "geometric series"}}));
    out.push_back(
        made("half fail, breaker",
             {.arrivals = poisson(10),
              .balancers = R"({ "circuit_breaker": {
                            "trip": { "consecutive_failures": 5, "failure_rate": null },
                            "open": { "wait": "5s",
                                "backoff": { "kind": "constant", "jitter": 0 } },
                            "half_open": { "max_trials": 1 } } })",
              .backends = group(1, R"("unlimited")", R"("1ns")"),
              .timeline = failing(0.5),
              .requests = 20'000},
             {{"admitted", "amplification", Breaker{0.5, 5, 10, 5}.admitted(), "renewal theory"}}));
    // Found after 25 s on average, so out for 75 of the 100 s that it is down.
    out.push_back(made(
        "health check, 10 s, 3 in a row",
        {.arrivals = poisson(100),
         .balancers = R"({ "policy": "random", "health_check": {
                            "interval": "10s", "fall": 3, "timeout": "1s",
                            "schedule": "fixed_rate", "interval_falling": "0s",
                            "first_delay": "spread" }, "fail_open": "never" })",
         .backends = group(40, R"("unlimited")", R"("1ms")"),
         .timeline = R"([{ "name": "down", "at": "20s", "for": "100s",
                                          "target": "*", "crash": {} }])",
         .warmup_s = 60,
         .requests = 12'000,
         .fixed = true},
        {{"excluded", "excluded(b, during:down)", 1 - detection(10, 3) / 100, "renewal theory"}}));
    out.push_back(made("random, 1000 on 1000",
                       {.arrivals = poisson(1000),
                        .backends = group(1000, R"("unlimited")", R"("1s")"),
                        .requests = 1000,
                        .fixed = true},
                       {{"fullest", "max_over_mean", fullest_bin(1000, 1000), "balls into bins"}}));
}

// ---- Keys

RemapPolicy policy(const lb::Policies& policies, const std::string& json) {
    const auto read = load_experiment("policy.json",
                                      R"({ "clients": [{ "keys": { "uniform": { "count": 10 } },
                           "arrivals": { "poisson": { "rate": "1/s" } } }],
             "balancers": { "policy": )" + json +
                                          R"( }, "backends": [{ "count": 2, "service": "1ms" }] })",
                                      {}, policies, {});
    const auto& balancers = read.variants.front().scenario.balancers;
    return {balancers.policy, balancers.policy, balancers.make_policy};
}

// Backends and keys of each replication have names of their own.
RemapFleet fleet_of(const std::string& prefix, std::uint64_t count) {
    RemapFleet fleet;
    for (std::uint64_t b = 0; b != count; ++b) fleet.push_back({prefix + "b" + std::to_string(b)});
    return fleet;
}

RemapKeys keys_of(const std::string& prefix, std::uint64_t count) {
    std::vector<std::string> keys;
    for (std::uint64_t k = 0; k != count; ++k) keys.push_back(prefix + std::to_string(k));
    return RemapKeys{std::move(keys)};
}

/// A backend joins `before` others: the share that moves, and the fullest afterwards.
KeyCase joining(const RemapPolicy& policy, std::string system, std::uint64_t before,
                std::uint64_t keys, std::vector<TheoryQuantity> quantities) {
    const bool moved = quantities.front().label == "moved";
    const bool fullest = quantities.back().label == "fullest";
    return {std::move(system), std::move(quantities),
            [=](std::uint64_t seed, std::uint64_t replication) {
                const auto prefix = std::to_string(seed) + "-" + std::to_string(replication) + "-";
                const std::vector<RemapFleet> fleets{fleet_of(prefix, before),
                                                     fleet_of(prefix, before + 1)};
                const auto steps = remap(std::span{&policy, 1}, keys_of(prefix, keys), fleets);
                const auto& row = steps.front().rows.front();
                std::vector<double> out;
                if (moved)
                    out.push_back(static_cast<double>(row.moved) / static_cast<double>(keys));
                if (fullest) out.push_back(row.max_over_mean);
                return out;
            }};
}

}  // namespace

std::vector<TheoryCase> theory_cases() {
    std::vector<TheoryCase> out;
    stations(out);
    fleets(out);
    loops(out);
    failures(out);
    return out;
}

std::vector<KeyCase> key_cases(const lb::Policies& policies) {
    constexpr std::uint64_t kKeys = 20'000;
    std::vector<KeyCase> out;
    out.push_back(joining(policy(policies, R"("hash_mod")"), "hash_mod, 5 to 6", 5, kKeys,
                          {{"moved", "", mod_moved(5, 6), "arithmetic"}}));
    for (const auto* name : {"jump", "rendezvous"})
        out.push_back(joining(policy(policies, '"' + std::string{name} + '"'),
                              std::string{name} + ", 10 to 11", 10, kKeys,
                              {{"moved", "", Ring{10, 1}.moved(), "symmetry"}}));
    for (const std::uint64_t points : {std::uint64_t{1}, std::uint64_t{10}}) {
        const Ring after{11, points};
        // With so many keys chance alone makes parts unlike by n / keys of a square: 5.5e-4 beside
        // 0.09, and so the fullest by less than 0.2 %.
        out.push_back(joining(policy(policies, R"({ "name": "ring_hash", "vnodes": )" +
                                                   std::to_string(points) + " }"),
                              "ring_hash, " + std::to_string(points) + " points, 10 to 11", 10,
                              kKeys,
                              {{"moved", "", Ring{10, points}.moved(), "Beta's law"},
                               {"fullest", "", after.peak(), "gamma variates", 0.002}}));
    }
    // With one point each the fullest would have three times its part: it is cut off at the bound.
    constexpr std::uint64_t kBackends = 11;
    constexpr double kFactor = 1.25;
    out.push_back(joining(
        policy(policies, R"({ "name": "bounded_load", "vnodes": 1, "factor": 1.25 })"),
        "bounded_load 1.25, 11 backends", kBackends - 1, kKeys,
        {{"fullest", "", static_cast<double>(bound(kFactor, kKeys, kBackends) * kBackends) / kKeys,
          "the bound"}}));
    return out;
}

}  // namespace lbsim
