#include "balancer/limits/admission_control.hpp"

#include <algorithm>

#include "base/math.hpp"

namespace lb {

void AdmissionControl::Config::describe(Fields& f) {
    f.field("window", window, "Over what time successes are counted", {.low = 1, .high = 3600});
    f.field("success_threshold", success_threshold,
            "Requests are turned away when a smaller share of them succeeds",
            {.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
    f.field("aggression", aggression, "1: in proportion; more turns more away at once",
            {.low = 1, .high = 1000});
    f.field("rps_threshold", rps_threshold, "Nothing is turned away while there are fewer",
            kNotNegative, Unit::PerSecond);
    f.field("max_reject", max_reject, "No larger share is turned away", kProbability,
            Unit::Fraction);
}

// Buckets of a second, or a little more.
AdmissionControl::AdmissionControl(const Config& config)
    : config_{config},
      results_{config.window,
               static_cast<std::size_t>(std::max<std::int64_t>(1, config.window / 1s))} {}

double AdmissionControl::reject_probability(const Config& config, std::int64_t requests,
                                            std::int64_t successes) {
    const auto n = static_cast<double>(requests);
    const double missing = n - static_cast<double>(successes) / config.success_threshold;
    const double share = std::max(0.0, missing) / (n + 1);
    return std::min(config.max_reject,
                    config.aggression == 1 ? share : pow(share, 1 / config.aggression));
}

double AdmissionControl::reject_probability(Instant now) {
    results_.advance(now);
    const auto tally = results_.tally();
    const auto since = results_.since();
    if (!since) return 0;
    const auto whole_seconds = std::max<std::int64_t>(1, (now - *since) / 1s);
    if (static_cast<double>(tally.calls / whole_seconds) < config_.rps_threshold) return 0;
    return reject_probability(config_, tally.calls, tally.calls - tally.failed);
}

void AdmissionControl::on_done(bool success, Instant now) {
    results_.advance(now);
    const auto place = results_.place(now);
    results_.call(place, 1);
    results_.record({.failed = !success}, place, now);
}

}  // namespace lb
