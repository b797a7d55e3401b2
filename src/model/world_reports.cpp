#include <algorithm>

#include "model/world.hpp"

// What backends tell balancers of themselves: with responses, when they run idle, and when they are
// asked.  A policy that lives on none of it costs nothing here.

namespace lbsim {

using Reports = lb::Policy::Reports;

void World::set_up_reports(const lb::Rng& rng) {
    const Instant start = Instant{} - scenario_.warmup;
    reports_ = proxies_.front().balancer->policy().reports();
    attended_ = reports_ == Reports::Answers;
    for (std::size_t t = 0; t != scenario_.tiers(); ++t)
        attended_ = attended_ || scenario_.tier(t).around.pool.slow_start;
    for (const auto& proxy : proxies_)
        attended_ = attended_ || proxy.balancer->next_due() != Instant::max();
    for (std::uint32_t b = 0; b != backends_.size(); ++b) add_meter(b, start);
    for (std::uint32_t b = 0; b != backends_.size(); ++b) report_idle(b, start);
    if (!attended_) return;
    for (std::uint32_t i = 0; i != proxies_.size(); ++i) {
        proxies_[i].probe_stream = rng.numbered("probe", i);
        attend(i, start);
    }
}

// ---- Of idleness

void World::report_idle(std::uint32_t backend, Instant now) {
    auto& b = backends_[backend];
    if (reports_ != Reports::Idle || !b.idle() || !b.member || b.crashed()) return;
    if (scenario_.backends[b.group].tier != 0) return;  // Policies behind live on no reports.
    const auto to = idle_rng_.below(first_proxies_);
    const auto& network = kinds_[b.group].network;
    const Duration delay =
        network.fixed ? network.delay : lb::duration_of(network.sampler(idle_rng_));
    queue.push(
        now + delay,
        {.index = backend, .group = static_cast<std::uint16_t>(to), .kind = Event::Kind::Idle});
}

void World::idle_reported(std::uint16_t balancer, std::uint32_t backend, Instant now) {
    const auto& known = *proxies_[balancer].known;
    if (backends_[backend].member && backend < known.id_of.size())
        proxies_[balancer].balancer->report(known.id_of[backend], {}, now);
}

// ---- Of load

// A process that starts knows nothing of the one before it.
void World::add_meter(std::uint32_t backend, Instant now) {
    if (reports_ != Reports::Responses && reports_ != Reports::Answers) return;
    const auto& b = backends_[backend];
    const LoadMeter meter{scenario_.backends[b.group].report, b.workers(), now};
    if (backend == meters_.size())
        meters_.push_back(meter);
    else
        meters_[backend] = meter;
}

void World::meter(std::uint32_t backend, Instant now) {
    meters_[backend].advance(backends_[backend].busy(), now);
}

lb::LoadReport World::report_of(std::uint32_t backend, Instant now) {
    const auto& b = backends_[backend];
    meter(backend, now);
    lb::LoadReport report;
    report.in_flight = static_cast<std::uint32_t>(b.held());
    report.waiting = static_cast<std::uint32_t>(b.waiting());
    meters_[backend].tell(report, now);
    return report;
}

void World::visit_begins(const RequestState& r, Instant now) {
    if (visits_.size() <= r.slot) visits_.resize(requests_.slots());
    const auto backend = r.backend;
    meter(backend, now);
    visits_[r.slot].came = now;
    visits_[r.slot].found = static_cast<std::uint32_t>(backends_[backend].held());
}

void World::visit_ends(const RequestState& r, Instant now) {
    if (r.end != lb::Response::End::Complete) return;  // The process is gone.
    const bool failed = r.status >= 500;
    auto& visit = visits_[r.slot];
    meters_[r.backend].ended(failed, visit.found, now - visit.came);
    if (reports_ != Reports::Responses) return;
    visit.report = report_of(r.backend, now);
    visit.report.latency = now - visit.came;
    if (!failed) visit.report.service = lb::duration_of(r.spent_ns * 1e-9);
}

// ---- Probes and timers of policies

// To be called after whatever may leave something to be asked, or another time to be woken at.
void World::attend(std::uint32_t balancer, Instant now) {
    auto& proxy = proxies_[balancer];
    proxy.balancer->take_asks(asks_);
    for (const auto& ask : asks_) send_probe(balancer, ask, now);
    // It may be overdue: when nothing else was to come, its timer was let go.
    const Instant due = std::max(now, proxy.balancer->next_due());
    if (due >= proxy.wakes) return;  // When it goes off too early it is set anew.
    if (queue.cancel(proxy.timer)) --background_;
    proxy.wakes = due;
    proxy.timer = queue.push(due, {.index = balancer, .kind = Event::Kind::Timer});
    ++background_;
}

void World::timer(std::uint32_t balancer, Instant now) {
    auto& proxy = proxies_[balancer];
    proxy.wakes = Instant::max();
    // Timers alone do not keep the world going: if nothing else is to come, no request will.
    --background_;
    if (only_background()) return;
    if (proxy.balancer->next_due() <= now) proxy.balancer->due(now);
    attend(balancer, now);
}

void World::send_probe(std::uint32_t balancer, const lb::Ask& ask, Instant now) {
    if (free_probes_.empty()) {
        free_probes_.push_back(static_cast<std::uint32_t>(probes_.size()));
        probes_.emplace_back();
    }
    const auto slot = free_probes_.back();
    free_probes_.pop_back();
    auto& proxy = proxies_[balancer];
    probes_[slot] = {ask, balancer, proxy.known->backend_of[index(ask.to)], proxy.probes++, {}};
    ++background_;
    const auto delay = probe_leg(probes_[slot], kToBackend);
    if (!delay) return end_probe(slot);
    if (*delay == Duration::zero()) return probe_at_backend(slot, now);
    queue.push(now + *delay, {.index = slot, .kind = Event::Kind::ProbeAtBackend});
}

void World::probe_at_backend(std::uint32_t slot, Instant now) {
    auto& probe = probes_[slot];
    const auto& b = backends_[probe.backend];
    if (b.hung != 0 || b.crashed() || !b.member) return end_probe(slot);
    probe.answer = report_of(probe.backend, now);
    probe.answer.latency = meters_[probe.backend].latency_at(probe.answer.in_flight, now);
    const auto delay = probe_leg(probe, kFromBackend);
    if (!delay) return end_probe(slot);
    if (*delay == Duration::zero()) return probe_answered(slot, now);
    queue.push(now + *delay, {.index = slot, .kind = Event::Kind::ProbeAnswered});
}

void World::probe_answered(std::uint32_t slot, Instant now) {
    const auto& probe = probes_[slot];
    if (backends_[probe.backend].member)
        proxies_[probe.balancer].balancer->answered(probe.ask, probe.answer, now);
    const auto balancer = probe.balancer;
    end_probe(slot);
    attend(balancer, now);
}

void World::end_probe(std::uint32_t slot) {
    free_probes_.push_back(slot);
    --background_;
}

std::optional<Duration> World::probe_leg(const Probe& probe, Leg which) const {
    return aside_leg(*proxies_[probe.balancer].known, probe.backend, which,
                     proxies_[probe.balancer].probe_stream.at(probe.number << 2 | which));
}

}  // namespace lbsim
