#include <algorithm>
#include <limits>

#include "model/world.hpp"

// What goes wrong with backends and on the way to them.  A world without faults pays for a few
// comparisons with zero.

namespace lbsim {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

// A fault that grows does so in so many steps.
constexpr int kSteps = 32;

// What was halved so often is taken for gone.
constexpr double kMostHalved = 10;

// TCP sends again after this long, then twice as long, and gives up in the end (Linux: after 15
// times).
constexpr Duration kFirstAgain = std::chrono::milliseconds{200};
constexpr Duration kLongestAgain = std::chrono::seconds{120};
constexpr int kMostAgain = 15;

double nanoseconds(double seconds) { return static_cast<double>(lb::duration_of(seconds).count()); }

// From none of a factor to all of it.
double grown(double factor, double strength) { return 1 + (factor - 1) * strength; }

}  // namespace

void World::set_up_faults(const lb::Rng& rng) {
    for (std::size_t i = 0; i != scenario_.timeline.size(); ++i) {
        const auto& change = scenario_.timeline[i].change;
        Distribution delay;
        if (const auto* network = std::get_if<NetworkFault>(&change)) delay = network->latency;
        if (const auto* slow = std::get_if<Slow>(&change)) delay = slow->add;
        faults_.push_back({rng.numbered("fault", i), Sampler{delay}});
        leaks_ = leaks_ || std::holds_alternative<Leak>(change);
    }
    slowable_ = leaks_;
    for (const auto& group : scenario_.backends) {
        slowable_ = slowable_ || group.saturation || group.warm_up;
        connects_ = connects_ || mean(group.connect) > 0;
    }
    for (std::size_t i = 0; i != scenario_.timeline.size(); ++i) {
        const auto& entry = scenario_.timeline[i];
        if (!entry.repeat) continue;
        const auto& repeat = *entry.repeat;
        const auto targets = repeat.together ? 1 : entry.targets.size();
        for (std::size_t k = 0; k != targets; ++k)
            episodes_.push_back({i, repeat.together ? std::nullopt : std::optional{k},
                                 rng.stream("repeat", i << 32 | k), Sampler{repeat.between},
                                 Sampler{repeat.lasts}});
    }
}

// The names of what is in force there.
std::string World::causes_at(std::uint32_t backend) const {
    std::string names;
    for (const auto i : active_[backend])
        names += (names.empty() ? "" : ", ") + scenario_.timeline[i].name;
    return names;
}

// ---- Of whole backends

void World::set_fault(std::uint32_t number, std::size_t entry, bool in_force, Instant now) {
    auto& active = active_[number];
    if (in_force)
        active.push_back(entry);
    else
        std::erase(active, entry);
    const auto& change = scenario_.timeline[entry].change;
    if (const auto* crash = std::get_if<Crash>(&change))
        return set_crashed(number, *crash, in_force, now);
    refresh(number, now);
}

// What the faults in force come to.
void World::refresh(std::uint32_t number, Instant now) {
    auto& backend = backends_[number];
    backend.slow_factor = 1;
    backend.slow_add_ns = 0;
    backend.hung = 0;
    backend.befalling = backend.networks = 0;
    double workers = 1;
    for (const auto i : active_[number]) {
        const auto& entry = scenario_.timeline[i];
        const double strength = faults_[i].strength;
        if (std::holds_alternative<NetworkFault>(entry.change)) {
            ++backend.networks;
        } else if (entry.befalls_requests()) {
            ++backend.befalling;
        } else if (const auto* slow = std::get_if<Slow>(&entry.change)) {
            backend.slow_factor *= grown(slow->factor, strength);
            backend.slow_add_ns += strength * nanoseconds(mean(slow->add));
        } else if (const auto* capacity = std::get_if<Capacity>(&entry.change)) {
            workers *= grown(capacity->factor, strength);
        } else if (std::holds_alternative<Hang>(entry.change)) {
            ++backend.hung;
        }
    }
    backend.set_factor(backend.hung != 0 ? kForever : backend.slow_factor, now);
    backend.set_part_of_workers(workers, now);
}

