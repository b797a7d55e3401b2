#include <algorithm>

#include "model/world.hpp"

// The straight way of a request, where nothing but a queue and a service lies on it.
//
// Most scenarios have requests that take no time to travel and are sent once, and backends with
// which nothing is wrong.  There an arrival is at its backend at once, and the end of its service
// is the end of it: two events a request, and of the functions that others pass through only what
// is left of them here.  A request that its client gave up leaves it for the other way.  It is the
// same model with the same draws, so the bytes of the result are the same: tests take both ways
// over random scenarios (straight_test).

namespace lbsim {

bool World::may_go_straight() const {
    const auto at_once = [](const Network& n) { return n.fixed && n.delay == Duration::zero(); };
    if (!scenario_.timeline.empty() || scenario_.explain || scenario_.most_in_flight) return false;
    if (tiers_.size() != 1 || attended_ || reports_ != lb::Policy::Reports::None) return false;
    if (const auto& guard = scenario_.balancers.guard; guard.limits || guard.adaptive_limit)
        return false;  // Requests may have to wait for these.
    if (!holdings_.empty() || !meters_.empty() || tries_ || queues_ || throttles_ || connects_ ||
        slowable_ || costs_ || layer4_ || sticky_ || zoned_)
        return false;
    for (const auto& kind : kinds_)
        if (!at_once(kind.network) || kind.fails) return false;
    for (const auto& group : scenario_.backends)
        if (group.discipline == Discipline::Ps || !group.queue.none() || group.queue_timeout)
            return false;
    for (const auto& g : groups_)
        if (!g.rounds.empty() || g.classes || g.links || g.tries || g.config->deadline ||
            !at_once(g.network))
            return false;
    return true;
}

void World::arrive_straight(std::uint16_t group, Instant now) {
    auto& g = groups_[group];
    auto& r = requests_.take();
    r.number = g.next_number++;
    r.arrived = now;
    r.group = group;
    r.waited_for = true;
    r.measured = measuring_ && recorder_.open();
    double work = g.work.mean();
    if (!g.work.constant()) {
        auto rng = g.work_stream.at(r.number);
        work = g.work(rng);
    }
    if (g.has_keys) r.key = draw_key(g, r.number, now);
    r.proxy = workers_.front().proxy;
    if (workers_.size() > 1) {
        auto rng = g.proxy_stream.at(r.number);
        r.proxy = workers_[rng.below(workers_.size())].proxy;
    }
    ++waiting_clients_;
    if (r.measured) {
        recorder_.offered(r);
        ++measured_open_;
        if (++measured_ == static_cast<std::uint64_t>(scenario_.requests.value_or(0)))
            stop_measuring(now);
    }
    mix(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ g.number << 48);
    if (g.trace) {
        work *= g.trace->work();
        if (keys_matter_) keep_trace_key(r);
        g.trace->advance();
    }
    const Instant next = g.open ? g.open->next() : g.trace->next_at();
    if (next != Instant::max())
        queue.set(g.lane, next, {.group = group, .kind = Event::Kind::Arrival});
    else if (--sources_ == 0 && scenario_.requests)
        stop_measuring(now);

    lb::Request request{.key = key_of(r)};
    if (keys_matter_) request.client = address_of(r);
    if (g.config->timeout) {
        g.timeouts.push({now + *g.config->timeout, r.slot, r.generation});
        if (!g.patience_scheduled) schedule_patience(group);
    }
    auto& proxy = proxies_[r.proxy];
    const auto decision = proxy.balancer->pick(request, now);
    if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) {
        begin_straight(r, *ticket, work, now);
    } else {
        r.backend = RequestState::kNone;
        reject(r, std::get<lb::Rejection>(decision), now);
    }
    if (guarded_) attend_guard(*proxy.known, now);
}

// It is at its backend.
void World::begin_straight(RequestState& r, const lb::Ticket& ticket, double work, Instant now) {
    const auto& known = *proxies_[r.proxy].known;
    r.ticket_out = true;
    r.stage = RequestState::Stage::AtBackend;
    r.backend = known.backend_of[index(ticket.backend)];
    auto& backend = backends_[r.backend];
    backend.ticket_out(now);
    if (r.measured) {
        recorder_.attempted(r);
        if (guarded_ && known.guard && known.guard->is_trial(ticket.permit)) recorder_.tried(r);
    }
    mix(std::uint64_t{r.backend} << 32 | r.proxy);
    auto rng = groups_[r.group].service_stream.at(attempt_of(r));
    const double service_ns = work * kinds_[backend.group].service(rng) * 1e9;
    if (r.measured) recorder_.demanded(r, service_ns);
    r.ticket = ticket;  // Late: so soon after it was written, in smaller pieces, it would wait.
    backend.accept(r, service_ns, now);
}

void World::finish_straight(const Event& event, Instant now) {
    auto& r = requests_[event.index];
    if (!r.waited_for) [[unlikely]]  // Or a probe.
        return finished(event, now);
    auto& backend = backends_[r.backend];
    backend.finish(r, now);
    backend.ticket_back(now);
    r.ticket_out = false;
    r.waited_for = false;
    const Duration latency = now - r.arrived;
    proxies_[r.proxy].balancer->done(r.ticket, {lb::Response::End::Complete, 200, latency, latency},
                                     now);
    if (guarded_) attend_guard(*proxies_[r.proxy].known, now);
    --waiting_clients_;
    if (r.measured) {
        recorder_.served(r, false);
        recorder_.completed(r, Outcome::Succeeded, latency);
        --measured_open_;
    }
    mix(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^
        static_cast<std::uint64_t>(Outcome::Succeeded) << 60 ^ std::uint64_t{r.backend} << 32);
    requests_.release(r);
}

}  // namespace lbsim
