#include <algorithm>
#include <array>
#include <string>

#include "balancer/health/health_check.hpp"
#include "balancer/health/passive_count.hpp"
#include "conformance/families.hpp"
#include "conformance/json_fields.hpp"
#include "conformance/steps.hpp"

namespace conformance {
namespace {

using lb::HealthCheck;
using lb::PassiveCount;
using lb::Sign;

// ---- active-check

HealthCheck::Config check_config(const Json& c) {
    HealthCheck::Config config;
    config.initial = HealthCheck::Config::Initial::Up;
    config.first_delay = HealthCheck::Config::FirstDelay::AtOnce;
    read_into(config, c);
    if (c.contains("observe")) read_part(config.observe, c, "observe");
    if (c.contains("interval_degraded_ms"))
        config.interval_rising = config.interval_falling = milliseconds(c["interval_degraded_ms"]);
    return config;
}

/// One backend's health check that a script drives.
class Patient {
public:
    explicit Patient(const Json& c) : config_{check_config(c)}, check_{config_, {}, rng_} {}

    void play(const Json& step, Steps& steps) {
        const auto now = instant(step);
        const auto transition = apply(step, now);
        static constexpr const char* kTransitions[] = {"unchanged", "pending", "changed"};
        steps.say(step, "state", std::string{words(check_.state())});
        steps.say(step, "transition", kTransitions[static_cast<std::size_t>(transition)]);
        steps.say(step, "next_probe_in_ms", in_milliseconds(check_.next_due() - now));
        auto score = config_;
        score.scoring = HealthCheck::Config::Scoring::Score;
        const auto shown = check_.shown(score);
        steps.say(step, "score", shown.substr(shown.find(' ') + 1));
    }

private:
    HealthCheck::Transition apply(const Json& step, lb::Instant now) {
        const auto op = step.at("op").get<std::string>();
        if (op == "traffic_ok" || op == "traffic_error")
            return check_.on_request(config_, op == "traffic_error", now);
        if (op == "immediate_fail") return check_.on_goodbye(config_);
        check_.begin(config_, std::min(now, check_.next_due()));
        return check_.on_probe(config_, sign(op), step.value("traffic_seen", true), now, rng_);
    }
    static Sign sign(const std::string& op) {
        if (op == "probe_ok") return Sign::Passed;
        if (op == "probe_degraded") return Sign::Degraded;
        if (op == "probe_timeout") return Sign::TimedOut;
        if (op == "probe_conn_fail") return Sign::NoConnection;
        return Sign::WrongAnswer;
    }

    HealthCheck::Config config_;
    lb::Rng rng_{1};
    HealthCheck check_;
};

void active_check(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        Patient patient{c.at("config")};
        Steps steps{c};
        for (const auto& step : steps.all()) patient.play(step, steps);
        steps.report(report);
    }
}

// ---- passive-count

void passive_count(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) {
        PassiveCount::Config config;
        const auto& given = c.at("config");
        read_into(config, given);
        config.whole_seconds = given.value("clock", "whole_seconds") == "whole_seconds";
        const bool lone = given.value("peers", 2) == 1;  // Then nginx does not look at failures.
        PassiveCount count;
        Steps steps{c};
        for (const auto& step : steps.all()) {
            const auto now = instant(step);
            const auto op = step.at("op").get<std::string>();
            const auto eligible = [&] { return lone || count.admits(config, now); };
            const bool before = eligible();
            if (op == "select" && before) count.on_sent(config, now);
            if (op != "select" && !lone) count.on_done(config, op == "failure", now);
            steps.say(step, "eligible", op == "select" ? before : eligible());
            steps.say(step, "fail_count", count.count(config, now));
        }
        steps.report(report);
    }
}

constexpr std::array<Family, 2> kFamilies{
    {{"active-check", active_check}, {"passive-count", passive_count}}};

}  // namespace

std::span<const Family> health_families() { return kFamilies; }

}  // namespace conformance
