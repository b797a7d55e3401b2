#include <algorithm>
#include <limits>

#include "model/world.hpp"

namespace lbsim {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();
constexpr Instant kStart{};

std::string word(const Change& change, bool begins) {
    static constexpr const char* kWords[] = {"slow",    "crashed", "hung",      "added",
                                             "removed", "drained", "reweighted"};
    std::string word = kWords[change.index()];
    if (!begins) word += " ended";
    return word;
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
    }
    recorder_.open_segment(now, backends_.size());
}

void World::close_segment(Instant now) {
    auto& segment = recorder_.segments.back();
    segment.span = now.time_since_epoch() - recorder_.edges.back();
    segment.backends.resize(backends_.size());
    double weights = 0, speeds = 0;
    const auto speed = [&](const BackendModel& b) {
        return b.crashed() || b.hung != 0
                   ? 0
                   : b.weight / (kinds_[b.group].mean_service_ns * b.slow_factor + b.slow_add_ns +
                                 kinds_[b.group].mean_network_ns);
    };
    for (const auto& b : backends_)
        if (b.member && !b.drained) weights += b.weight, speeds += speed(b);
    for (std::size_t i = 0; i != backends_.size(); ++i) {
        auto& b = backends_[i];
        auto& tally = segment.backends[i];
        const auto integrals = b.take_integrals(now);
        tally.busy_ns = integrals.busy_ns;
        tally.in_flight_ns = integrals.in_flight_ns;
        tally.queue_max = integrals.queue_max;
        // Of one that was removed, the workers that end what they have begun.
        const auto span = static_cast<double>(segment.span.count());
        tally.worker_ns = !b.member ? integrals.busy_ns : span > 0 ? b.workers() * span : 0;
        if (!b.member || b.drained) continue;
        // Shares for now; result() multiplies them by the segment's attempts.
        tally.expected_by_weight = b.weight / weights;
        tally.expected_by_speed = speeds > 0 ? speed(b) / speeds : 0;
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
            note(action, name, now);
        }
        return;
    }
    for (const auto& name : entry.targets)
        for (std::uint32_t b = 0; b != backends_.size(); ++b) {
            if (backends_[b].identity->name != name || !concerns(action, b)) continue;
            apply_to(b, action, now);
            note(action, name, now);
        }
}

// Whoever left is out of reach of what begins, but what began before comes to its end there too.
bool World::concerns(const Action& action, std::uint32_t backend) const {
    if (action.begins) return backends_[backend].member;
    const auto& active = active_[backend];
    return std::find(active.begin(), active.end(), action.entry) != active.end();
}

void World::note(const Action& action, const std::string& backend, Instant now) {
    const auto& entry = scenario_.timeline[action.entry];
    log_.push_back({now - kStart, word(entry.change, action.begins), backend, entry.name});
}

void World::apply_to(std::uint32_t number, const Action& action, Instant now) {
    auto& backend = backends_[number];
    const auto& change = scenario_.timeline[action.entry].change;
    const auto* crash = std::get_if<Crash>(&change);
    if (crash != nullptr || std::holds_alternative<Slow>(change) ||
        std::holds_alternative<Hang>(change)) {
        auto& active = active_[number];
        if (action.begins)
            active.push_back(action.entry);
        else
            std::erase(active, action.entry);
        return crash != nullptr ? set_crashed(number, *crash, action.begins, now)
                                : refresh_speed(number, now);
    }
    if (const auto* reweight = std::get_if<Reweight>(&change)) backend.weight = reweight->weight;
    if (std::holds_alternative<DrainBackends>(change)) backend.drained = true;
    if (std::holds_alternative<RemoveBackends>(change)) {
        backend.member = false;
        backend.left_at = now;
    }
    tell(action.entry, number, now);
}

void World::refresh_speed(std::uint32_t number, Instant now) {
    auto& backend = backends_[number];
    backend.slow_factor = 1;
    backend.slow_add_ns = 0;
    backend.hung = 0;
    for (const auto entry : active_[number]) {
        const auto& change = scenario_.timeline[entry].change;
        if (const auto* slow = std::get_if<Slow>(&change)) {
            backend.slow_factor *= slow->factor;
            backend.slow_add_ns += static_cast<double>(slow->add.count());
        } else if (std::holds_alternative<Hang>(change)) {
            ++backend.hung;
        }
    }
    backend.set_factor(backend.hung != 0 ? kForever : backend.slow_factor, now);
}

void World::set_crashed(std::uint32_t number, const Crash& how, bool begins, Instant now) {
    auto& backend = backends_[number];
    auto& count =
        how.answer == Crash::Answer::Refuse ? backend.crashed_refusing : backend.crashed_dropping;
    if (!begins) {
        --count;
        return report_idle(number, now);
    }
    ++count;
    add_meter(number, now);
    for (const auto slot : backend.evict(now)) {
        auto& r = requests_[slot];
        if (r.measured) recorder_.served(r, true);
        if (how.in_flight == Crash::InFlight::Reset) {
            answer(slot, lb::Response::End::Reset, 0, now);
        } else {
            r.stage = RequestState::Stage::Lost;
            if (!r.waited_for) requests_.release(slot);
        }
    }
}

void World::add_backend(const std::string& name, const Action& action, std::size_t group,
                        Instant now) {
    const auto number = new_backend(name, group, now);
    add_meter(number, now);
    recorder_.resize(backends_.size());
    tell(action.entry, number, now);
    report_idle(number, now);
}

void World::tell(std::size_t entry, std::uint32_t backend, Instant now) {
    const News news{entry, backend};
    if (scenario_.balancers.view_delay == Duration::zero()) return hear(news, now);
    news_.push_back(news);
    queue.push(now + scenario_.balancers.view_delay,
               {.index = static_cast<std::uint32_t>(news_.size() - 1), .kind = Event::Kind::News});
}

void World::hear(const News& news, Instant now) {
    const auto& change = scenario_.timeline[news.entry].change;
    for (auto& known : known_) {
        if (std::holds_alternative<AddBackends>(change)) {
            join(*known, news.backend, now);
            continue;
        }
        const auto id = known->id_of[news.backend];
        if (const auto* reweight = std::get_if<Reweight>(&change))
            known->fleet.set_weight(id, reweight->weight, now);
        if (std::holds_alternative<DrainBackends>(change))
            known->fleet.exclude(id, lb::Exclusion::Draining, now);
        if (std::holds_alternative<RemoveBackends>(change)) known->fleet.remove(id, now);
    }
    if (!attended_) return;
    for (std::uint32_t i = 0; i != proxies_.size(); ++i) attend(i, now);
}

Replication World::result() {
    stop_measuring(now_);  // If nothing more could happen before the end.
    for (auto& b : backends_)
        for (const auto slot : b.evict(now_))
            if (const auto& r = requests_[slot]; r.measured) recorder_.served(r, !r.waited_for);
    Replication out;
    out.digest = digest_;
    out.events = events_;
    for (const auto& b : backends_) out.backends.push_back(b.identity->name);
    for (std::uint32_t slot = 0; slot != requests_.slots(); ++slot) {
        const auto& r = requests_[slot];
        if (r.stage != RequestState::Stage::Free && r.measured && r.waited_for)
            ++recorder_.segments[r.segment].outcomes.unfinished;
    }
    out.edges = std::move(recorder_.edges);
    out.segments = recorder_.take_segments();
    for (auto& s : out.segments)
        for (auto& b : s.backends) {
            b.expected_by_weight *= static_cast<double>(s.outcomes.attempts);
            b.expected_by_speed *= static_cast<double>(s.outcomes.attempts);
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
