#include "model/world.hpp"

#include <algorithm>

namespace lbsim {
namespace {

// A closed client whose request ended in the very instant it began (all backends refuse) asks
// again after this long and not at once: else time would stand still.
constexpr Duration kLeastRound = std::chrono::milliseconds{1};

}  // namespace

// One number for each attempt of each request; beyond the fifteenth, one of many.
std::uint64_t World::attempt_of(const RequestState& r) {
    constexpr std::uint64_t kLast = 15;
    if (r.attempt < kLast) return r.number << 4 | r.attempt;
    return (r.number ^ std::uint64_t{r.attempt} << 40) << 4 | kLast;
}

World::World(const Scenario& scenario, std::uint64_t replication)
    : scenario_{scenario},
      idle_rng_{lb::Rng{scenario.seed}.stream("replication", replication).stream("idle")},
      recorder_{scenario.series_step, scenario.slo ? scenario.slo->latency : Duration::max(),
                scenario.picks} {
    layer4_ = scenario.balancers.layer == 4;
    zoned_ = !scenario.balancers.zones.empty();
    sticky_ = scenario.balancers.around.pool.sticky.has_value();
    keys_matter_ = sticky_;
    for (std::size_t t = 0; t != scenario.tiers(); ++t) {
        const auto& tier = scenario.tier(t);
        keys_matter_ = keys_matter_ || tier.equalises == lb::Equalises::Keys ||
                       tier.equalises == lb::Equalises::Nothing;
        costs_ = costs_ || tier.cost;
        queues_ = queues_ || (tier.queue_timeout &&
                              std::any_of(scenario.backends.begin(), scenario.backends.end(),
                                          [&](const Backends& b) {
                                              return b.tier == t && !b.max_in_flight.none();
                                          }));
        const auto& check = tier.guard.health_check;
        tries_ = tries_ || tier.attempts.any() ||
                 (check && check->on_down == lb::HealthCheckConfig::OnDown::CloseInFlight);
    }
    const lb::Rng rng = lb::Rng{scenario.seed}.stream("replication", replication);
    set_up_edges();
    set_up_faults(rng);
    set_up_backends(rng);
    set_up_balancers(rng);
    set_up_reports(rng);
    set_up_groups(rng);
    set_up_holdings(rng);
    if (guarded_)
        for (auto& known : known_) attend_guard(*known, kStart - scenario_.warmup);
    start_arrivals();
    straight_ = may_go_straight();
}

void World::set_up_balancers(const lb::Rng& rng) {
    for (std::size_t t = 0; t != scenario_.tiers(); ++t) set_up_tier(t, rng);
}

void World::set_up_tier(std::size_t number, const lb::Rng& rng) {
    // Fleets and balancers, as many as the workers do not share.
    using Share = Balancers::Share;
    const auto& tier = scenario_.tier(number);
    const auto first_worker = static_cast<std::uint32_t>(workers_.size());
    const auto first_proxy = proxies_.size();
    const auto first_known = known_.size();
    const Instant start = kStart - scenario_.warmup;
    const bool apart = tier.share == Share::None || tier.share == Share::Envoy;
    const auto proxies = static_cast<std::uint64_t>(apart ? tier.count * tier.workers : tier.count);
    for (std::int64_t i = 0; i != tier.count; ++i) {
        const auto balancer = static_cast<std::uint64_t>(i);
        for (std::int64_t w = 0; w != tier.workers; ++w) {
            if (w == 0 || tier.share == Share::None) {
                auto& known = *known_.emplace_back(std::make_unique<Known>());
                known.tier = number;
                for (std::uint32_t b = 0; b != backends_.size(); ++b) join(known, b, start);
                known.number = static_cast<std::uint32_t>(known_.size() - 1);
                // Faults name those that clients talk to.
                if (number == 0) known.balancer = static_cast<std::uint32_t>(i);
                known.name = tier.name + std::to_string(i);
                if (tier.workers > 1 && tier.share == Share::None)
                    known.name += "." + std::to_string(w);
                set_up_guard(known, rng, start);
            }
            if (w == 0 || apart) {
                auto config = config_of(balancer, number);
                config.pool.level.instance = {proxies_.size() - first_proxy, proxies};
                proxies_.push_back(
                    {known_.back().get(),
                     std::make_unique<lb::Balancer>(known_.back()->fleet, config,
                                                    rng.stream("balancer", proxies_.size()), start,
                                                    known_.back()->guard.get())});
                if (tries_) proxies_.back().tries = std::make_unique<Tries>(tier.attempts);
            }
            workers_.push_back({static_cast<std::uint32_t>(proxies_.size() - 1), start});
        }
    }
    if (number == 0) first_proxies_ = proxies_.size();
    tiers_.push_back({first_worker, static_cast<std::uint32_t>(workers_.size()) - first_worker,
                      static_cast<std::uint32_t>(known_.size() - first_known)});
}

lb::Balancer::Config World::config_of(std::uint64_t balancer, std::size_t number) const {
    const auto& tier = scenario_.tier(number);
    const auto count = static_cast<std::uint64_t>(tier.count);
    auto config = tier.around;
    config.pool.level.policy = tier.make_policy;
    config.pool.draw_by_key = tier.equalises == lb::Equalises::Keys;
    if (auto& subset = config.pool.level.subset) subset->instance = {balancer, count};
    if (tier.zones.empty()) return config;
    auto& placement = config.pool.level.placement;
    placement.zone = tier.zones[balancer % tier.zones.size()];
    for (std::size_t z = 0; z != tier.zones.size(); ++z) {
        const auto more = z < count % tier.zones.size() ? 1u : 0u;
        placement.balancers.emplace_back(
            tier.zones[z], static_cast<std::uint32_t>(count / tier.zones.size()) + more);
    }
    return config;
}

// Of another tier it only has a number.
void World::join(Known& known, std::uint32_t backend, Instant now) {
    if (scenario_.backends[backends_[backend].group].tier != known.tier) {
        known.id_of.push_back(kNobody);
        return;
    }
    const auto id = known.fleet.add(backends_[backend].identity, backends_[backend].weight, now);
    if (index(id) >= known.backend_of.size()) known.backend_of.resize(index(id) + 1);
    known.backend_of[index(id)] = backend;
    known.id_of.push_back(id);
}

void World::set_up_edges() {
    std::vector<Instant> edges{kStart};
    const bool timed = !scenario_.requests;
    const Instant end = timed ? kStart + scenario_.duration : Instant::max();
    if (timed) edges.push_back(end);
    const auto note = [&](Duration at) {
        if (kStart + at > kStart && kStart + at < end) edges.push_back(kStart + at);
    };
    for (const auto& w : scenario_.windows) {
        note(w.from);
        note(w.to);
    }
    for (std::size_t i = 0; i != scenario_.timeline.size(); ++i) {
        const auto& entry = scenario_.timeline[i];
        const Instant at = kStart + entry.at;
        if (const auto* restart = std::get_if<Restart>(&entry.change)) {
            const auto batch = static_cast<std::size_t>(restart->batch);
            for (std::size_t k = 0; k < entry.targets.size(); k += batch) {
                const auto begins =
                    at + static_cast<Duration::rep>(k / batch) * restart->until_next();
                actions_.push_back({begins, i, Step::Drain, k, k + batch});
                actions_.push_back({begins + restart->drain, i, Step::Stop, k, k + batch});
                actions_.push_back({begins + restart->one(), i, Step::Start, k, k + batch});
            }
            continue;
        }
        actions_.push_back({at, i, Step::Begin});
        if (entry.lasts && is_fault(entry.change))
            actions_.push_back({at + *entry.lasts, i, Step::End});
    }
    std::stable_sort(actions_.begin(), actions_.end(),
                     [](const Action& a, const Action& b) { return a.at < b.at; });
    for (const auto& action : actions_) edges.push_back(action.at);
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    for (const auto at : edges) queue.push(at, {.kind = Event::Kind::Edge});
}

void World::set_up_backends(const lb::Rng& rng) {
    std::size_t all = 0;
    for (const auto& group : scenario_.backends) all += group.members.size();
    for (const auto& entry : scenario_.timeline)
        if (const auto* add = std::get_if<AddBackends>(&entry.change)) all += add->members.size();
    backends_.reserve(all);
    for (const auto& group : scenario_.backends) {
        kinds_.push_back({Sampler{group.service}, Network{group.network}, Network{group.connect},
                          mean(group.service) * 1e9, 2e9 * mean(group.network),
                          rng.numbered("errors", kinds_.size()), group.errors.has_value()});
        for (const auto& name : group.members)
            new_backend(name, kinds_.size() - 1, kStart - scenario_.warmup);
    }
}

std::uint32_t World::new_backend(const std::string& name, std::size_t group, Instant now) {
    const auto number = static_cast<std::uint32_t>(backends_.size());
    const auto& config = scenario_.backends[group];
    lb::Backend identity{.name = name, .pool = config.pool, .zone = config.zone};
    identity.priority = static_cast<std::uint32_t>(config.priority);
    if (!config.max_in_flight.none())
        identity.max_in_flight = static_cast<std::uint32_t>(config.max_in_flight.value);
    backends_.emplace_back(number, std::make_shared<const lb::Backend>(std::move(identity)), config,
                           static_cast<std::uint32_t>(group), queue, now);
    active_.emplace_back();
    return number;
}

void World::set_up_groups(const lb::Rng& rng) {
    const Instant start = kStart - scenario_.warmup;
    for (std::size_t i = 0; i != scenario_.clients.size(); ++i) {
        const auto& c = scenario_.clients[i];
        auto g = new_group(c, i, rng);
        if (const auto* trace = std::get_if<Trace>(&c.arrivals)) {
            g.trace = std::make_unique<TraceArrivals>(*trace);
        } else if (const auto* closed = std::get_if<Closed>(&c.arrivals)) {
            g.think = Sampler{closed->think};
            g.rounds.resize(static_cast<std::size_t>(closed->concurrency));
            g.first_client = static_cast<std::uint32_t>(clients_.size());
            for (std::uint32_t k = 0; k != g.rounds.size(); ++k)
                clients_.emplace_back(static_cast<std::uint16_t>(i), k);
        } else {
            g.open = std::make_unique<OpenArrivals>(c.arrivals, start, rng.stream("arrivals", i));
        }
        if (const auto* uniform = std::get_if<UniformKeys>(&c.keys))
            g.uniform_keys = static_cast<std::uint64_t>(uniform->count);
        if (const auto* zipf = std::get_if<ZipfKeys>(&c.keys))
            g.zipf =
                std::make_unique<ZipfSampler>(static_cast<std::uint64_t>(zipf->count), zipf->s);
        if (const auto* sessions = std::get_if<SessionKeys>(&c.keys))
            g.sessions = std::make_unique<Sessions>(
                Sessions{Sampler{sessions->lasts}, rng.numbered("session", i),
                         std::vector<Sessions::Place>(static_cast<std::size_t>(sessions->count),
                                                      Sessions::Place{start, 0})});
        g.ips = std::get_if<IpKeys>(&c.keys);
        g.has_keys =
            g.uniform_keys != 0 || g.zipf != nullptr || g.ips != nullptr || g.sessions != nullptr;
        if (!c.classes.empty()) {
            g.classes = std::make_unique<RequestClasses>(c.classes);
            keys_matter_ = keys_matter_ || g.classes->use_keys();
        }
        if (c.connections) {
            const auto count =
                g.rounds.empty() ? static_cast<std::size_t>(c.connections->count) : g.rounds.size();
            g.links = std::make_unique<Links>(*c.connections, count, tiers_.front().workers,
                                              rng.numbered("connection", i));
        }
        if (c.attempts.any()) g.tries = std::make_unique<Tries>(c.attempts);
        if (c.throttle) g.throttle = std::make_unique<lb::ClientThrottle>(*c.throttle, start);
        throttles_ = throttles_ || c.throttle;
        g.throttle_rng = rng.stream("throttle", i);
        groups_.push_back(std::move(g));
    }
}

World::Group World::new_group(const Clients& c, std::size_t number, const lb::Rng& rng) {
    const auto stream = [&](std::string_view purpose) { return rng.numbered(purpose, number); };
    return {.config = &c,
            .open = nullptr,
            .trace = nullptr,
            .work = Sampler{c.work},
            .think = Sampler{Distribution{}},
            .network = Network{c.network},
            .work_stream = stream("work"),
            .key_stream = stream("key"),
            .think_stream = stream("think"),
            .proxy_stream = stream("proxy"),
            .service_stream = stream("service"),
            .network_stream = stream("network"),
            .class_stream = stream("class"),
            .zipf = nullptr,
            .classes = nullptr,
            .links = nullptr,
            .jar = {},
            .number = number,
            .rounds = {},
            .timeouts = {},
            .retry_stream = stream("retry")};
}

void World::start_arrivals() {
    const Instant start = kStart - scenario_.warmup;
    for (std::uint16_t i = 0; i != groups_.size(); ++i) {
        auto& g = groups_[i];
        g.lane = queue.add_lane();
        const Instant first = g.open    ? g.open->next()
                              : g.trace ? g.trace->next_at()
                                        : Instant::max();
        if (first != Instant::max() || !g.rounds.empty()) ++sources_;
        if (first != Instant::max())
            queue.set(g.lane, first, {.group = i, .kind = Event::Kind::Arrival});
        for (std::uint32_t k = 0; k != g.rounds.size(); ++k) {
            auto rng = g.think_stream.at(k);
            const Duration think = lb::duration_of(g.think(rng));
            queue.push(start + think,
                       {.index = g.first_client + k, .group = i, .kind = Event::Kind::Ask});
        }
    }
}

void World::handle(const Event& event, Instant now) {
    ++events_;
    now_ = now;
    if (recorder_.step_over(now)) [[unlikely]]
        recorder_.next_steps(now, waiting_clients_, conditions());
    switch (event.kind) {
        case Event::Kind::Arrival:
            return straight_ ? arrive_straight(event.group, now) : arrive(event.group, now);
        case Event::Kind::Ask: return ask(event.index, now);
        case Event::Kind::AtBalancer: return at_balancer(requests_[event.index], now);
        case Event::Kind::Inspected: return inspected(requests_[event.index], now);
        case Event::Kind::AtBackend: return at_backend(requests_[event.index], now);
        case Event::Kind::Finished:
            return straight_ ? finish_straight(event, now) : finished(event, now);
        case Event::Kind::Answered: return answered(requests_[event.index], now);
        case Event::Kind::Received: return received(requests_[event.index], now);
        case Event::Kind::Patience: return patience_ends(event, now);
        case Event::Kind::Edge: return edge(now);
        case Event::Kind::News: return hear(news_[event.index], now);
        case Event::Kind::Deadline: late_ = true; return;
        case Event::Kind::Idle: return idle_reported(event.group, event.index, now);
        case Event::Kind::Timer: return timer(event.index, now);
        case Event::Kind::ProbeAtBackend: return probe_at_backend(event.index, now);
        case Event::Kind::ProbeAnswered: return probe_answered(event.index, now);
        case Event::Kind::GuardTimer: return guard_timer(event.index, now);
        case Event::Kind::CheckAtBackend: return check_at_backend(event.index, now);
        case Event::Kind::CheckServed: return check_served(event.index, now);
        case Event::Kind::CheckAnswered: return check_answered(event.index, now);
        case Event::Kind::WaitEnds: return wait_ends(requests_[event.index], now);
        case Event::Kind::Wake: return wake(event.index, now);
        case Event::Kind::Episode: return turn_episode(event.index, now);
        case Event::Kind::Ramp: return ramp(event.index, now);
        case Event::Kind::TryEnds: return try_ends(requests_[event.index], now);
        case Event::Kind::TryAgain: return make_attempt(requests_[event.index], now);
        case Event::Kind::HedgeDue: return hedge_due(requests_[event.index], now);
        case Event::Kind::CloseInFlight: return close_in_flight(event.index, now);
        case Event::Kind::ConnectEnds: return connect_ends(requests_[event.index], now);
        case Event::Kind::Restarted: return leak_mended(event.index, now);
    }
}

// ---- Clients

void World::arrive(std::uint16_t group, Instant now) {
    auto& g = groups_[group];
    auto& r = new_request(group, g.next_number++, now);
    if (g.trace) {
        r.work *= g.trace->work();
        keep_trace_key(r);
        g.trace->advance();
    }
    const Instant next = g.open ? g.open->next() : g.trace->next_at();
    if (next != Instant::max())
        queue.set(g.lane, next, {.group = group, .kind = Event::Kind::Arrival});
    else if (--sources_ == 0 && scenario_.requests)
        stop_measuring(now);
    send(r, now);
}

void World::keep_trace_key(const RequestState& r) {
    if (trace_keys_.size() <= r.slot) trace_keys_.resize(r.slot + 1);
    trace_keys_[r.slot].assign(groups_[r.group].trace->key());
}

void World::ask(std::uint32_t client, Instant now) {
    const auto [group, k] = clients_[client];
    auto& g = groups_[group];
    // Numbered by round and client, so that it is the same request under every policy.
    auto& r = new_request(group, g.rounds[k]++ * g.rounds.size() + k, now);
    r.client = client;
    send(r, now);
}

RequestState& World::new_request(std::uint16_t group, std::uint64_t number, Instant now) {
    auto& g = groups_[group];
    auto& r = requests_.take();
    r.number = number;
    r.arrived = now;
    r.group = group;
    r.backend = RequestState::kNone;
    r.waited_for = true;
    r.ticket_out = false;
    r.attempt = 0;
    r.begun = false;
    r.parent = nullptr;
    r.deadline = g.config->deadline ? now + *g.config->timeout : Instant::max();
    r.inner = g.tier != 0;
    r.measured = measuring_ && recorder_.open() && !r.inner;
    if (g.work.constant()) {
        r.work = g.work.mean();
    } else {
        auto rng = g.work_stream.at(number);
        r.work = g.work(rng);
    }
    if (g.has_keys && !r.inner) r.key = draw_key(g, number, now);
    if (g.classes) {
        auto rng = g.class_stream.at(number);
        r.class_place = static_cast<std::uint16_t>(g.classes->at(rng.unit()));
        r.work *= g.classes->work(r.class_place)(rng);
    }
    const auto& tier = tiers_[g.tier];
    r.worker = tier.first_worker;
    r.link = RequestState::kNone;
    if (tier.workers > 1 && !g.links) {
        auto rng = g.proxy_stream.at(number);
        r.worker += static_cast<std::uint32_t>(rng.below(tier.workers));
    }
    r.proxy = workers_[r.worker].proxy;
    if (!r.inner) ++waiting_clients_;
    if (r.measured) {
        recorder_.offered(r);
        ++measured_open_;
        ++measured_;
        if (measured_ == scenario_.explain) explained_request_ = &r;
        if (measured_ == static_cast<std::uint64_t>(scenario_.requests.value_or(0)))
            stop_measuring(now);
    }
    mix(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ g.number << 48);
    return r;
}

// Whether the client turns it away itself.
bool World::throttled(RequestState& r, Instant now) {
    auto& g = groups_[r.group];
    if (g.throttle == nullptr || g.throttle->on_request(now, g.throttle_rng)) return false;
    r.rejection = lb::Rejection::Shed;
    if (&r == explained_request_) [[unlikely]]
        begin_explained(r, {}, now).rejection = "its client turned it away: too few are accepted";
    return true;
}

void World::send(RequestState& r, Instant now) {
    auto& g = groups_[r.group];
    if (throttles_ && g.tries == nullptr && throttled(r, now)) return received(r, now);
    if (g.config->timeout) {
        g.timeouts.push({now + *g.config->timeout, r.slot, r.generation});
        if (!g.patience_scheduled) schedule_patience(r.group);
    }
    if (g.tries != nullptr) return begin_attempts(r, true, now);
    const Duration delay = leg(g.network, r, kToBalancer);
    if (delay == Duration::zero()) return at_balancer(r, now);
    r.stage = RequestState::Stage::ToBalancer;
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::AtBalancer});
}

