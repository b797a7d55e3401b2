#include "balancer/health/health_check_config.hpp"

#include <string_view>

#include "balancer/status_set.hpp"

namespace lb {
namespace {

void check_statuses(Fields& f, std::string_view name, const std::string& list) {
    if (!StatusSet::of(list))
        f.problem(name, "no list of statuses: \"" + list + '"', "write \"200\" or \"200-299,304\"");
}

}  // namespace

void HealthCheckConfig::Observe::describe(Fields& f) {
    f.field("layer", layer, "4 looks at connections only, 7 at answers", {.low = 4, .high = 7});
    f.field("error_limit", error_limit, "After so many errors in a row something is done",
            at_least(1));
    describe_on_errors(f, on_error);
    if (layer != 4 && layer != 7)
        f.problem("layer", "expected layer 4 or 7, found " + std::to_string(layer),
                  "4 looks at connections only, 7 at answers");
}

void HealthCheckConfig::describe(Fields& f) {
    describe_probe(f);
    describe_intervals(f);
    describe_verdict(f);
}

void HealthCheckConfig::describe_probe(Fields& f) {
    static constexpr std::string_view kKinds[] = {"tcp", "http", "app"};
    word(f, "kind", kind, kKinds,
         "Whether a connection is taken, what the server answers, or what the application answers "
         "that looks at what it depends on");
    f.field("path", path, "Not of tcp: what is asked for");
    f.field("expect_status", expect_status, "Not of tcp: good answers, as in \"200-299,304\"");
    f.field("retriable_status", retriable_status,
            "Not of tcp: answers that are not good but never take it down at once");
    f.field("timeout", timeout, "After so long without an answer a probe has failed");
    f.field("reuse_connection", reuse_connection, "Probes share a connection as long as it lasts");
    check_statuses(f, "expect_status", expect_status);
    check_statuses(f, "retriable_status", retriable_status);
}

void HealthCheckConfig::describe_intervals(Fields& f) {
    static constexpr std::string_view kSchedules[] = {"after_completion", "fixed_rate"};
    static constexpr std::string_view kSides[] = {"later", "around"};
    static constexpr std::string_view kDelays[] = {"at_once", "spread", "interval"};
    f.field("interval", interval, "Between two probes of a backend");
    f.field("interval_falling", interval_falling,
            "While one that is up fails probes; 0: as interval", kNotNegative);
    f.field("interval_rising", interval_rising,
            "While one that is down passes probes; 0: as interval", kNotNegative);
    f.field("interval_down", interval_down, "While one that is down fails them; 0: as interval",
            kNotNegative);
    f.field("interval_idle", interval_idle, "As long as there was no request to any; 0: no matter",
            kNotNegative);
    f.field("interval_idle_up", interval_idle_up,
            "The same, for those that are up; 0: as interval_idle", kNotNegative);
    word(f, "schedule", schedule, kSchedules,
         "Whether an interval begins when a probe has ended, or when it was sent");
    f.field("jitter", jitter, "Up to so much is added to an interval at random", kNotNegative);
    f.field("jitter_fraction", jitter_fraction, "Up to so much of itself is, too", kProbability,
            Unit::Fraction);
    word(f, "jitter_side", jitter_side, kSides,
         "Whether jitter_fraction is only added, or added or taken off");
    word(f, "first_delay", first_delay, kDelays,
         "When the first probe of a backend is sent: at once, at random within an interval, or "
         "after one");
}

void HealthCheckConfig::describe_verdict(Fields& f) {
    static constexpr std::string_view kHard[] = {"counted", "immediate"};
    static constexpr std::string_view kFirst[] = {"normal", "decisive_success", "decisive_both"};
    static constexpr std::string_view kInitial[] = {"up", "up_provisional", "down_provisional",
                                                    "down", "checking"};
    static constexpr std::string_view kOnDown[] = {"keep_in_flight", "close_in_flight"};
    f.field("rise", rise, "So many probes passed in a row bring it up", at_least(1));
    f.field("fall", fall, "So many failed in a row take it down", at_least(1));
    word(f, "hard_fail", hard_fail, kHard,
         "Whether an answer that is neither expected nor retriable takes it down at once");
    word(f, "first_result", first_result, kFirst,
         "Which first result of all decides alone: none, if it passed, or any");
    word(f, "initial", initial, kInitial,
         "What is thought of one that joins; provisional: until its first result; checking: it "
         "gets no requests, and its first result decides");
    word(f, "on_down", on_down, kOnDown, "What becomes of its requests in flight");
}

}  // namespace lb