void World::set_crashed(std::uint32_t number, const Crash& how, bool begins, Instant now) {
    auto& backend = backends_[number];
    auto& count =
        how.answer == Crash::Answer::Refuse ? backend.crashed_refusing : backend.crashed_dropping;
    if (!begins) {
        --count;
        if (!backend.crashed()) backend.start_cold(now);
        return report_idle(number, now);
    }
    ++count;
    backend.leaked = 0;
    if (!holdings_.empty()) hold(number);
    add_meter(number, now);
    if (how.in_flight == Crash::InFlight::Finish) return;
    for (auto* evicted : backend.evict(now)) {
        auto& r = *evicted;
        r.begun = false;
        if (r.measured) recorder_.served(r, true);
        if (how.in_flight == Crash::InFlight::Reset)
            answer(r, lb::Response::End::Reset, 0, now);
        else
            lose(r, now);
    }
}

// How far a process has warmed up, up to 1.
double World::warmth(const BackendModel& b, Instant now) const {
    const auto& w = *scenario_.backends[b.group].warm_up;
    if (w.requests) return static_cast<double>(b.begun) / static_cast<double>(*w.requests);
    const double passed = lb::seconds(now - b.started);
    if (w.over) return passed / lb::seconds(*w.over);
    const double halved = passed / lb::seconds(*w.half_life);
    return halved < kMostHalved ? 1 - lb::pow(0.5, halved) : 1;
}

// How many times as long a service takes that begins now, for reasons of the backend's own.
double World::slowness(std::uint32_t number, Instant now) const {
    const auto& b = backends_[number];
    const auto& group = scenario_.backends[b.group];
    double factor = 1;
    if (const auto& s = group.saturation) {
        const auto served = static_cast<double>(b.served() + 1);
        factor += s->factor * std::max(0.0, served - static_cast<double>(s->beyond));
    }
    if (b.cold && group.warm_up)
        factor *= grown(group.warm_up->factor, std::max(0.0, 1 - warmth(b, now)));
    if (b.leaked > 0)
        for (const auto i : active_[number])
            if (const auto* leak = std::get_if<Leak>(&scenario_.timeline[i].change))
                factor *= grown(leak->factor, b.leaked);
    return factor;
}

// The same of a request, which warms it.
double World::slowness_of_next(std::uint32_t number, Instant now) {
    const double factor = slowness(number, now);
    auto& b = backends_[number];
    if (b.cold && scenario_.backends[b.group].warm_up) {
        b.cold = warmth(b, now) < 1;
        ++b.begun;
    }
    return factor;
}

// A request was served.
void World::leak(std::uint32_t number, Instant now) {
    auto& b = backends_[number];
    for (const auto i : active_[number]) {
        const auto* leak = std::get_if<Leak>(&scenario_.timeline[i].change);
        if (leak == nullptr || b.crashed()) continue;
        b.leaked += 1 / static_cast<double>(leak->requests);
        if (b.leaked < 1 - 1e-9) continue;
        if (leak->at_limit == Leak::AtLimit::Slow) {
            b.leaked = 1;
            continue;
        }
        set_crashed(number, Crash{}, true, now);
        log_.push_back({now - kStart,
                        "crashed",
                        b.identity->name,
                        scenario_.timeline[i].name,
                        {},
                        "it leaked too much"});
        queue.push(now + leak->restart, {.index = number, .kind = Event::Kind::Restarted});
        return;
    }
}

// The process that died of it is started again.
void World::leak_mended(std::uint32_t number, Instant now) {
    set_crashed(number, Crash{}, false, now);
    log_.push_back({now - kStart, "started", backends_[number].identity->name, causes_at(number)});
}

// ---- Of single requests