void World::schedule_patience(std::uint16_t group) {
    auto& g = groups_[group];
    const auto over = [&](const Timeouts::Entry& e) {
        const auto& r = requests_[e.slot];
        return r.generation != e.generation || !r.waited_for;
    };
    while (!g.timeouts.empty() && over(g.timeouts.front())) g.timeouts.pop();
    g.patience_scheduled = !g.timeouts.empty();
    if (g.patience_scheduled)
        queue.push(g.timeouts.front().at, {.group = group, .kind = Event::Kind::Patience});
}

void World::patience_ends(const Event& event, Instant now) {
    constexpr std::uint32_t kLastCall = 1;
    if (event.index == kLastCall) return give_up(event.group, now);
    // An answer of this very instant is in time, so everything else of this instant goes first.
    queue.push(now, {.index = kLastCall, .group = event.group, .kind = Event::Kind::Patience});
}

void World::give_up(std::uint16_t group, Instant now) {
    auto& g = groups_[group];
    while (!g.timeouts.empty() && g.timeouts.front().at <= now) {
        const auto entry = g.timeouts.front();
        g.timeouts.pop();
        auto& r = requests_[entry.slot];
        if (r.generation != entry.generation || !r.waited_for) continue;
        complete(r, Outcome::TimedOut, now);
        // The connection closes behind the client: the balancer stops waiting.
        abandon(r, lb::Response::End::Cancelled, now);
    }
    schedule_patience(group);
}

