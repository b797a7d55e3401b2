#include <algorithm>

#include "model/world.hpp"

// What keeps requests away from backends: the timers and probes of guards, what their verdicts
// leave in the log, and requests that wait for limits.

namespace lbsim {

using End = lb::Response::End;
using What = lb::Guard::Change::What;
using Stage = RequestState::Stage;

void World::set_up_guard(Known& known, const lb::Rng& rng, Instant now) {
    const auto& tier = scenario_.tier(known.tier);
    if (!tier.guard.any()) return;
    guarded_ = true;
    known.guard = std::make_unique<lb::Guard>(known.fleet, tier.guard,
                                              rng.stream("known", known.number), now);
    known.probe_stream = rng.numbered("check", known.number);
    const auto& pool = tier.around.pool;
    panics_ = panics_ || pool.fail_open || pool.priorities;
}

// To be called after whatever may have changed a verdict, or when the guard wants to be woken.
void World::attend_guard(Known& known, Instant now) {
    if (known.guard == nullptr) return;
    auto& guard = *known.guard;
    while (guard.next_due() <= now) guard.due(now, health_probes_);
    note_verdicts(known, now);
    if (panics_) note_panic(known, now);
    for (const auto& probe : std::exchange(health_probes_, {})) send_check(known, probe, now);
    const Instant due = guard.next_due();
    if (due >= known.wakes) return;  // When it goes off too early it is set anew.
    if (queue.cancel(known.timer)) --background_;
    known.wakes = due;
    known.timer = queue.push(due, {.index = known.number, .kind = Event::Kind::GuardTimer});
    ++background_;
}

void World::guard_timer(std::uint32_t number, Instant now) {
    auto& known = *known_[number];
    known.wakes = Instant::max();
    // As the timers of policies: alone they do not keep the world going.
    --background_;
    if (only_background()) return;
    attend_guard(known, now);
}

void World::note_verdicts(Known& known, Instant now) {
    known.guard->take_changes(verdicts_);
    for (const auto& v : verdicts_) {
        LogEntry entry{v.at - Instant{}, std::string{words(v.what)}, {}, {}};
        if (v.backend) {
            const auto backend = known.backend_of[index(*v.backend)];
            entry.backend = backends_[backend].identity->name;
            entry.cause = causes_at(backend);
            note_excluded(known, backend, *v.backend, now);
            const auto& check = known.guard->config().health_check;
            if (v.what == What::Unhealthy &&
                check->on_down == lb::HealthCheckConfig::OnDown::CloseInFlight) {
                closing_.emplace_back(known.number, backend);
                queue.push(now, {.index = static_cast<std::uint32_t>(closing_.size() - 1),
                                 .kind = Event::Kind::CloseInFlight});
            }
            if (v.what == What::Opened || v.what == What::Closed)
                note_open(known, backend, v.what == What::Opened, now);
        } else if (v.what == What::Opened || v.what == What::Closed) {
            become(known.all_open, v.what == What::Opened, known, now);
        }
        entry.balancer = known.name;
        entry.why = v.why;
        log_.push_back(std::move(entry));
    }
    if (verdicts_.empty()) return;
    wake_waiting(known, now);
    if (!attended_) return;
    for (std::uint32_t i = 0; i != proxies_.size(); ++i)
        if (proxies_[i].known == &known) attend(i, now);
}

// Its requests end as if the backend had broken the connections.
void World::close_in_flight(std::uint32_t which, Instant now) {
    const auto [known, backend] = closing_[which];
    for (std::uint32_t slot = 0; slot != requests_.slots(); ++slot) {
        auto& r = requests_[slot];
        if (r.stage == Stage::Free || !r.ticket_out || r.backend != backend || !r.waited_for ||
            r.ticket.sent == now || proxy_of(r).known->number != known)
            continue;
        give_up_on(r, End::Reset, now);
    }
}

// Whether it is left out now, and was not before.
void World::note_excluded(Known& known, std::uint32_t backend, lb::BackendId id, Instant now) {
    known.out.resize(backends_.size());
    known.was_out.resize(backends_.size());
    const auto& fleet = known.fleet;
    const bool out =
        fleet.is_member(id) && std::any_of(lb::kVerdicts.begin(), lb::kVerdicts.end(),
                                           [&](auto why) { return fleet.is_excluded(id, why); });
    if (out == known.out[backend]) return;
    known.out[backend] = out;
    backends_[backend].exclude((out ? 1.0 : -1.0) * part_of(known), now);
    settle_spared(known, backend, now);
    const bool again = known.was_out[backend];
    known.was_out[backend] = true;
    if (!measuring_ || !recorder_.open()) return;
    if (out)
        recorder_.excluded(backend, has_trouble(backend, now), again, now);
    else
        recorder_.readmitted(backend, now);
}

// When too few are healthy, or are no longer: what was left out takes part, and is again.
void World::note_panic(Known& known, Instant now) {
    known.overridden.resize(backends_.size());
    const auto& balancer = std::find_if(proxies_.begin(), proxies_.end(), [&](const Proxy& p) {
                               return p.known == &known;
                           })->balancer;
    std::vector<std::pair<std::string_view, std::int64_t>> told;  // Pools and priorities.
    bool panic = false;
    for (std::uint32_t slot = 0; slot != known.fleet.slots(); ++slot) {
        const lb::BackendId id{slot};
        if (!known.fleet.is_member(id)) continue;
        const auto backend = known.backend_of[slot];
        const bool overridden = balancer->overrides(id, now);
        panic = panic || overridden;
        if (overridden == known.overridden[backend]) continue;
        known.overridden[backend] = overridden;
        settle_spared(known, backend, now);
        const auto& identity = known.fleet.backend(id);
        const std::pair<std::string_view, std::int64_t> part{identity.pool, identity.priority};
        if (std::find(told.begin(), told.end(), part) != told.end()) continue;
        told.push_back(part);
        log_.push_back({now - kStart,
                        overridden ? "panic" : "panic ended",
                        {},
                        {},
                        known.name,
                        overridden ? "too few are healthy: all are used" : "enough are healthy"});
    }
    if (panic != known.panic.on) become(known.panic, panic, known, now);
}

// Whether it gets nothing because it is excluded.
void World::settle_spared(Known& known, std::uint32_t backend, Instant now) {
    for (auto* flags : {&known.out, &known.overridden, &known.spared})
        flags->resize(backends_.size());
    const bool spared = known.out[backend] && !known.overridden[backend];
    if (spared == known.spared[backend]) return;
    known.spared[backend] = spared;
    backends_[backend].spare((spared ? 1.0 : -1.0) * part_of(known), now);
}

// Whether the circuit to it is not closed.
void World::note_open(Known& known, std::uint32_t backend, bool open, Instant now) {
    known.open.resize(backends_.size());
    if (open == known.open[backend]) return;
    known.open[backend] = open;
    backends_[backend].open_circuit((open ? 1.0 : -1.0) * part_of(known), now);
}

// What was so up to now is counted by the part of the balancers.
void World::become(Lasting& what, bool on, const Known& known, Instant now) const {
    if (what.on) what.ns += static_cast<double>((now - what.since).count()) * part_of(known);
    what.since = now;
    what.on = on;
}

// Whether all that is to come is of timers, probes and faults that come and go.  Probes count as
// long as they are under way, also where a backend holds them and no event of theirs is to come.
bool World::only_background() const {
    if (background_ < queue.size()) return false;
    std::size_t silent = 0;
    for (const auto& b : backends_) silent += b.silent_probes();
    return background_ - silent == queue.size();
}

// Whether there is a reason to leave it out.
bool World::has_trouble(std::uint32_t number, Instant now) const {
    const auto& b = backends_[number];
    if (!active_[number].empty() || kinds_[b.group].fails || !b.member || b.drained || b.crashed())
        return true;
    const Duration at = now - kStart;
    return std::any_of(episodes_.begin(), episodes_.end(), [&](const Episode& e) {
        const auto& entry = scenario_.timeline[e.entry];
        const auto& targets = entry.targets;
        return at >= entry.at && (!entry.lasts || at < entry.at + *entry.lasts) &&
               std::find(targets.begin(), targets.end(), b.identity->name) != targets.end();
    });
}

// ---- Probes

void World::send_check(Known& known, const lb::HealthProbe& probe, Instant now) {
    if (free_checks_.empty()) {
        free_checks_.push_back(static_cast<std::uint32_t>(checks_.size()));
        checks_.emplace_back();
    }
    const auto slot = free_checks_.back();
    free_checks_.pop_back();
    checks_[slot] = {probe, known.number, known.backend_of[index(probe.to)], known.probes++, {}};
    ++background_;
    if (measuring_ && recorder_.open()) ++recorder_.segments.back().outcomes.probes;
    auto delay = check_leg(checks_[slot], kToBackend);
    if (!delay) return end_check(slot);
    const auto backend = checks_[slot].backend;
    known.probed.resize(backends_.size());
    if (!probe.reuse_connection || !known.probed[backend]) {
        auto rng = check_rng(checks_[slot], 5);
        *delay += lb::duration_of(kinds_[backends_[backend].group].connect.sampler(rng));
    }
    known.probed[backend] = false;  // Until it is answered.
    if (*delay == Duration::zero()) return check_at_backend(slot, now);
    queue.push(now + *delay, {.index = slot, .kind = Event::Kind::CheckAtBackend});
}

lb::KeyedRng World::check_rng(const Check& check, std::uint64_t purpose) const {
    return known_[check.known]->probe_stream.at(check.number << 3 | purpose);
}

void World::check_at_backend(std::uint32_t slot, Instant now) {
    auto& check = checks_[slot];
    auto& b = backends_[check.backend];
    auto rng = check_rng(check, 4);
    Duration takes{};
    check.answer = {End::Complete, 200};
    if (const auto* lie = lie_of(check.backend)) {
        if (!rng.chance(lie->pass)) check.answer.status = 503;
        takes = lie->latency.value_or(Duration::zero());
    } else if (!b.member || b.crashed_refusing != 0) {
        check.answer = {End::Refused, 0};
    } else if (b.crashed_dropping != 0) {
        return end_check(slot);
    } else if (check.probe.kind != lb::HealthCheckConfig::Kind::Tcp) {
        check.answer.status = status_of_check(check, rng);
        const auto& handling = scenario_.backends[b.group].probes;
        double service_ns = Sampler{handling.service}(rng)*1e9;
        if (slowable_) service_ns *= slowness(check.backend, now);
        if (const auto* hang = befall_check(check, service_ns)) {
            if (!hang->close_after) return end_check(slot);
            check.answer = {End::Reset, 0};
            queue.push(now + *hang->close_after, {.index = slot, .kind = Event::Kind::CheckServed});
            return;
        }
        if (handling.queues) return enqueue_check(slot, service_ns, now);
        if (b.hung != 0) return end_check(slot);
        takes = Duration{static_cast<Duration::rep>(service_ns * b.slow_factor + b.slow_add_ns)};
    }
    queue.push(now + takes, {.index = slot, .kind = Event::Kind::CheckServed});
}

const ProbeLie* World::lie_of(std::uint32_t backend) const {
    for (const auto i : active_[backend])
        if (const auto* lie = std::get_if<ProbeLie>(&scenario_.timeline[i].change)) return lie;
    return nullptr;
}

// What hangs and slowness that befall single requests do to a probe; what swallows it, if one does.
const Hang* World::befall_check(const Check& check, double& service_ns) const {
    if (backends_[check.backend].befalling == 0) return nullptr;
    auto rng = check_rng(check, 6);
    for (const auto i : active_[check.backend]) {
        const auto& entry = scenario_.timeline[i];
        const auto* hang = std::get_if<Hang>(&entry.change);
        const auto* slow = std::get_if<Slow>(&entry.change);
        if (!entry.befalls_requests() || (hang == nullptr && slow == nullptr)) continue;
        if (!befalls(i, nullptr, rng)) continue;
        if (hang != nullptr) return hang;
        slow_down(*slow, i, service_ns, rng);
    }
    return nullptr;
}

// What errors in force make of a probe: of an application, always; of a server, if they say so.
std::uint16_t World::status_of_check(const Check& check, lb::KeyedRng& rng) const {
    const auto meets = [&](const Error& error, double strength) {
        const bool asked = error.probes || check.probe.kind == lb::HealthCheckConfig::Kind::App;
        return asked && rng.chance(error.rate * strength);
    };
    for (const auto i : active_[check.backend]) {
        const auto& entry = scenario_.timeline[i];
        const auto* error = std::get_if<Error>(&entry.change);
        if (error == nullptr || !entry.request_class.empty()) continue;
        if (meets(*error, faults_[i].strength)) return error->draw(rng);
    }
    const auto& always = scenario_.backends[backends_[check.backend].group].errors;
    if (always && meets(*always, 1)) return always->draw(rng);
    return 200;
}

// It waits for a worker, as a request that nobody measures.
void World::enqueue_check(std::uint32_t check, double service_ns, Instant now) {
    auto& r = requests_.take();
    r.group = RequestState::kProbe;
    r.worker = check;
    r.backend = checks_[check].backend;
    r.parent = nullptr;
    r.link = RequestState::kNone;
    r.deadline = Instant::max();
    r.measured = r.waited_for = r.ticket_out = false;
    r.stage = Stage::AtBackend;
    r.end = checks_[check].answer.end;
    r.status = checks_[check].answer.status;
    if (backends_[r.backend].accept(r, service_ns, now)) return;
    checks_[check].answer.status = 503;
    requests_.release(r);
    queue.push(now, {.index = check, .kind = Event::Kind::CheckServed});
}

// A probe that took a worker is done, or its process died.
void World::check_left(RequestState& r, bool answered, Instant now) {
    const auto check = r.worker;
    checks_[check].answer = {r.end, r.status};
    requests_.release(r);
    if (answered)
        check_served(check, now);
    else
        end_check(check);
}

void World::check_served(std::uint32_t slot, Instant now) {
    const auto delay = check_leg(checks_[slot], kFromBackend);
    if (!delay) return end_check(slot);
    queue.push(now + *delay, {.index = slot, .kind = Event::Kind::CheckAnswered});
}

void World::check_answered(std::uint32_t slot, Instant now) {
    const auto check = checks_[slot];
    end_check(slot);
    auto& known = *known_[check.known];
    // A connection that the checker gave up is none to probe on.
    if (known.guard->answered(check.probe.to, check.probe.token, check.answer, now))
        known.probed[check.backend] = check.answer.end == End::Complete;
    attend_guard(known, now);
}

void World::end_check(std::uint32_t slot) {
    free_checks_.push_back(slot);
    --background_;
}

std::optional<Duration> World::check_leg(const Check& check, Leg which) const {
    return aside_leg(*known_[check.known], check.backend, which, check_rng(check, which));
}

// One way between a backend and who asks how it is; nothing if it never comes.
std::optional<Duration> World::aside_leg(const Known& known, std::uint32_t backend, Leg which,
                                         lb::KeyedRng rng) const {
    const auto& b = backends_[backend];
    const auto& network = kinds_[b.group].network;
    const Duration delay = network.fixed ? network.delay : lb::duration_of(network.sampler(rng));
    if (b.networks == 0) return delay;
    return troubled({known.balancer, backend}, nullptr, which, delay, rng);
}

// ---- Waiting for limits, and for backends that are full

bool World::waits(const Known& known) const {
    return known.guard != nullptr && known.guard->waits();
}

// Whether it waits because of that.
bool World::waits_for_backend(const Known& known, lb::Rejection why) const {
    if (!queues_ || why != lb::Rejection::AllFull || !scenario_.tier(known.tier).queue_timeout)
        return false;
    return known.guard == nullptr || known.guard->may_wait();
}

void World::wait(RequestState& r, Instant now) {
    auto& known = *proxy_of(r).known;
    if (known.guard) known.guard->on_waiting(true);
    r.stage = Stage::Waiting;
    known.waiting.push_back({r.slot, r.generation});
    r.finished = {};
    if (const auto& limit = scenario_.tier(known.tier).queue_timeout)
        r.finished = queue.push(now + *limit, {.index = r.slot, .kind = Event::Kind::WaitEnds});
}

// It waits no longer, whatever comes now.
void World::end_wait(RequestState& r) {
    queue.cancel(r.finished);
    const auto& guard = proxy_of(r).known->guard;
    if (guard) guard->on_waiting(false);
    r.stage = Stage::ToBalancer;
}

void World::wait_ends(RequestState& r, Instant now) {
    end_wait(r);
    const auto& guard = proxy_of(r).known->guard;
    const bool limited = guard && !guard->connects();
    proceed(r, limited ? lb::Rejection::Limited : lb::Rejection::AllFull, now);
}

// A connection may have become free, or a backend.
void World::wake_waiting(Known& known, Instant now) {
    if (known.waiting.empty() || known.wake_pending) return;
    known.wake_pending = true;
    queue.push(now, {.index = known.number, .kind = Event::Kind::Wake});
}

// In the order in which they came.  Where all go to one pool, nobody passes who has to wait on.
void World::wake(std::uint32_t number, Instant now) {
    auto& known = *known_[number];
    known.wake_pending = false;
    const bool one_line = scenario_.tier(known.tier).around.routes.size() == 0;
    auto waiting = std::exchange(known.waiting, {});
    for (bool on = true; !waiting.empty(); waiting.pop_front()) {
        const auto [slot, generation] = waiting.front();
        auto& r = requests_[slot];
        if (r.generation != generation || r.stage != Stage::Waiting) continue;
        on = on && (!known.guard || known.guard->connects());
        if (on) {
            const auto decision = pick(r, now);
            const auto* why = std::get_if<lb::Rejection>(&decision);
            if (!queues_ || why == nullptr || *why != lb::Rejection::AllFull) {
                const auto proxy = r.proxy;
                end_wait(r);
                proceed(r, decision, now);
                if (attended_) attend(proxy, now);
                continue;
            }
            r.admitted = true;
            on = !one_line;
        }
        known.waiting.emplace_back(slot, generation);
    }
    if (guarded_) attend_guard(known, now);
}

}  // namespace lbsim
