#include "balancer/health/health_check.hpp"

#include <algorithm>
#include <utility>

namespace lb {
namespace {

Duration drawn_below(Duration most, Rng& rng) {
    return Duration{
        static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count())))};
}

Duration jittered(const HealthCheckConfig& config, Duration wait, Rng& rng) {
    Duration jitter{};
    const auto part = duration_of(config.jitter_fraction * seconds(wait));
    if (part > 0ns && config.jitter_side == HealthCheckConfig::JitterSide::Around)
        jitter += part - drawn_below(2 * part + 1ns, rng);
    else if (part > 0ns)
        jitter += drawn_below(part, rng);
    if (config.jitter > 0ns) jitter += drawn_below(config.jitter, rng);
    return jitter;
}

}  // namespace

std::string_view words(Sign sign) {
    switch (sign) {
        case Sign::Passed: return "probe passed";
        case Sign::Degraded: return "probe passed, degraded";
        case Sign::WrongAnswer: return "wrong answer to a probe";
        case Sign::RetriableAnswer: return "retriable answer to a probe";
        case Sign::TimedOut: return "probe timed out";
        case Sign::NoConnection: return "no connection for a probe";
        case Sign::RequestErrors: return "errors of requests in a row";
        case Sign::SaidSo: break;
    }
    return "said itself that it goes";
}

std::string_view words(HealthCheck::State state) {
    switch (state) {
        case HealthCheck::State::Checking: return "checking";
        case HealthCheck::State::Down: return "down";
        case HealthCheck::State::Degraded: return "degraded";
        case HealthCheck::State::Up: break;
    }
    return "up";
}

HealthCheck::HealthCheck(const Config& config, Instant now, Rng& rng) {
    using Initial = Config::Initial;
    using Delay = Config::FirstDelay;
    expects(config.interval > 0ns && config.timeout > 0ns && config.rise > 0 && config.fall > 0);
    up_ = config.initial == Initial::Up || config.initial == Initial::UpProvisional;
    checking_ = config.initial == Initial::Checking;
    if (config.initial == Initial::UpProvisional) contrary_ = config.fall - 1;
    if (config.initial == Initial::DownProvisional) contrary_ = config.rise - 1;
    beat_ = now;
    if (config.first_delay == Delay::Spread) beat_ += drawn_below(config.interval, rng);
    if (config.first_delay == Delay::Interval) beat_ += config.interval;
    due_ = beat_;
}

HealthCheck::State HealthCheck::state() const {
    if (checking_) return State::Checking;
    if (!up_) return State::Down;
    return degraded_ ? State::Degraded : State::Up;
}

std::string HealthCheck::shown(const Config& config) const {
    const bool score = config.scoring == Config::Scoring::Score;
    const auto of = up_ ? config.fall : config.rise;
    const auto count = score && up_ ? of - contrary_ : contrary_;
    std::string out{words(state())};
    out += ' ';
    out += std::to_string(count);
    out += '/';
    out += std::to_string(of);
    return out;
}

void HealthCheck::begin(const Config& config, Instant now) {
    expects(!probing_);
    probing_ = true;
    due_ = now + config.timeout;
}

HealthCheck::Transition HealthCheck::on_probe(const Config& config, Sign sign, bool traffic,
                                              Instant now, Rng& rng) {
    expects(probing_ && sign != Sign::RequestErrors);
    probing_ = false;
    const auto before = state();
    const bool passed = sign == Sign::Passed || sign == Sign::Degraded;
    if (passed) {
        errors_.clear();
        leaving_ = false;
        degraded_ = sign == Sign::Degraded;
    }
    if (sign == Sign::SaidSo) leaving_ = true;
    const bool hard = sign == Sign::WrongAnswer && config.hard_fail == Config::HardFail::Immediate;
    auto transition = judge(config, passed, hard || sign == Sign::SaidSo);
    if (transition == Transition::Unchanged && state() != before) transition = Transition::Changed;
    plan(config, traffic, now, rng);
    return transition;
}

void HealthCheck::on_lost(const Config& config, bool traffic, Instant now, Rng& rng) {
    expects(probing_);
    probing_ = false;
    plan(config, traffic, now, rng);
}

HealthCheck::Transition HealthCheck::on_request(const Config& config, bool error, Instant now) {
    if (!config.observe || !errors_.add(error, config.observe->error_limit))
        return Transition::Unchanged;
    return on_errors(config, config.observe->on_error, now);
}

HealthCheck::Transition HealthCheck::on_errors(const Config& config, OnErrors what, Instant now) {
    auto transition = Transition::Unchanged;
    if (what == OnErrors::SuddenDeath && up_ && contrary_ < config.fall - 1)
        contrary_ = config.fall - 2;
    if (what != OnErrors::FastProbe) transition = judge(config, false, what == OnErrors::MarkDown);
    hurried_ = true;
    if (probing_) return transition;
    // A probe that was planned for later is sent sooner; then it was this that hurried it.
    const Instant sooner = now + wait(config, true);
    if (sooner < due_) {
        beat_ = due_ = sooner;
        hurried_ = false;
    }
    return transition;
}

HealthCheck::Transition HealthCheck::on_goodbye(const Config& config) {
    leaving_ = true;
    return judge(config, false, true);
}

/// A result: whether it is well, and whether that decides alone.
HealthCheck::Transition HealthCheck::judge(const Config& config, bool well, bool at_once) {
    using First = Config::FirstResult;
    const bool first = std::exchange(first_, false);
    if (well == up_ && !checking_) {
        contrary_ = 0;
        return Transition::Unchanged;
    }
    const bool decisive = first && (well ? config.first_result != First::Normal
                                         : config.first_result == First::DecisiveBoth);
    const auto enough = well ? config.rise : config.fall;
    if (!checking_ && !at_once && !decisive && ++contrary_ < enough) return Transition::Pending;
    up_ = well;
    checking_ = false;
    contrary_ = 0;
    return Transition::Changed;
}

Duration HealthCheck::wait(const Config& config, bool traffic) const {
    const bool firm = contrary_ == 0;
    const auto or_else = [](Duration wait, Duration otherwise) {
        return wait > 0ns ? wait : otherwise;
    };
    if (!traffic && config.interval_idle > 0ns)
        return up_ && firm ? or_else(config.interval_idle_up, config.interval_idle)
                           : config.interval_idle;
    if (up_ && firm && !hurried_) return config.interval;
    if (up_) return or_else(config.interval_falling, config.interval);
    return or_else(firm ? config.interval_down : config.interval_rising, config.interval);
}

/// The next probe.  Beats that passed while one was in flight are made up for by one at once.
void HealthCheck::plan(const Config& config, bool traffic, Instant now, Rng& rng) {
    const Duration interval = wait(config, traffic);
    hurried_ = false;
    if (config.schedule == Config::Schedule::AfterCompletion) {
        beat_ = now + interval;
    } else {
        beat_ += interval;
        if (beat_ < now) beat_ = now - (now - beat_) % interval;
    }
    due_ = beat_ + jittered(config, interval, rng);
    // At once only to make up for a beat, never because of jitter: it might go on for ever.
    if (due_ <= now) due_ = beat_ <= now ? now : now + 1ns;
}

}  // namespace lb