// Whether this one is among those that an entry befalls.  Null: a probe.
bool World::befalls(std::size_t number, const RequestState* r, lb::KeyedRng& rng) const {
    const auto& entry = scenario_.timeline[number];
    if (!entry.request_class.empty()) {
        if (r == nullptr) return false;
        const auto& classes = groups_[r->group].config->classes;
        if (classes.empty() || classes[r->class_place].name != entry.request_class) return false;
    }
    return entry.probability == 1 || rng.chance(entry.probability);
}

void World::slow_down(const Slow& slow, std::size_t entry, double& service_ns,
                      lb::KeyedRng& rng) const {
    const auto& fault = faults_[entry];
    service_ns *= grown(slow.factor, fault.strength);
    service_ns += fault.strength * nanoseconds(fault.delay(rng));
}

void World::fail(RequestState& r, const Error& error, double strength, lb::KeyedRng& rng,
                 double& service_ns) {
    if (r.status != 200 || !rng.chance(error.rate * strength)) return;
    r.status = error.draw(rng);
    if (error.latency) service_ns = static_cast<double>(error.latency->count());
}

// Of a backend that does so at any time.
void World::fail_some(RequestState& r, double& service_ns) {
    const auto group = backends_[r.backend].group;
    auto rng = kinds_[group].errors_stream.at(attempt_of(r) ^ groups_[r.group].number << 48);
    fail(r, *scenario_.backends[group].errors, 1, rng, service_ns);
}

// What befalls a request that begins at its backend; what swallows it, if something does.
const Hang* World::befall(RequestState& r, double& service_ns) {
    for (const auto i : active_[r.backend]) {
        const auto& entry = scenario_.timeline[i];
        if (!entry.befalls_requests() || std::holds_alternative<NetworkFault>(entry.change))
            continue;
        auto rng = faults_[i].stream.at(attempt_of(r) ^ groups_[r.group].number << 48);
        if (!befalls(i, &r, rng)) continue;
        const double strength = faults_[i].strength;
        if (const auto* hang = std::get_if<Hang>(&entry.change)) return hang;
        if (const auto* slow = std::get_if<Slow>(&entry.change)) {
            slow_down(*slow, i, service_ns, rng);
        } else if (const auto* error = std::get_if<Error>(&entry.change)) {
            fail(r, *error, strength, rng, service_ns);
        } else if (const auto* brownout = std::get_if<Brownout>(&entry.change)) {
            if (!rng.chance(brownout->dimmer * strength)) continue;
            service_ns *= 1 - brownout->saves;
            if (r.measured) recorder_.degraded(r);
        } else if (const auto* cut = std::get_if<Cut>(&entry.change)) {
            if (!cut->after_time)
                service_ns *= cut->after;
            else if (const auto most = static_cast<double>(cut->after_time->count());
                     service_ns > most)
                service_ns = most;
            else
                continue;
            r.end = lb::Response::End::Reset;
            r.begun = true;
        }
    }
    return nullptr;
}

// Nobody works on it.
void World::swallow(RequestState& r, const Hang& hang, Instant now) {
    if (!hang.close_after) return lose(r, now);
    answer(r, lb::Response::End::Reset, 0, now, *hang.close_after);
}

// One way between balancer and backend while something is wrong there; nothing if it never comes.
std::optional<Duration> World::troubled_leg(const RequestState& r, Leg which, Duration delay) {
    auto rng = groups_[r.group].network_stream.at(~(attempt_of(r) << 2 | which));
    return troubled({proxy_of(r).known->balancer, r.backend}, &r, which, delay, rng);
}

