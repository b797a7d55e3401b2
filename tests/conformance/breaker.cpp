#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "balancer/circuit_breaker.hpp"
#include "conformance/families.hpp"
#include "conformance/json_fields.hpp"

namespace conformance {
namespace {

using lb::CircuitBreaker;
using lb::Duration;
using lb::Instant;
using lb::Outcome;
namespace breaker = lb::breaker;
using namespace std::chrono_literals;

/// What a file means by the keys that it leaves out.
CircuitBreaker::Config left_out() {
    CircuitBreaker::Config c;
    c.overload.in_consecutive = breaker::Overload::As::Failure;
    c.window.kind = breaker::Window::Kind::Unbounded;
    c.trip.min_calls = 0;
    c.trip.failure_rate.reset();
    c.trip.consecutive_failures = {};
    c.open.backoff = {
        .kind = breaker::Backoff::Kind::Constant, .max = Duration::max(), .jitter = 0};
    c.half_open = {.max_trials = 1,
                   .decide = breaker::HalfOpen::Decide::FirstResult,
                   .max_wait = 0s,
                   .wait_from = breaker::HalfOpen::WaitFrom::Entry};
    return c;
}

std::optional<breaker::Threshold> threshold(const Json& trip, const char* name) {
    const auto found = trip.find(name);
    if (found == trip.end() || found->is_null()) return std::nullopt;
    return read(*found, breaker::Threshold{});
}

CircuitBreaker::Config config_of(const Json& json) {
    auto c =
        read(json, left_out(),
             {"overload", "window", "trip", "open", "half_open", "late_results", "close", "ramp"});
    c.overload = read_member(json, "overload", c.overload);
    c.window = read_member(json, "window", c.window);
    c.trip = read_member(json, "trip", c.trip, {"failure_rate", "slow_rate"});
    if (const auto trip = json.find("trip"); trip != json.end()) {
        c.trip.failure_rate = threshold(*trip, "failure_rate");
        c.trip.slow_rate = threshold(*trip, "slow_rate");
    }
    c.open = read_member(json, "open", c.open, {"backoff"});
    if (const auto open = json.find("open"); open != json.end())
        c.open.backoff = read_member(*open, "backoff", c.open.backoff);
    c.half_open = read_member(json, "half_open", c.half_open);
    c.late_results = read_member(json, "late_results", c.late_results);
    c.close = read_member(json, "close", c.close);
    c.ramp = read_member(json, "ramp", c.ramp);
    return c;
}

/// A breaker that a script drives.
class Script {
public:
    explicit Script(const CircuitBreaker::Config& config)
        : slow_{config.slow_call + 1ms},
          breaker_{std::make_shared<const CircuitBreaker::Config>(config),
                   lb::Rng{1}.numbered("jitter"), Instant{}} {}

    /// Does it, and returns what is expected of it as it is.
    Json step(const Json& s) {
        const Instant now{milliseconds(s.at("t_ms"))};
        while (breaker_.due(now)) {}
        const auto op = s.at("op").get<std::string>();
        Json got = s.value("expect", Json::object());
        if (op == "acquire")
            put(got, "admitted", acquire(s.value("call", Json{}), now));
        else if (op == "force_open")
            breaker_.force_open(now);
        else if (op == "force_half_open")
            breaker_.force_half_open(now);
        else if (op == "force_closed")
            breaker_.force_closed(now);
        else if (op != "tick")
            finish(s, op, now);
        while (breaker_.due(now)) {}
        put(got, "state", words(breaker_.state(now)));
        put(got, "window_calls", breaker_.tally().calls);
        put(got, "window_failed", breaker_.tally().failed);
        return got;
    }

private:
    static void put(Json& expected, const char* name, const Json& got) {
        if (expected.contains(name)) expected[name] = got;
    }
    bool acquire(const Json& call, Instant now) {
        if (!breaker_.admits(now)) {
            breaker_.on_refused(now);
            return false;
        }
        out_.insert_or_assign(call.dump(), breaker_.on_sent(now));
        return true;
    }
    void finish(const Json& s, const std::string& op, Instant now) {
        using Kind = Outcome::Kind;
        static const std::map<std::string, Kind> kKinds{
            {"success", Kind::Success},      {"failure", Kind::Failure},
            {"slow_success", Kind::Success}, {"slow_failure", Kind::Failure},
            {"overload", Kind::Overload},    {"ignored", Kind::Ignored},
            {"cancelled", Kind::Ignored}};
        const auto kind = kKinds.find(op);
        if (kind == kKinds.end()) throw unknown(op);
        const auto call = out_.find(s.at("call").dump());
        if (call == out_.end()) return;  // It was turned away.
        auto latency = milliseconds(s.value("latency_ms", Json(0)));
        if (op.rfind("slow_", 0) == 0) latency = std::max(latency, slow_);
        breaker_.on_done(call->second, {kind->second, latency}, now);
        out_.erase(call);
    }

