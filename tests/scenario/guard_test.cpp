#include <gtest/gtest.h>

#include <string>

#include "balancer/circuit_breaker/presets.hpp"
#include "balancer/health/health_check_presets.hpp"
#include "balancer/health/outlier_presets.hpp"
#include "scenario/load.hpp"

// What a scenario says of health checks, ejection, circuit breakers and limits.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

std::string text(const std::string& balancers) {
    return R"({"clients": [{"arrivals": {"poisson": {"rate": "50/s"}}, "timeout": "5s"}],
               "backends": [{"name": "b", "count": 3, "service": "10ms"}],
               "balancers": )" +
           balancers + "}";
}
Balancers loaded(const std::string& balancers) {
    static const auto policies = lb::builtin_policies();
    return load_experiment("x.json", text(balancers), {}, policies)
        .variants.at(0)
        .scenario.balancers;
}
std::string wrong(const std::string& balancers) {
    try {
        loaded(balancers);
    } catch (const ScenarioError& error) {
        std::string out;
        for (const auto& p : error.problems())
            out += (out.empty() ? "" : "\n") + p.pointer + ": " + p.message;
        return out;
    }
    return "nothing";
}

TEST(Guard, TakesEveryPresetByItsName) {
    for (const auto& preset : lb::health_check_presets()) {
        const auto b = loaded(R"({"health_check": ")" + std::string{preset.name} + "\"}");
        EXPECT_EQ(b.guard.health_check->interval, preset.config.interval);
    }
    for (const auto& preset : lb::outlier_presets()) {
        const auto b = loaded(R"({"outlier_ejection": ")" + std::string{preset.name} + "\"}");
        EXPECT_EQ(b.guard.outlier_ejection->base_ejection, preset.config.base_ejection);
    }
    for (const auto& preset : lb::breaker::presets()) {
        const auto b = loaded(R"({"circuit_breaker": ")" + std::string{preset.name} + "\"}");
        EXPECT_EQ(b.guard.circuit_breaker->open.wait, preset.config().open.wait) << preset.name;
    }
}

TEST(Guard, TakesARuleOutOfAPreset) {
    const auto b = loaded(R"({
        "circuit_breaker": {"trip": {"failure_rate": null, "consecutive_failures": 7}},
        "outlier_ejection": {"consecutive": null, "latency": null}})");
    EXPECT_FALSE(b.guard.circuit_breaker->trip.failure_rate);
    EXPECT_EQ(b.guard.circuit_breaker->trip.consecutive_failures.value, 7);
    EXPECT_FALSE(b.guard.outlier_ejection->consecutive);
    EXPECT_FALSE(b.guard.outlier_ejection->latency);
    EXPECT_TRUE(b.guard.outlier_ejection->success_rate);
}

TEST(Guard, ChangesWhatAPresetSays) {
    const auto b = loaded(R"({
        "health_check": {"preset": "haproxy", "interval": "7s", "observe": {"error_limit": 4}},
        "passive_health": {"rule": "consecutive", "error_limit": 3},
        "outlier_ejection": {"preset": "envoy", "failure_percentage": {"threshold_percent": 10},
                             "latency": {"factor": 4}, "enforce_percent": {"latency": 50}},
        "circuit_breaker": {"preset": "polly", "trip": {"failure_rate": {"value": "30%"}},
                            "open": {"backoff": {"jitter": 0.3}}},
        "fail_open": {"panic_threshold_percent": 30},
        "limits": {"max_requests": 100, "retry_budget": {"percent": "15%"}},
        "adaptive_limit": {"algorithm": "aimd"},
        "admission": {"aggression": 2},
        "timeouts": {"queue": "2s"}})");
    const auto& g = b.guard;
    EXPECT_EQ(g.health_check->interval, 7s);
    EXPECT_EQ(g.health_check->kind, lb::HealthCheckConfig::Kind::Tcp);  // HAProxy's.
    EXPECT_EQ(g.health_check->observe->error_limit, 4);
    EXPECT_EQ(g.passive_health->error_limit, 3);
    EXPECT_EQ(g.outlier_ejection->failure_percentage->threshold_percent, 10);
    EXPECT_EQ(g.outlier_ejection->latency->factor, 4);
    EXPECT_EQ(g.outlier_ejection->enforce_percent.latency, 50);
    EXPECT_EQ(g.circuit_breaker->trip.failure_rate->value, 0.3);
    EXPECT_EQ(g.circuit_breaker->open.backoff.jitter, 0.3);
    EXPECT_EQ(b.around.pool.fail_open->panic_threshold_percent, 30);
    EXPECT_EQ(g.limits->max_requests.value, 100);
    EXPECT_TRUE(g.limits->max_connections.none());
    EXPECT_EQ(g.limits->retry_budget->percent, 0.15);
    EXPECT_TRUE(g.adaptive_limit);
    EXPECT_EQ(g.admission->aggression, 2);
    EXPECT_EQ(b.queue_timeout, 2s);
    EXPECT_FALSE(loaded("{}").guard.any());
}

