#include "balancer/guard.hpp"

#include <algorithm>

namespace lb {
namespace {

using What = Guard::Change::What;
using Resource = ResourceLimits::Resource;

What what_of(CircuitBreaker::State state) {
    switch (state) {
        case CircuitBreaker::State::Closed: return What::Closed;
        case CircuitBreaker::State::Open: return What::Opened;
        case CircuitBreaker::State::HalfOpen: break;
    }
    return What::HalfOpened;
}

}  // namespace

std::string_view words(Guard::Change::What what) {
    switch (what) {
        case What::Unhealthy: return "unhealthy";
        case What::Healthy: return "healthy";
        case What::Ejected: return "ejected";
        case What::Readmitted: return "readmitted";
        case What::Opened: return "circuit opened";
        case What::HalfOpened: return "circuit half-open";
        case What::Closed: break;
    }
    return "circuit closed";
}

Guard::Guard(Fleet& fleet, const Config& config, const Rng& rng, Instant now)
    : fleet_{fleet}, config_{config}, rng_{rng.stream("guard")}, outcomes_{config.outcomes} {
    if (config.health_check) checker_.emplace(*config.health_check, rng_.stream("health"));
    if (config.passive_health) passive_.emplace(*config.passive_health);
    if (config.outlier_ejection)
        outliers_.emplace(*config.outlier_ejection, rng_.stream("outlier"));
    if (config.limits) limits_.emplace(*config.limits);
    if (config.adaptive_limit) adaptive_ = config.adaptive_limit(rng_.stream("limit"), now);
    if (config.admission) admission_.emplace(*config.admission);
    const auto& breaker = config.circuit_breaker;
    if (breaker && breaker->scope == breaker::Scope::Cluster)
        cluster_.emplace(breaker, rng_.numbered("breaker", 0), now);
    for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot)
        if (const BackendId id{slot}; fleet_.is_member(id)) on_added(id, now);
    settle_new(now);
    fleet_.attach(*this);
}

Guard::~Guard() { fleet_.detach(*this); }

// ---- Members

// Others may not have heard of it yet, so nothing is excluded here.
void Guard::on_added(BackendId id, Instant now) {
    if (checker_) checker_->add(id, now);
    if (passive_) passive_->add(id, now, passive_changes_);
    if (outliers_) outliers_->add(id, now);
    if (config_.circuit_breaker && !cluster_) {
        if (breakers_.size() <= index(id)) breakers_.resize(index(id) + 1);
        breakers_[index(id)].emplace(config_.circuit_breaker, rng_.numbered("breaker", ++joined_),
                                     now);
    }
    new_.push_back(id);
}

void Guard::on_removed(BackendId id, Instant now) {
    if (checker_) checker_->remove(id);
    if (passive_) passive_->remove(id, now, passive_changes_);
    if (outliers_) outliers_->remove(id);
    if (index(id) < breakers_.size()) breakers_[index(id)].reset();
    breakers_due_.clear(id);
    std::erase(new_, id);
}

void Guard::settle_new(Instant now) {
    for (const auto id : new_) {
        if (checker_ && !checker_->up(id)) set(id, Exclusion::Unhealthy, true, now);
        if (index(id) < breakers_.size()) settle_breaker(id, now);
    }
    new_.clear();
    settle_passive(now);
}

void Guard::set(BackendId id, Exclusion why, bool excluded, Instant now) {
    if (fleet_.is_excluded(id, why) == excluded) return;
    if (excluded)
        fleet_.exclude(id, why, now);
    else
        fleet_.admit(id, why, now);
}

// ---- Requests

std::optional<Rejection> Guard::refuses(bool admitted, Instant now) {
    if (cluster_) {
        catch_up(*cluster_, std::nullopt, now);
        const bool open = !cluster_->admits(now);
        if (open) cluster_->on_refused(now);
        note(*cluster_, std::nullopt);
        if (open) return Rejection::Open;
    }
    if (limits_ && !(limits_->admits(Resource::Requests) && limits_->admits(Resource::Connections)))
        return Rejection::Limited;
    if (adaptive_ && in_flight_ >= adaptive_->limit()) return Rejection::Limited;
    if (admission_ && !admitted && !admission_->admits(now, rng_)) return Rejection::Shed;
    return std::nullopt;
}

