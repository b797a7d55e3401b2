#include <algorithm>

#include "base/expects.hpp"
#include "model/world.hpp"

namespace lbsim {
namespace {

std::string word(const TimelineEntry& entry, World::Step step) {
    static constexpr const char* kWords[] = {"slow",
                                             "crashed",
                                             "hung",
                                             "failing",
                                             "cutting answers",
                                             "short of workers",
                                             "browned out",
                                             "leaking",
                                             "behind a bad network",
                                             "lying to probes",
                                             "added",
                                             "removed",
                                             "drained",
                                             "reweighted"};
    switch (step) {
        case World::Step::Drain: return "drained";
        case World::Step::Stop: return "stopped";
        case World::Step::Start: return "started";
        default: break;
    }
    const std::string word = kWords[entry.change.index()];
    return step == World::Step::End ? word + " ended" : word;
}

}  // namespace

// At one instant first the segment ends, then the world changes, then the next begins.
void World::edge(Instant now) {
    if (measuring_ && recorder_.open()) close_segment(now);
    if (measuring_ && !scenario_.requests && now == kStart + scenario_.duration)
        stop_measuring(now);
    for (; next_action_ != actions_.size() && actions_[next_action_].at == now; ++next_action_)
        apply(actions_[next_action_], now);
    if (measuring_) open_segment(now);
}

void World::open_segment(Instant now) {
    if (!recorder_.open()) {
        recorder_.start_series(now,
                               scenario_.requests ? Instant::max() : kStart + scenario_.duration);
        for (auto& b : backends_) b.take_integrals(now);  // The warm-up does not count.
        for (auto& known : known_)
            for (auto* what : {&known->all_open, &known->panic}) *what = {what->on, now, 0};
    }
    recorder_.open_segment(now, backends_.size());
}

void World::close_segment(Instant now) {
    auto& segment = recorder_.segments.back();
    segment.span = now.time_since_epoch() - recorder_.edges.back();
    segment.backends.resize(backends_.size());
    for (auto& known : known_) {
        for (auto* what : {&known->all_open, &known->panic}) become(*what, what->on, *known, now);
        segment.outcomes.open_ns += std::exchange(known->all_open.ns, 0);
        segment.outcomes.panic_ns += std::exchange(known->panic.ns, 0);
    }
    std::vector<double> weights(tiers_.size()), speeds(tiers_.size());
    const auto tier = [&](const BackendModel& b) { return scenario_.backends[b.group].tier; };
    const auto speed = [&](const BackendModel& b) {
        return b.crashed() || b.hung != 0
                   ? 0
                   : b.weight / (kinds_[b.group].mean_service_ns * b.slow_factor + b.slow_add_ns +
                                 kinds_[b.group].mean_network_ns);
    };
    for (const auto& b : backends_)
        if (b.member && !b.drained) weights[tier(b)] += b.weight, speeds[tier(b)] += speed(b);
    for (std::size_t i = 0; i != backends_.size(); ++i) {
        auto& b = backends_[i];
        auto& tally = segment.backends[i];
        const auto integrals = b.take_integrals(now);
        tally.busy_ns = integrals.busy_ns;
        tally.in_flight_ns = integrals.in_flight_ns;
        tally.queue_max = integrals.queue_max;
        tally.in_flight_max = integrals.in_flight_max;
        tally.verdicts.excluded_ns = integrals.excluded_ns;
        tally.verdicts.spared_ns = integrals.spared_ns;
        tally.verdicts.open_ns = integrals.open_ns;
        tally.verdicts.left_out = b.excluded_by;
        // Of one that was removed, the workers that end what they have begun.
        tally.worker_ns = b.member ? integrals.worker_ns : integrals.busy_ns;
        if (!b.member || b.drained) continue;
        // Shares for now; result() multiplies them by the segment's attempts.
        tally.expected_by_weight = b.weight / weights[tier(b)];
        tally.expected_by_speed = speeds[tier(b)] > 0 ? speed(b) / speeds[tier(b)] : 0;
    }
}

std::vector<Condition> World::conditions() const {
    std::vector<Condition> out;
    if (backends_.size() > Series::kMostBackends) return out;
    for (const auto& b : backends_) out.push_back(b.condition());
    return out;
}

void World::stop_measuring(Instant now) {
    if (!measuring_) return;
    if (recorder_.open() && recorder_.edges.size() == recorder_.segments.size()) {
        if (scenario_.requests) close_segment(now);
        recorder_.edges.push_back(now.time_since_epoch());
    }
    measuring_ = false;
    recorder_.end_series(waiting_clients_, conditions());
    Duration drain{};
    bool patient = false;
    for (const auto& c : scenario_.clients) {
        patient = patient || !c.timeout;
        drain = std::max(drain, c.timeout.value_or(Duration::zero()));
    }
    const Duration lasted = now - kStart;
    if (patient) drain = lasted < Duration::max() / 20 ? 10 * lasted : Duration::max() / 2;
    // What ends at the deadline has ended in time.
    queue.push(now + scenario_.drain.value_or(drain) + Duration{1},
               {.kind = Event::Kind::Deadline});
}

void World::apply(const Action& action, Instant now) {
    const auto& entry = scenario_.timeline[action.entry];
    if (const auto* add = std::get_if<AddBackends>(&entry.change)) {
        for (const auto& name : add->members) {
            add_backend(name, action, add->group, now);
            note(entry, action.step, name, now);
        }
        return;
    }
    if (action.step == Step::Begin && entry.ramp.any()) begin_ramp(action.entry, now);
    if (entry.repeat && action.step == Step::Begin) begin_episodes(action.entry, now);
    if (entry.repeat && action.step == Step::End) end_episodes(action.entry, now);
    const auto last = std::min(action.last, entry.targets.size());
    for (auto i = action.first; i < last; ++i)
        for (std::uint32_t b = 0; b != backends_.size(); ++b) {
            if (backends_[b].identity->name != entry.targets[i] || !concerns(action, b)) continue;
            if (entry.repeat) continue;
            apply_to(b, action, now);
            note(entry, action.step, entry.targets[i], now);
        }
}

// Whoever left is out of reach of what begins, but what began before comes to its end there too.
bool World::concerns(const Action& action, std::uint32_t backend) const {
    const auto& b = backends_[backend];
    if (action.step != Step::End || scenario_.timeline[action.entry].repeat) return b.member;
    const auto& active = active_[backend];
    return std::find(active.begin(), active.end(), action.entry) != active.end();
}

void World::note(const TimelineEntry& entry, Step step, const std::string& backend, Instant now) {
    log_.push_back({now - kStart, word(entry, step), backend, entry.name});
}

void World::apply_to(std::uint32_t number, const Action& action, Instant now) {
    auto& backend = backends_[number];
    const auto& change = scenario_.timeline[action.entry].change;
    if (is_fault(change)) return set_fault(number, action.entry, action.step == Step::Begin, now);
    if (std::holds_alternative<Restart>(change)) return restart(number, action, now);
    if (const auto* reweight = std::get_if<Reweight>(&change)) backend.weight = reweight->weight;
    if (std::holds_alternative<DrainBackends>(change)) backend.drained = true;
    if (std::holds_alternative<RemoveBackends>(change)) {
        backend.member = false;
        backend.left_at = now;
    }
    tell(action, number, now);
}

void World::restart(std::uint32_t number, const Action& action, Instant now) {
    if (action.step == Step::Drain) active_[number].push_back(action.entry);
    if (action.step == Step::Start) std::erase(active_[number], action.entry);
    if (action.step == Step::Stop) return set_crashed(number, Crash{}, true, now);
    backends_[number].drained = action.step == Step::Drain;
    if (action.step == Step::Start) set_crashed(number, Crash{}, false, now);
    tell(action, number, now);
}

void World::add_backend(const std::string& name, const Action& action, std::size_t group,
                        Instant now) {
    const auto number = new_backend(name, group, now);
    backends_[number].start_cold(now);
    add_meter(number, now);
    if (!holdings_.empty()) hold(number);
    recorder_.resize(backends_.size());
    tell(action, number, now);
    report_idle(number, now);
}

void World::tell(const Action& action, std::uint32_t backend, Instant now) {
    const News news{action.entry, backend, action.step};
    const auto& tier = scenario_.tier(scenario_.backends[backends_[backend].group].tier);
    if (tier.view_delay == Duration::zero()) return hear(news, now);
    news_.push_back(news);
    queue.push(now + tier.view_delay,
               {.index = static_cast<std::uint32_t>(news_.size() - 1), .kind = Event::Kind::News});
}

void World::hear(const News& news, Instant now) {
    const auto& change = scenario_.timeline[news.entry].change;
    const auto tier = scenario_.backends[backends_[news.backend].group].tier;
    for (auto& known : known_) {
        if (std::holds_alternative<AddBackends>(change)) {
            join(*known, news.backend, now);
            continue;
        }
        if (known->tier != tier) continue;
        const auto id = known->id_of[news.backend];
        if (const auto* reweight = std::get_if<Reweight>(&change))
            known->fleet.set_weight(id, reweight->weight, now);
        if (std::holds_alternative<DrainBackends>(change) || news.step == Step::Drain)
            known->fleet.exclude(id, lb::Exclusion::Draining, now);
        if (news.step == Step::Start) known->fleet.admit(id, lb::Exclusion::Draining, now);
        if (std::holds_alternative<RemoveBackends>(change)) {
            known->fleet.remove(id, now);
            note_excluded(*known, news.backend, id, now);
            note_open(*known, news.backend, false, now);
        }
    }
    for (auto& known : known_) {
        if (guarded_) attend_guard(*known, now);
        wake_waiting(*known, now);
    }
    if (!attended_) return;
    for (std::uint32_t i = 0; i != proxies_.size(); ++i) attend(i, now);
}

Replication World::result() {
    stop_measuring(now_);  // If nothing more could happen before the end.
    for (auto& b : backends_)
        for (const auto* r : b.evict(now_))
            if (r->measured) recorder_.served(*r, !r->waited_for);
    Replication out;
    out.digest = digest_;
    out.events = events_;
    for (const auto& b : backends_) out.backends.push_back(b.identity->name);
    out.picks = std::move(recorder_.picks);
    for (std::uint32_t slot = 0; slot != requests_.slots(); ++slot) {
        const auto& r = requests_[slot];
        if (r.stage != RequestState::Stage::Free && r.measured && r.waited_for && !r.inner &&
            r.parent == nullptr)
            recorder_.unfinished(r);
    }
    out.edges = std::move(recorder_.edges);
    out.segments = recorder_.take_segments();
    for (auto& s : out.segments) {
        std::vector<std::uint64_t> attempts(tiers_.size());
        for (std::size_t i = 0; i != s.backends.size(); ++i) {
            const auto tier = scenario_.backends[backends_[i].group].tier;
            s.backends[i].tier = static_cast<std::uint8_t>(tier);
            attempts[tier] += s.backends[i].attempts;
        }
        for (auto& b : s.backends) {
            b.expected_by_weight *= static_cast<double>(attempts[b.tier]);
            b.expected_by_speed *= static_cast<double>(attempts[b.tier]);
        }
        lb::expects(s.outcomes.conserved() && s.outcomes.attempts == attempts[0]);
    }
    out.duration = out.edges.empty() ? Duration::zero() : out.edges.back();
    out.series = recorder_.take_series();
    out.log = std::move(log_);
    out.explained = std::move(explained_);
    for (const auto& g : groups_)
        if (g.trace) out.traces.push_back({g.trace->file(), g.trace->report()});
    return out;
}

}  // namespace lbsim
