#include "balancer/health/outlier_ejection.hpp"

#include <algorithm>
#include <utility>

#include "base/expects.hpp"

namespace lb {

std::string_view words(OutlierEjection::Cause cause) {
    using Cause = OutlierEjection::Cause;
    switch (cause) {
        case Cause::ServerErrors: return "server errors in a row";
        case Cause::GatewayErrors: return "gateway errors in a row";
        case Cause::LocalErrors: return "requests without answer in a row";
        case Cause::SuccessRate: return "success rate far below the mean";
        case Cause::FailurePercentage: return "too many failures";
        case Cause::LocalSuccessRate: return "share of answered requests far below the mean";
        case Cause::LocalFailurePercentage: return "too many requests without answer";
        case Cause::Latency: return "latency far above the others'";
        case Cause::TimeOver: return "time is over";
        case Cause::ProbePassed: break;
    }
    return "probe passed";
}

void OutlierEjection::add(BackendId id, Instant now) {
    expects(!contains(id));
    if (size() == 0) next_sweep_ = now + config_.sweep_interval;
    members_.insert(id);
    if (index(id) >= of_.size()) of_.resize(index(id) + 1);
    of_[index(id)] = {};
    if (!config_.latency) return;
    latencies_.resize(of_.size());
    latencies_[index(id)].clear();
}

void OutlierEjection::remove(BackendId id) {
    expects(contains(id));
    if (member(id).ejected) --ejected_;
    members_.erase(id);
}

// ---- Requests

void OutlierEjection::on_done(BackendId id, const Response& response, Outcome::Kind kind,
                              Instant now, Events& events) {
    using End = Response::End;
    const bool timed = response.end == End::Complete || response.end == End::Timeout;
    if (config_.latency && timed && contains(id) && counts(member(id)))
        latencies_[index(id)].add(response.latency);
    report(id, verdict_of(response, kind), now, events);
}

void OutlierEjection::report(BackendId id, Verdict verdict, Instant now, Events& events) {
    if (!contains(id) || verdict == Verdict::Ignored || !counts(member(id))) return;
    const bool answered = verdict != Verdict::LocalOrigin;
    if (config_.split_local_origin) count_connection(id, answered, now, events);
    if (!config_.split_local_origin || answered) count_answer(id, verdict, now, events);
}

void OutlierEjection::count_answer(BackendId id, Verdict verdict, Instant now, Events& events) {
    auto& m = member(id);
    ++m.answers.total;
    if (verdict == Verdict::Success) {
        ++m.answers.succeeded;
        m.server_errors = m.gateway_errors = 0;
        return;
    }
    const auto limits = config_.consecutive.value_or(Config::Consecutive{0, 0, 0});
    if (verdict == Verdict::ServerError)
        m.gateway_errors = 0;
    else
        step(id, &Member::gateway_errors, limits.gateway, Cause::GatewayErrors, now, events);
    step(id, &Member::server_errors, limits.server_error, Cause::ServerErrors, now, events);
}

void OutlierEjection::count_connection(BackendId id, bool made, Instant now, Events& events) {
    auto& m = member(id);
    ++m.connections.total;
    if (made) {
        ++m.connections.succeeded;
        m.local_errors = 0;
        return;
    }
    const auto limit = config_.consecutive ? config_.consecutive->local_origin : 0;
    step(id, &Member::local_errors, limit, Cause::LocalErrors, now, events);
}

/// One failure more of a run.  At the limit it is found, and the run starts over; not if it is
/// ejected already: then the run goes on until it is back.
void OutlierEjection::step(BackendId id, std::int64_t Member::*run, std::int64_t limit, Cause cause,
                           Instant now, Events& events) {
    auto& m = member(id);
    if (++(m.*run) != limit || m.ejected) return;
    found(id, cause, now, events);
    m.*run = 0;
}

void OutlierEjection::on_probe_passed(BackendId id, Instant now, Events& events) {
    if (config_.active_check_unejects && ejected(id)) readmit(id, Cause::ProbePassed, now, events);
}

// ---- Ejecting

/// What part of those found so is ejected.
std::int64_t OutlierEjection::percent(Cause cause) const {
    const auto& enforce = config_.enforce_percent;
    switch (cause) {
        case Cause::ServerErrors: return enforce.consecutive_server_error;
        case Cause::GatewayErrors: return enforce.consecutive_gateway;
        case Cause::LocalErrors: return enforce.local_origin;
        case Cause::SuccessRate: return enforce.success_rate;
        case Cause::FailurePercentage: return enforce.failure_percentage;
        case Cause::LocalSuccessRate: return enforce.local_origin_success_rate;
        case Cause::LocalFailurePercentage: return enforce.local_origin_failure_percentage;
        case Cause::Latency: return enforce.latency;
        case Cause::TimeOver:
        case Cause::ProbePassed: break;
    }
    return 0;
}

/// Whether one more may be ejected.
bool OutlierEjection::room() const {
    if (config_.always_allow_one && ejected_ == 0) return true;
    const auto most = config_.max_ejected_percent * static_cast<std::int64_t>(size());
    const auto out = static_cast<std::int64_t>(ejected_);
    if (config_.cap_rule == Config::CapRule::CountBeforeCandidate) return 100 * out < most;
    return 100 * (out + 1) <= most;
}

bool OutlierEjection::found(BackendId id, Cause cause, Instant now, Events& events) {
    using What = Event::What;
    auto& m = member(id);
    const bool can = room();
    if (!can || !rng_.chance(static_cast<double>(percent(cause)) / 100)) {
        events.push_back({id, can ? What::Spared : What::Capped, cause});
        return false;
    }
    eject(m, now);
    events.push_back({id, What::Ejected, cause, m.until});
    return true;
}

void OutlierEjection::eject(Member& m, Instant now) {
    const auto longest = std::max(config_.max_ejection, config_.base_ejection);
    if (!config_.multiplier_saturates ||
        m.multiplier * config_.base_ejection < longest + config_.base_ejection)
        ++m.multiplier;
    Duration jitter{};
    if (config_.jitter > 0ns)
        jitter += Duration{static_cast<Duration::rep>(
            rng_.below(static_cast<std::uint64_t>(config_.jitter.count()) + 1))};
    if (!m.ejected) ++ejected_;
    m.ejected = true;
    m.until = now + std::min(m.multiplier * config_.base_ejection, longest) + jitter;
}

void OutlierEjection::readmit(BackendId id, Cause cause, Instant now, Events& events) {
    auto& m = member(id);
    m.ejected = false;
    m.back_since = now;
    m.server_errors = m.gateway_errors = m.local_errors = 0;
    --ejected_;
    events.push_back({id, Event::What::Readmitted, cause});
}

// ---- Sweeps

void OutlierEjection::sweep(Instant now, Events& events) {
    using Readmit = Config::Readmit;
    if (config_.readmit == Readmit::First) readmit_due(now, events);
    const auto whom = population();
    band_ = judge_success_rates(whom, &Member::answers, Cause::SuccessRate, now, events);
    judge_failures(whom, &Member::answers, Cause::FailurePercentage, now, events);
    judge_success_rates(whom, &Member::connections, Cause::LocalSuccessRate, now, events);
    judge_failures(whom, &Member::connections, Cause::LocalFailurePercentage, now, events);
    judge_latencies(whom, now, events);
    decay(now);
    if (config_.readmit == Readmit::Last) readmit_due(now, events);
    for (const auto id : members_.all()) {
        auto& m = member(id);
        m.answers = m.connections = {};
        m.found = false;
        if (config_.latency) latencies_[index(id)].clear();
    }
    next_sweep_ = now + config_.sweep_interval;
}

OutlierEjection::Population OutlierEjection::population() const {
    Population whom;
    for (const auto id : members_.all())
        if (!of_[index(id)].ejected || config_.judge_ejected) whom.push_back(id);
    return whom;
}

void OutlierEjection::readmit_due(Instant now, Events& events) {
    const bool at_the_end = config_.uneject_boundary == Config::Boundary::AtLeast;
    for (const auto id : members_.all()) {
        const auto& m = member(id);
        if (m.ejected && (at_the_end ? m.until <= now : m.until < now))
            readmit(id, Cause::TimeOver, now, events);
    }
}

std::optional<RateBand> OutlierEjection::judge_success_rates(const Population& whom,
                                                             Window Member::*window, Cause cause,
                                                             Instant now, Events& events) {
    if (!config_.success_rate) return std::nullopt;
    const auto& rules = *config_.success_rate;
    Population busy;
    std::vector<double> rates;
    for (const auto id : whom) {
        const auto& seen = member(id).*window;
        if (seen.total == 0 || std::cmp_less(seen.total, rules.min_requests)) continue;
        busy.push_back(id);
        rates.push_back(seen.rate());
    }
    if (rates.empty() || std::cmp_less(rates.size(), rules.min_hosts)) return std::nullopt;
    const auto band = rate_band(rates, rules.stdev_factor);
    for (std::size_t i = 0; i != busy.size(); ++i)
        if (rates[i] < band.threshold) found_in_sweep(busy[i], cause, now, events);
    return band;
}

void OutlierEjection::judge_failures(const Population& whom, Window Member::*window, Cause cause,
                                     Instant now, Events& events) {
    if (!config_.failure_percentage) return;
    const auto& rules = *config_.failure_percentage;
    Population busy;
    for (const auto id : whom) {
        const auto& seen = member(id).*window;
        if (seen.total != 0 && !std::cmp_less(seen.total, rules.min_requests)) busy.push_back(id);
    }
    const bool all = rules.min_hosts_counts == Config::FailurePercentage::Hosts::All;
    if (std::cmp_less(all ? size() : busy.size(), rules.min_hosts)) return;
    const bool at_least = rules.comparison == Config::Boundary::AtLeast;
    for (const auto id : busy) {
        const double failures = 100 - (member(id).*window).rate();
        if (at_least ? failures >= rules.threshold_percent : failures > rules.threshold_percent)
            found_in_sweep(id, cause, now, events);
    }
}

void OutlierEjection::judge_latencies(const Population& whom, Instant now, Events& events) {
    if (!config_.latency) return;
    const auto& rules = *config_.latency;
    Population busy;
    std::vector<double> latencies;
    for (const auto id : whom) {
        const auto& digest = latencies_[index(id)];
        if (digest.count() == 0 || std::cmp_less(digest.count(), rules.min_requests)) continue;
        busy.push_back(id);
        latencies.push_back(seconds(digest.quantile(rules.quantile)));
    }
    if (busy.size() < 2 || std::cmp_less(busy.size(), rules.min_hosts)) return;
    const auto others = medians_of_others(latencies);
    for (std::size_t i = 0; i != busy.size(); ++i)
        if (latencies[i] > rules.factor * others[i] &&
            latencies[i] - others[i] >= seconds(rules.min_excess))
            found_in_sweep(busy[i], Cause::Latency, now, events);
}

/// Once, by whichever rule is the first.
void OutlierEjection::found_in_sweep(BackendId id, Cause cause, Instant now, Events& events) {
    auto& m = member(id);
    if (!m.found) m.found = found(id, cause, now, events);
}

/// Forgets one ejection of each that is not ejected.
void OutlierEjection::decay(Instant now) {
    const bool at_once = config_.multiplier_decay == Config::Decay::PerHealthySweep;
    for (const auto id : members_.all()) {
        auto& m = member(id);
        if (m.ejected || m.multiplier == 0) continue;
        if (at_once || now - m.back_since >= config_.sweep_interval) --m.multiplier;
    }
}

}  // namespace lb