void World::complete(RequestState& r, Outcome outcome, Instant now) {
    r.waited_for = false;
    if (r.inner) [[unlikely]] {
        const bool found = outcome == Outcome::Succeeded;
        if (r.measured && found) recorder_.fetched(r, now - r.arrived);
        return fetched(r, found, now);
    }
    --waiting_clients_;
    if (&r == explained_request_) [[unlikely]]
        begin_explained(r, {}, now).rejection = "its client gave up before a balancer picked";
    const Duration latency = now - r.arrived;
    if (r.measured) {
        recorder_.completed(r, outcome, latency);
        --measured_open_;
    }
    mix(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^
        static_cast<std::uint64_t>(outcome) << 60 ^ std::uint64_t{r.backend} << 32);
    auto& g = groups_[r.group];
    if (g.rounds.empty()) return;
    // The first think of a client has its own number; this one is drawn after request r.number.
    auto rng = g.think_stream.at(r.number + g.rounds.size());
    Duration think = lb::duration_of(g.think(rng));
    if (latency + think == Duration::zero()) think = kLeastRound;
    queue.push(now + think, {.index = r.client, .group = r.group, .kind = Event::Kind::Ask});
}

Duration World::drawn_leg(const Network& network, const RequestState& request,
                          std::uint64_t which) const {
    auto rng = groups_[request.group].network_stream.at(attempt_of(request) << 2 | which);
    return lb::duration_of(network.sampler(rng));
}

