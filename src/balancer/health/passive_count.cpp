#include "balancer/health/passive_count.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lb {

void PassiveCount::Config::describe(Fields& f) {
    static constexpr std::string_view kRules[] = {"nginx", "consecutive", "sliding"};
    static constexpr std::string_view kReadmit[] = {"timeout", "active_check"};
    word(f, "rule", rule, kRules,
         "How failures add up: until a success after a pause forgives them, in a row, or within "
         "fail_timeout");
    f.field("max_fails", max_fails, "Not of consecutive: so many exclude it; 0: none ever does",
            {.low = 0, .high = 1e9});
    f.field("fail_timeout", fail_timeout,
            "For how long it is excluded; of sliding, failures count for as long");
    f.field("whole_seconds", whole_seconds, "Of nginx: count time in whole seconds, as it does");
    f.field("server_errors", server_errors,
            "Of nginx: statuses from 500 on are failures, too, and not only what breaks");
    f.field("error_limit", error_limit, "Of consecutive: so many errors in a row", at_least(1));
    describe_on_errors(f, on_error);
    word(
        f, "readmit", readmit, kReadmit,
        "Not of nginx: whether it comes back after fail_timeout, or when its health check says so");
}

bool PassiveCount::admits(const Config& config, Instant now) const {
    if (config.rule == Rule::Nginx)
        return !failures_.exclude(config.max_fails, config.fail_timeout, clock(config, now));
    return now >= out_until_;
}

void PassiveCount::on_sent(const Config& config, Instant now) {
    if (config.rule == Rule::Nginx) failures_.on_sent(config.fail_timeout, clock(config, now));
}

bool PassiveCount::on_done(const Config& config, bool failed, Instant now) {
    const bool timed = config.readmit == Readmit::Timeout;
    switch (config.rule) {
        case Rule::Nginx:
            if (failed)
                failures_.on_failure(clock(config, now));
            else
                failures_.on_success();
            return false;
        case Rule::Consecutive: {
            const bool too_many = errors_.add(failed, config.error_limit);
            if (too_many && timed) out_until_ = now + config.fail_timeout;
            return too_many && !timed;
        }
        case Rule::Sliding: break;
    }
    if (!failed) {
        recent_.clear();
        return false;
    }
    recent_.push_back(now);
    if (std::cmp_greater(recent_.size(), config.max_fails)) recent_.erase(recent_.begin());
    if (config.max_fails != 0 && count(config, now) == config.max_fails && admits(config, now))
        out_until_ = timed ? now + config.fail_timeout : Instant::max();
    return false;
}

void PassiveCount::on_probe_passed(const Config& config) {
    if (config.readmit == Readmit::ActiveCheck) out_until_ = Instant::min();
}

Instant PassiveCount::next_change(const Config& config, Instant now) const {
    if (admits(config, now)) return Instant::max();
    if (config.rule != Rule::Nginx) return out_until_;
    const Duration tick = config.whole_seconds ? Duration{1s} : Duration{1ns};
    const auto end = failures_.checked() + config.fail_timeout;
    return clock(config, end) + tick;
}

std::int64_t PassiveCount::count(const Config& config, Instant now) const {
    switch (config.rule) {
        case Rule::Nginx: return failures_.count();
        case Rule::Consecutive: return errors_.length();
        case Rule::Sliding: break;
    }
    return std::count_if(recent_.begin(), recent_.end(),
                         [&](Instant at) { return at > now - config.fail_timeout; });
}

std::span<const Preset<PassiveCount::Config>> passive_presets() {
    using Rule = PassiveCount::Rule;
    static constexpr std::array<Preset<PassiveCount::Config>, 3> kPresets{{
        {"nginx",
         "One failure; after 10 s one request may try it",
         "nginx 1.22.1, ngx_http_upstream_round_robin.c",
         {.rule = Rule::Nginx}},
        {"haproxy",
         "10 errors in a row count as a failed probe",
         "HAProxy 2.6, doc/configuration.txt: observe, error-limit, on-error",
         {.rule = Rule::Consecutive, .readmit = PassiveCount::Readmit::ActiveCheck}},
        {"traefik",
         "One failure; back after 10 s",
         "Traefik 3, pkg/healthcheck/healthcheck.go and its defaults",
         {.rule = Rule::Sliding}},
    }};
    return kPresets;
}

}  // namespace lb