Guard::Permit Guard::on_sent(BackendId id, Instant now) {
    if (free_.empty()) {
        free_.push_back(static_cast<Permit>(sent_.size()));
        sent_.emplace_back();
    }
    const auto permit = free_.back();
    free_.pop_back();
    auto& sent = sent_[static_cast<std::size_t>(permit)] = {{}, false, false, ++in_flight_};
    if (limits_) {
        const bool taken =
            limits_->take(Resource::Requests) && limits_->take(Resource::Connections);
        expects(taken);
    }
    if (checker_) checker_->on_sent();
    if (passive_) {
        passive_->on_sent(id, now, passive_changes_);
        settle_passive(now);
    }
    if (cluster_ || !breakers_.empty()) {
        auto& b = cluster_ ? *cluster_ : breaker(id);
        const auto whose = cluster_ ? std::nullopt : std::optional{id};
        catch_up(b, whose, now);
        sent.permitted = b.admits(now);  // In panic it is sent all the same.
        if (sent.permitted) sent.permit = b.on_sent(now);
        sent.trial = sent.permitted && b.state(now) == CircuitBreaker::State::HalfOpen;
        note(b, whose);
        if (whose) settle_breaker(id, now);
    }
    return permit;
}

// What all requests count for.
void Guard::end_limits(const Sent& sent, const Response& response, const Outcome& outcome,
                       Instant now) {
    --in_flight_;
    if (limits_) {
        limits_->give_back(Resource::Requests);
        limits_->give_back(Resource::Connections);
    }
    if (outcome.kind == Outcome::Kind::Ignored) return;
    const bool dropped =
        outcome.kind == Outcome::Kind::Overload || response.end == Response::End::Timeout;
    if (adaptive_)
        adaptive_->on_sample({now - response.latency, response.latency, sent.in_flight, dropped},
                             now);
    if (admission_) admission_->on_done(outcome.kind == Outcome::Kind::Success, now);
}

void Guard::on_done(BackendId id, Permit permit, const Response& response, Instant now) {
    const auto sent = sent_[static_cast<std::size_t>(permit)];
    const auto outcome = outcomes_.of(response);
    if (permit != Permit::None) {
        free_.push_back(permit);
        end_limits(sent, response, outcome, now);
    }
    if (cluster_ && sent.permitted) {
        catch_up(*cluster_, std::nullopt, now);
        cluster_->on_done(sent.permit, outcome, now);
        note(*cluster_, std::nullopt);
    }
    if (!fleet_.is_member(id)) return;
    if (passive_) {
        const auto errors = passive_->on_done(id, response, now, passive_changes_);
        if (errors && checker_) checker_->on_errors(id, *errors, now, health_changes_);
        settle_passive(now);
    }
    if (checker_) {
        checker_->on_done(id, response, now, health_changes_);
        settle_health(now);
    }
    if (outliers_) {
        outliers_->on_done(id, response, outcome.kind, now, outlier_events_);
        settle_outliers(now);
    }
    if (!cluster_ && sent.permitted) {
        catch_up(breaker(id), id, now);
        breaker(id).on_done(sent.permit, outcome, now);
        settle_breaker(id, now);
    }
}

bool Guard::waits() const { return !connects() && may_wait(); }

bool Guard::may_wait() const {
    return !limits_ || (limits_->admits(Resource::Requests) && limits_->admits(Resource::Pending));
}

bool Guard::connects() const { return !limits_ || limits_->admits(Resource::Connections); }

void Guard::on_waiting(bool waits) {
    if (!limits_) return;
    if (!waits) return limits_->give_back(Resource::Pending);
    const bool taken = limits_->take(Resource::Pending);
    expects(taken);
}

bool Guard::take_retry() { return !limits_ || limits_->take(Resource::Retries); }

void Guard::on_retried() {
    if (limits_) limits_->give_back(Resource::Retries);
}