// The same of a request, or of a probe, which is of no class.
std::optional<Duration> World::troubled(Path path, const RequestState* r, Leg which, Duration delay,
                                        lb::KeyedRng& rng) const {
    using Direction = NetworkFault::Direction;
    const auto wrong_way = which == kToBackend ? Direction::FromBackend : Direction::ToBackend;
    for (const auto i : active_[path.backend]) {
        const auto* network = std::get_if<NetworkFault>(&scenario_.timeline[i].change);
        if (network == nullptr || network->direction == wrong_way) continue;
        if (!network->is_of(path.balancer)) continue;
        if (!befalls(i, r, rng)) continue;
        delay += lb::duration_of(faults_[i].delay(rng) * faults_[i].strength);
        const double loss = network->loss * faults_[i].strength;
        if (loss == 1) return std::nullopt;
        Duration again = kFirstAgain;
        for (int lost = 0; loss > 0 && rng.chance(loss);
             again = std::min(2 * again, kLongestAgain)) {
            if (++lost > kMostAgain) return std::nullopt;
            delay += again;
        }
    }
    return delay;
}

// ---- Growing, and coming and going

void World::begin_ramp(std::size_t entry, Instant now) {
    faults_[entry].began = now;
    ramp(entry, now);
}

// In small steps it grows, and shrinks again before it ends.
void World::ramp(std::size_t entry, Instant now) {
    auto& fault = faults_[entry];
    const auto& [in, out] = scenario_.timeline[entry].ramp;
    const auto end = fault.began + scenario_.timeline[entry].lasts.value_or(Duration::zero());
    const auto shrinks = out > Duration::zero() ? end - out : Instant::max();
    const bool grows = now < fault.began + in;
    fault.strength = grows           ? lb::seconds(now - fault.began) / lb::seconds(in)
                     : now > shrinks ? lb::seconds(end - now) / lb::seconds(out)
                                     : 1;
    for (std::uint32_t b = 0; b != backends_.size(); ++b)
        if (std::find(active_[b].begin(), active_[b].end(), entry) != active_[b].end())
            refresh(b, now);
    const auto step = [&](Duration whole) { return std::max(whole / kSteps, Duration{1}); };
    const auto next = grows           ? std::min(now + step(in), fault.began + in)
                      : now < shrinks ? shrinks
                                      : now + step(out);
    if (next == Instant::max() || (next >= end && next > shrinks)) return;
    queue.push(next, {.index = static_cast<std::uint32_t>(entry), .kind = Event::Kind::Ramp});
}

void World::begin_episodes(std::size_t entry, Instant now) {
    for (std::uint32_t i = 0; i != episodes_.size(); ++i) {
        auto& e = episodes_[i];
        if (e.entry != entry) continue;
        e.next = queue.push(now + lb::duration_of(e.between(e.rng)),
                            {.index = i, .kind = Event::Kind::Episode});
        ++background_;
    }
}

void World::end_episodes(std::size_t entry, Instant now) {
    for (auto& e : episodes_) {
        if (e.entry != entry) continue;
        if (queue.cancel(e.next)) --background_;
        if (e.on) set_episode(e, false, now);
    }
}

void World::turn_episode(std::uint32_t number, Instant now) {
    // Alone they do not keep the world going: if nothing else is to come, no request will.
    --background_;
    if (only_background()) return;
    auto& e = episodes_[number];
    set_episode(e, !e.on, now);
    const double s = (e.on ? e.lasts : e.between)(e.rng);
    e.next = queue.push(now + std::max(lb::duration_of(s), Duration{1}),
                        {.index = number, .kind = Event::Kind::Episode});
    ++background_;
}

void World::set_episode(Episode& e, bool on, Instant now) {
    e.on = on;
    const auto& targets = scenario_.timeline[e.entry].targets;
    for (std::size_t k = 0; k != targets.size(); ++k) {
        if (e.target && *e.target != k) continue;
        for (std::uint32_t b = 0; b != backends_.size(); ++b) {
            if (backends_[b].identity->name != targets[k]) continue;
            const auto& active = active_[b];
            const bool there = std::find(active.begin(), active.end(), e.entry) != active.end();
            if (on ? !backends_[b].member || there : !there) continue;
            set_fault(b, e.entry, on, now);
            note(scenario_.timeline[e.entry], on ? Step::Begin : Step::End, targets[k], now);
        }
    }
}

}  // namespace lbsim