// ---- Backends

void World::at_backend(RequestState& r, Instant now) {
    auto& backend = backends_[r.backend];
    r.stage = RequestState::Stage::AtBackend;
    r.end = lb::Response::End::Complete;
    r.status = 200;
    // Balancers that have not heard of it yet send to one that has left.
    if (!backend.member && r.ticket.sent > backend.left_at)
        return answer(r, lb::Response::End::Refused, 0, now);
    if (backend.crashed()) {
        if (backend.crashed_refusing != 0) return answer(r, lb::Response::End::Refused, 0, now);
        return lose_connection(r, now);
    }
    auto rng = groups_[r.group].service_stream.at(attempt_of(r));
    double service_ns = r.work * kinds_[backend.group].service(rng) * 1e9;
    if (slowable_) service_ns *= slowness_of_next(r.backend, now);
    if (backend.befalling != 0) [[unlikely]]
        if (const auto* hang = befall(r, service_ns)) return swallow(r, *hang, now);
    if (kinds_[backend.group].fails) [[unlikely]]
        fail_some(r, service_ns);
    if (r.measured && backend.hung == 0)
        recorder_.demanded(r, service_ns * backend.factor() + backend.slow_add_ns);
    if (!holdings_.empty()) [[unlikely]]
        find_session(r);
    if (!meters_.empty()) visit_begins(r, now);
    if (!backend.accept(r, service_ns, now)) answer(r, lb::Response::End::Complete, 503, now);
}

