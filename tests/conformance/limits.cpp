#include <array>
#include <string>

#include "balancer/limits/adaptive_limits.hpp"
#include "balancer/limits/admission_control.hpp"
#include "balancer/limits/client_throttle.hpp"
#include "balancer/limits/envoy_gradient.hpp"
#include "balancer/limits/resource_limits.hpp"
#include "conformance/families.hpp"
#include "conformance/json_fields.hpp"

namespace conformance {
namespace {

/// A limit, and what it does with each sample.
void adaptive(const Json& c, Report& report) {
    const auto& config = c.at("config");
    const auto algorithm = config.at("algorithm").get<std::string>();
    const auto* kind = lb::find_adaptive_limit(algorithm);
    if (kind == nullptr) throw unknown(algorithm);
    JsonFields fields{config, JsonFields::Unknown::Refused, {"algorithm"}};
    const auto limit = kind->configure(fields)(lb::Rng{1}, lb::Instant{});
    fields.finish();
    Json expected = Json::array(), got = Json::array();
    for (const auto& step : c.at("steps")) {
        const auto latency = milliseconds(step.at("rtt_ms"));
        const auto now = lb::Instant{step.contains("t_ms") ? milliseconds(step["t_ms"]) : latency};
        limit->due(now);
        limit->on_sample({now - latency, latency, step.at("in_flight").get<std::int64_t>(),
                          step.value("dropped", false)},
                         now);
        if (!step.contains("expect")) continue;
        expected.push_back(step["expect"].at("limit"));
        got.push_back(limit->limit());
    }
    report.equal(c.at("id").get<std::string>(), expected, got);
}

void near(const Json& c, const char* name, double got, Report& report) {
    report.near(c.at("id").get<std::string>() + ", " + name, c.at("expect").at(name).get<double>(),
                got, 2e-9);
}

void gradient(const Json& c, const Json& input, Report& report) {
    const auto us = [&](const char* name) {
        return lb::Duration{std::chrono::microseconds{input.at(name).get<std::int64_t>()}};
    };
    lb::EnvoyGradientLimit::Config config;
    config.min_rtt_buffer = input.value("min_rtt_buffer", config.min_rtt_buffer);
    config.min_concurrency = input.value("min_concurrency", config.min_concurrency);
    config.max_concurrency = input.value("max_concurrency", config.max_concurrency);
    const auto update = lb::EnvoyGradientLimit::updated(
        config, input.at("limit").get<std::int64_t>(), us("min_rtt_us"), us("sample_rtt_us"));
    near(c, "gradient", update.gradient, report);
    report.equal(c.at("id").get<std::string>(), c["expect"].at("new_limit"), update.limit);
}

void admission(const Json& c, const Json& input, Report& report) {
    lb::AdmissionControl::Config config;
    config.success_threshold = input.at("success_threshold").get<double>();
    config.aggression = input.value("aggression", config.aggression);
    config.max_reject = input.value("max_reject_probability", config.max_reject);
    near(c, "reject_probability",
         lb::AdmissionControl::reject_probability(config, input.at("requests").get<std::int64_t>(),
                                                  input.at("successes").get<std::int64_t>()),
         report);
}

void throttle(const Json& c, const Json& input, Report& report) {
    near(c, "reject_probability",
         lb::ClientThrottle::reject_probability(input.value("k", lb::ClientThrottle::Config{}.k),
                                                input.at("requests").get<std::int64_t>(),
                                                input.at("accepts").get<std::int64_t>()),
         report);
}

void retries(const Json& c, const Json& input, Report& report) {
    using Resource = lb::ResourceLimits::Resource;
    lb::ResourceLimits::Config config{{}, {}, {}, {3}, {}};
    config.max_retries.value = input.value("max_retries", config.max_retries.value);
    if (input.contains("budget_percent") || input.contains("min_retry_concurrency")) {
        lb::RetryBudget::Config budget;
        budget.percent = input.value("budget_percent", 20.0) / 100;
        budget.min = input.value("min_retry_concurrency", budget.min);
        config.retry_budget = budget;
    }
    lb::ResourceLimits resources{config};
    const auto take = [&](Resource of, std::int64_t count) {
        while (resources.used(of) < count && resources.take(of)) {}
    };
    take(Resource::Requests, input.value("active", std::int64_t{0}));
    take(Resource::Pending, input.value("pending", std::int64_t{0}));
    take(Resource::Retries, input.at("retries_in_flight").get<std::int64_t>());
    Json got = c.at("expect");
    if (got.contains("max_retries")) got["max_retries"] = resources.limit(Resource::Retries);
    if (got.contains("retry_allowed")) got["retry_allowed"] = resources.admits(Resource::Retries);
    report.equal(c.at("id").get<std::string>(), c["expect"], got);
}

void limit_case(const Json& c, Report& report) {
    if (c.contains("steps")) return adaptive(c, report);
    const auto& input = c.at("input");
    if (input.contains("min_rtt_us")) return gradient(c, input, report);
    if (input.contains("success_threshold")) return admission(c, input, report);
    if (input.contains("accepts")) return throttle(c, input, report);
    if (input.contains("retries_in_flight")) return retries(c, input, report);
    throw unknown(input.dump());
}

void limits(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) guarded(limit_case, c, report);
}

constexpr std::array<Family, 1> kFamilies{{{"limits", limits}}};

}  // namespace

std::span<const Family> limit_families() { return kFamilies; }

}  // namespace conformance