    Duration slow_;
    CircuitBreaker breaker_;
    std::map<std::string, CircuitBreaker::Permit> out_;
};

void breaker_case(const Json& c, Report& report) {
    Script script{config_of(c.at("config"))};
    Json expected = Json::array(), got = Json::array();
    for (const auto& step : c.at("steps")) {
        expected.push_back(step.value("expect", Json::object()));
        got.push_back(script.step(step));
        if (expected.back() == got.back()) continue;
        const auto what = c.at("id").get<std::string>() + ", step " +
                          std::to_string(got.size() - 1) + ' ' + step.dump();
        return report.equal(what, expected.back(), got.back());
    }
    report.equal(c.at("id").get<std::string>(), expected, got);
}

void circuit_breaker(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) guarded(breaker_case, c, report);
}

// A success rate that is forgotten exponentially, by the clock or by the number of calls: then a
// call is a millisecond.
void ewma_case(const Json& c, Report& report) {
    const auto& config = c.at("config");
    const bool by_calls = config.value("clock", "calls") == "calls";
    const auto lifetime = config.contains("lifetime_ms") ? "lifetime_ms" : "lifetime";
    breaker::EwmaWindow window{milliseconds(config.at(lifetime)), Instant{}};
    const double required = config.at("required_success_rate").get<double>();
    const auto least = config.value("min_requests", std::int64_t{0});
    std::int64_t calls = 0;
    std::size_t number = 0;
    for (const auto& step : c.at("steps")) {
        const auto op = step.at("op").get<std::string>();
        if (op != "success" && op != "failure") throw unknown(op);
        auto clock = Instant{milliseconds(step.value("t_ms", Json(0)))};
        Json first = nullptr;
        for (std::int64_t i = 1; i <= step.value("count", std::int64_t{1}); ++i) {
            const Instant now = by_calls ? Instant{std::chrono::milliseconds{++calls}} : clock;
            clock += milliseconds(step.value("spacing_ms", Json(0)));
            window.record({.failed = op == "failure"}, 0, now);
            const auto rates = window.rates(now);
            const bool dead =
                op == "failure" && rates && rates->calls >= least && 1 - rates->failed < required;
            if (dead && first.is_null()) first = i;
        }
        const auto what = c.at("id").get<std::string>() + ", step " + std::to_string(number++);
        const auto expect = step.value("expect", Json::object());
        if (expect.contains("first_mark_dead_at"))
            report.equal(what + ", dead", expect["first_mark_dead_at"], first);
        if (expect.contains("success_rate"))  // Of nine digits.
            report.near(what + ", success rate", expect["success_rate"].get<double>(),
                        1 - window.average().failed, 2e-9);
    }
}

void ewma_accrual(const Json& file, Report& report) {
    for (const auto& c : file.at("cases")) guarded(ewma_case, c, report);
}

constexpr std::array<Family, 2> kFamilies{
    {{"breaker", circuit_breaker}, {"ewma-accrual", ewma_accrual}}};

}  // namespace

std::span<const Family> breaker_families() { return kFamilies; }

}  // namespace conformance