void World::finished(const Event& event, Instant now) {
    const bool shared = event.group == Event::kSharing;
    const auto number = shared ? event.index : requests_[event.index].backend;
    if (!meters_.empty()) meter(number, now);
    if (!holdings_.empty() && !shared && waits_for_fetch(requests_[event.index], now)) return;
    auto& r = shared ? backends_[number].finish_sharer(now) : requests_[event.index];
    if (!shared) backends_[number].finish(r, now);
    if (r.measured) recorder_.served(r, !r.waited_for || r.end != lb::Response::End::Complete);
    answer(r, r.end, r.status, now);
    if (leaks_) leak(number, now);
    if (reports_ == lb::Policy::Reports::Idle) report_idle(number, now);
}

// After what else it takes, it is on its way back.
void World::answer(RequestState& r, lb::Response::End end, std::uint16_t status, Instant now,
                   Duration later) {
    r.end = end;
    r.status = status;
    if (r.group == RequestState::kProbe) [[unlikely]]
        return check_left(r, true, now);
    r.stage = RequestState::Stage::ToBalancerBack;
    if (!meters_.empty()) visit_ends(r, now);
    Duration delay = later + leg(kinds_[backends_[r.backend].group].network, r, kFromBackend);
    if (backends_[r.backend].networks != 0) [[unlikely]] {
        const auto troubled = troubled_leg(r, kFromBackend, delay);
        if (!troubled) return lose(r, now);
        delay = *troubled;
    }
    if (delay == Duration::zero()) return answered(r, now);
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::Answered});
}

// Its connection is never opened.
void World::lose_connection(RequestState& r, Instant now) {
    if (!r.ticket_out) return lose(r, now);
    const auto& limit = tier_of(r).connect_timeout;
    if (!limit) return lose(r, now);
    r.stage = RequestState::Stage::ToBackend;
    queue.push(std::max(now, r.ticket.sent + *limit),
               {.index = r.slot, .kind = Event::Kind::ConnectEnds});
}

void World::connect_ends(RequestState& r, Instant now) {
    r.end = lb::Response::End::Refused;
    r.status = 0;
    answered(r, now);
}

// It never comes where it is going.
void World::lose(RequestState& r, Instant now) {
    if (r.group == RequestState::kProbe) return check_left(r, false, now);
    r.stage = RequestState::Stage::Lost;
    if (r.waited_for) return;
    if (r.ticket_out) return_ticket(r, lb::Response::End::Cancelled, now);
    requests_.release(r);
}

}  // namespace lbsim