// ---- Time

Instant Guard::next_due() const {
    if (!new_.empty() || !passive_changes_.empty()) return Instant::min();
    Instant next = breakers_due_.next();
    if (checker_) next = std::min(next, checker_->next_due());
    if (passive_) next = std::min(next, passive_->next_due());
    if (outliers_) next = std::min(next, outliers_->next_due());
    if (adaptive_) next = std::min(next, adaptive_->next_due().value_or(Instant::max()));
    return next;
}

void Guard::due(Instant now, std::vector<HealthProbe>& probes) {
    settle_new(now);
    if (checker_ && checker_->next_due() <= now) {
        checker_->due(now, probes, health_changes_);
        settle_health(now);
    }
    if (passive_ && passive_->next_due() <= now) {
        passive_->due(now, passive_changes_);
        settle_passive(now);
    }
    if (outliers_ && outliers_->next_due() <= now) {
        outliers_->due(now, outlier_events_);
        settle_outliers(now);
    }
    while (breakers_due_.next() <= now) {
        const auto id = breakers_due_.first();
        catch_up(breaker(id), id, now);
        settle_breaker(id, now);
    }
    if (adaptive_ && adaptive_->next_due().value_or(Instant::max()) <= now) adaptive_->due(now);
}

bool Guard::answered(BackendId from, std::uint64_t token, const Response& response, Instant now,
                     HealthNote note) {
    const auto sign = checker_->answered(from, token, response, now, health_changes_, note);
    const bool passed =
        sign && (*sign == Sign::Passed || *sign == Sign::Degraded) && checker_->up(from);
    if (passed && passive_) passive_->on_probe_passed(from, now, passive_changes_);
    if (passed && outliers_) outliers_->on_probe_passed(from, now, outlier_events_);
    settle_health(now);
    settle_passive(now);
    settle_outliers(now);
    return sign.has_value();
}

// ---- Verdicts become exclusions

void Guard::settle_health(Instant now) {
    for (const auto& change : health_changes_) {
        const auto up = [](HealthCheck::State s) {
            return s == HealthCheck::State::Up || s == HealthCheck::State::Degraded;
        };
        if (up(change.from) == up(change.to) && change.from != HealthCheck::State::Checking)
            continue;
        set(change.backend, Exclusion::Unhealthy, !up(change.to), now);
        changes_.push_back({now, change.backend, up(change.to) ? What::Healthy : What::Unhealthy,
                            words(change.why)});
    }
    health_changes_.clear();
}

void Guard::settle_passive(Instant now) {
    for (const auto& change : passive_changes_) {
        if (!fleet_.is_member(change.backend)) continue;
        set(change.backend, Exclusion::Failing, !change.admitted, now);
        changes_.push_back({now, change.backend, change.admitted ? What::Readmitted : What::Ejected,
                            words(change)});
    }
    passive_changes_.clear();
}

void Guard::settle_outliers(Instant now) {
    using Event = OutlierEjection::Event;
    for (const auto& event : outlier_events_) {
        if (event.what != Event::What::Ejected && event.what != Event::What::Readmitted) continue;
        const bool out = event.what == Event::What::Ejected;
        set(event.backend, Exclusion::Ejected, out, now);
        changes_.push_back(
            {now, event.backend, out ? What::Ejected : What::Readmitted, words(event.cause)});
    }
    outlier_events_.clear();
}

// Lets it change as time alone makes it.
void Guard::catch_up(CircuitBreaker& breaker, std::optional<BackendId> id, Instant now) {
    while (breaker.due(now)) note(breaker, id);
}

void Guard::settle_breaker(BackendId id, Instant now) {
    auto& b = breaker(id);
    note(b, id);
    set(id, Exclusion::Open, !b.admits(now), now);
    breakers_due_.set(id, b.next_change(now).value_or(DueTimes::kNever));
}

void Guard::note(CircuitBreaker& breaker, std::optional<BackendId> id) {
    while (const auto change = breaker.take_change())
        changes_.push_back({change->at, id, what_of(change->to), words(change->why)});
}

}  // namespace lb
