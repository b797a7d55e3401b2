#include <array>
#include <memory>
#include <vector>

#include "balancer/circuit_breaker/presets.hpp"
#include "balancer/health/fail_open.hpp"
#include "balancer/health/health_check_presets.hpp"
#include "balancer/health/outlier_presets.hpp"
#include "balancer/limits/adaptive_limits.hpp"
#include "scenario/describe.hpp"
#include "scenario/describe_parts.hpp"

// Health checks, ejection, circuit breakers and limits: how lb's structs are nested in a scenario,
// and the presets that may be named instead.

namespace lbsim {
namespace {

using Body = Blocks::Body;
using Case = Blocks::Case;
using Shape = Blocks::Shape;

template <class Config>
void part(Blocks& b, std::string_view name, Config& to, std::string_view meaning) {
    b.object(name, meaning, [&](Blocks& o) { to.describe(o); });
}

template <class Config>
void optional_part(Blocks& b, std::string_view name, std::optional<Config>& to,
                   std::string_view meaning) {
    if (b.nothing(name)) to.reset();  // A rule may be taken out of a preset.
    if (!b.optional(name)) return;
    b.object(name, meaning, [&](Blocks& o) {
        auto config = to.value_or(Config{});
        config.describe(o);
        to = config;
    });
}

/// The name of a preset, or an object that may name one and changes something.  `begin` takes the
/// index of a preset, the first by default; `members` describes the rest.
void by_preset(Blocks& b, std::string_view name, std::string_view meaning,
               std::span<const std::string_view> names,
               const std::function<void(std::size_t)>& begin, const Body& members) {
    if (!b.optional(name)) return;
    const auto preset = [&](Blocks& o, std::string_view key) {
        std::size_t index = 0;
        o.word(key, index, names, "What it is, but for what is said here");
        begin(index);
    };
    const std::array<Case, 2> cases{{{Shape::Scalar, [&](Blocks& s) { preset(s, kItself); }},
                                     {Shape::Object, [&](Blocks& v) {
                                          v.object(kItself, meaning, [&](Blocks& o) {
                                              preset(o, "preset");
                                              members(o);
                                          });
                                      }}}};
    b.either(name, meaning, cases);
}

template <class Presets>
std::vector<std::string_view> names_of(const Presets& presets) {
    std::vector<std::string_view> names;
    for (const auto& preset : presets) names.push_back(preset.name);
    return names;
}

/// Of lb::Preset: whole configurations.
template <class Config>
void by_preset(Blocks& b, std::string_view name, std::string_view meaning,
               std::span<const lb::Preset<Config>> presets, std::optional<Config>& to,
               const std::function<void(Blocks&, Config&)>& members) {
    by_preset(
        b, name, meaning, names_of(presets), [&](std::size_t i) { to = presets[i].config; },
        [&](Blocks& o) { members(o, *to); });
}

/// What is said and changes nothing is a mistake: one that `acts` only if something else is so.
void need(Blocks& o, bool acts, std::string_view key, std::string message, std::string hint) {
    if (!acts && o.given(key)) o.problem(key, std::move(message), std::move(hint));
}

void health_check_parts(Blocks& o, lb::HealthCheckConfig& c) {
    c.describe(o);
    optional_part(o, "observe", c.observe, "Requests are signs of health, too");
    const bool asks = c.kind != lb::HealthCheckConfig::Kind::Tcp;
    for (const auto* key : {"path", "expect_status", "retriable_status"})
        need(o, asks, key, "a probe of kind tcp asks nothing, so nothing answers",
             "\"kind\": \"http\", or leave it out");
}

void passive_parts(Blocks& o, lb::PassiveCount::Config& c) {
    using Rule = lb::PassiveCount::Rule;
    c.describe(o);
    const auto only = [&](bool acts, std::string_view key, const std::string& rules) {
        need(o, acts, key, "does nothing by this rule: it is of " + rules,
             "leave it out, or choose another \"rule\"");
    };
    const bool nginx = c.rule == Rule::Nginx, row = c.rule == Rule::Consecutive;
    only(!row, "max_fails", "nginx and sliding");
    only(nginx, "whole_seconds", "nginx");
    only(nginx, "server_errors", "nginx");
    only(row, "error_limit", "consecutive");
    only(row, "on_error", "consecutive");
    only(!nginx, "readmit", "consecutive and sliding");
    need(o, !row || c.readmit == lb::PassiveCount::Readmit::ActiveCheck, "on_error",
         "does nothing: it comes back by itself after fail_timeout",
         "\"readmit\": \"active_check\", and a health_check");
}

void outlier_parts(Blocks& o, lb::OutlierRules& rules) {
    rules.describe(o);
    if (o.nothing("consecutive")) rules.consecutive.reset();
    if (o.optional("consecutive"))
        o.object("consecutive", "Failures of one backend in a row", [&](Blocks& c) {
            auto config = rules.consecutive.value_or(lb::OutlierRules::Consecutive{});
            config.describe(c);
            rules.consecutive = config;
            need(c, rules.split_local_origin, "local_origin",
                 "requests without answer are not counted apart",
                 "\"split_local_origin\": true, or leave it out");
        });
    optional_part(o, "success_rate", rules.success_rate, "A success rate far below the mean");
    optional_part(o, "failure_percentage", rules.failure_percentage, "Too many failures");
    optional_part(o, "latency", rules.latency, "A latency many times that of the others");
    part(o, "enforce_percent", rules.enforce_percent, "What part of those found is ejected");
}

void breaker_parts(Blocks& o, lb::breaker::Config& c) {
    c.describe(o);
    part(o, "overload", c.overload, "What too many requests (429) count as");
    part(o, "window", c.window, "Which results are looked at");
    o.object("trip", "What opens a closed circuit", [&](Blocks& t) {
        c.trip.describe(t);
        optional_part(t, "failure_rate", c.trip.failure_rate, "A rate of failures");
        optional_part(t, "slow_rate", c.trip.slow_rate, "A rate of slow calls");
    });
    o.object("open", "For how long, and how it is left", [&](Blocks& p) {
        c.open.describe(p);
        part(p, "backoff", c.open.backoff, "How the wait grows");
    });
    part(o, "half_open", c.half_open, "Trials decide");
    part(o, "late_results", c.late_results, "Results of requests sent before the last change");
    part(o, "close", c.close, "When it closes");
    part(o, "ramp", c.ramp, "Gradual readmission");
    if (o.sound()) c.check(o);
    if (c.scope == lb::breaker::Scope::BackendRoute)
        o.problem("scope", "routes to a backend have no breakers of their own here",
                  "give them pools of their own, with the scope backend");
    if (c.ramp.duration > Duration::zero() && c.scope != lb::breaker::Scope::Cluster)
        o.problem("ramp", "a ramp turns requests away, so it is for one circuit of all backends",
                  "\"scope\": \"cluster\", or use slow_start instead");
}

void breaker(Blocks& b, lb::Guard::Config& to) {
    const auto presets = lb::breaker::presets();
    auto config = std::make_shared<lb::breaker::Config>();
    bool read = false;
    by_preset(
        b, "circuit_breaker", "Keeps requests away from who fails, and tries again later",
        names_of(presets),
        [&](std::size_t i) {
            *config = presets[i].config();
            read = true;
        },
        [&](Blocks& o) { breaker_parts(o, *config); });
    if (read) to.circuit_breaker = std::move(config);
}

void limits(Blocks& b, lb::Guard::Config& to) {
    if (b.optional("limits"))
        b.object("limits", "How much there may be at the same time; what is more is rejected",
                 [&](Blocks& o) {
                     lb::ResourceLimits::Config limits;
                     limits.max_connections = limits.max_pending = limits.max_requests =
                         limits.max_retries = {};
                     limits.describe(o);
                     need(o, !limits.max_connections.none(), "max_pending",
                          "nobody waits for a connection where they are unlimited",
                          "give \"max_connections\", too");
                     optional_part(o, "retry_budget", limits.retry_budget,
                                   "Instead of max_retries");
                     to.limits = limits;
                 });
    if (b.optional("adaptive_limit")) {
        std::vector<Blocks::Choice> kinds;
        for (const auto& kind : lb::adaptive_limits())
            kinds.push_back({kind.name, kind.summary,
                             [&to, &kind](Blocks& o) { to.adaptive_limit = kind.configure(o); }});
        b.tagged("adaptive_limit", "gradient2",
                 "How many requests may be in flight, found out from their latencies", "algorithm",
                 "adaptive limit", kinds);
    }
    optional_part(b, "admission", to.admission,
                  "Turns away a part of the requests when too many fail");
}

}  // namespace

void describe_guard(Blocks& b, Balancers& to) {
    auto& guard = to.guard;
    by_preset<lb::HealthCheckConfig>(b, "health_check", "Asks backends how they are",
                                     lb::health_check_presets(), guard.health_check,
                                     health_check_parts);
    by_preset<lb::PassiveCount::Config>(b, "passive_health", "Excludes who fails too many requests",
                                        lb::passive_presets(), guard.passive_health, passive_parts);
    by_preset<lb::OutlierRules>(b, "outlier_ejection", "Ejects who answers worse than the others",
                                lb::outlier_presets(), guard.outlier_ejection, outlier_parts);
    breaker(b, guard);
    by_preset<lb::FailOpen>(b, "fail_open",
                            "When so few are healthy that all are used; without, what finds nobody "
                            "healthy is rejected",
                            lb::fail_open_presets(), to.around.pool.fail_open,
                            [](Blocks& o, lb::FailOpen& c) { c.describe(o); });
    limits(b, guard);
    if (b.optional("outcomes")) part(b, "outcomes", guard.outcomes, "What counts as a failure");
}

}  // namespace lbsim