TEST(Guard, SaysWhatAnObjectHasThatIsSomethingElse) {
    try {
        loaded(R"({"circuit_breaker": {"trip": {"failure_rate": 0.5}}})");
        FAIL();
    } catch (const ScenarioError& error) {
        ASSERT_EQ(error.problems().size(), 1u);
        EXPECT_EQ(error.problems()[0].message, "expected an object, found 0.5");
        EXPECT_EQ(error.problems()[0].hint, R"(its keys: "op", "value")");
    }
}

TEST(Guard, TakesNothingThatWouldHaveNoEffect) {
    const struct {
        std::string balancers, wrong;
    } cases[] = {
        {R"({"health_check": {"kind": "tcp", "path": "/up"}})",
         "/health_check/path: a probe of kind tcp asks nothing, so nothing answers"},
        {R"({"health_check": {"kind": "http", "path": "/up"}})", ""},
        {R"({"health_check": "envoy", "passive_health": {"error_limit": 3}})",
         "/passive_health/error_limit: does nothing by this rule: it is of consecutive"},
        {R"({"passive_health": {"rule": "sliding", "whole_seconds": false}})",
         "/passive_health/whole_seconds: does nothing by this rule: it is of nginx"},
        {R"({"passive_health": {"rule": "consecutive", "on_error": "mark_down"}})",
         "/passive_health/on_error: does nothing: it comes back by itself after fail_timeout"},
        {R"({"outlier_ejection": {"consecutive": {"local_origin": 3}}})",
         "/outlier_ejection/consecutive/local_origin: requests without answer are not counted "
         "apart"},
        {R"({"outlier_ejection": {"split_local_origin": true,
                                  "consecutive": {"local_origin": 3}}})",
         ""},
        {R"({"limits": {"max_pending": 3}})",
         "/limits/max_pending: nobody waits for a connection where they are unlimited"},
        {R"({"limits": {"max_pending": 3, "max_connections": 3}})", ""},
    };
    for (const auto& c : cases)
        EXPECT_EQ(wrong(c.balancers), c.wrong.empty() ? "nothing" : "/balancers" + c.wrong);
}

TEST(Guard, SaysWhatIsWrong) {
    EXPECT_EQ(wrong(R"({"circuit_breaker": "hystricks"})").substr(0, 51),
              "/balancers/circuit_breaker: expected \"default\", \"hy");
    EXPECT_EQ(wrong(R"({"health_check": {"intervall": "5s"}})"),
              "/balancers/health_check/intervall: unknown key \"intervall\"");
    EXPECT_EQ(wrong(R"({"health_check": {"expect_status": "ok"}})").substr(0, 40),
              "/balancers/health_check/expect_status: n");
    EXPECT_EQ(wrong(R"({"circuit_breaker": {"scope": "backend_route"}})"),
              "/balancers/circuit_breaker/scope: routes to a backend have no breakers of their own "
              "here");
    EXPECT_EQ(
        wrong(R"({"circuit_breaker": {"ramp": {"duration": "5s"}}})"),
        "/balancers/circuit_breaker/ramp: a ramp turns requests away, so it is for one circuit "
        "of all backends");
    EXPECT_EQ(wrong(R"({"priorities": {}, "fail_open": "default"})"),
              "/balancers/fail_open: priorities have a panic threshold of their own");
    EXPECT_EQ(wrong(R"({"passive_health": "haproxy"})"),
              "/balancers/passive_health: only health checks readmit whom it leaves out, and there "
              "are none");
    EXPECT_EQ(wrong(R"({"passive_health": "haproxy", "health_check": "haproxy"})"), "nothing");
    EXPECT_EQ(wrong(R"({"timeouts": {"queue": "1s"}, "limits": {"max_connections": 3}})"),
              "nothing");
    EXPECT_EQ(wrong(R"({"timeouts": {"queue": "1s"}})"),
              "/balancers/timeouts/queue: nothing waits where nothing is limited");
}

}  // namespace
