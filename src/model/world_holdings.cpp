#include <algorithm>

#include "balancer/hashing/ring.hpp"
#include "model/world.hpp"

// What backends hold for those who come back: caches, and sessions.  A world without them pays for
// one comparison.

namespace lbsim {

void World::set_up_holdings(const lb::Rng& rng) {
    const auto count = scenario_.backends.size();
    const bool any = std::any_of(scenario_.backends.begin(), scenario_.backends.end(),
                                 [](const Backends& group) {
                                     return group.cache || group.sessions || !group.calls.empty();
                                 });
    if (!any) return;
    const auto add_asker = [&](const Backends& group, std::uint64_t number, std::size_t tier,
                               std::optional<Duration> timeout) {
        auto& asker = askers_.emplace_back();
        asker.name = group.name;
        asker.timeout = timeout;
        groups_.push_back(new_group(asker, kAskers + number, rng));
        groups_.back().tier = tier;
        groups_.back().has_keys = true;
    };
    std::vector<std::uint16_t> asker_of(count);
    for (std::size_t i = 0; i != count; ++i) {
        const auto& group = scenario_.backends[i];
        asker_of[i] = static_cast<std::uint16_t>(groups_.size());
        if (group.cache) add_asker(group, i, group.cache->tier, group.cache->timeout);
        for (std::size_t c = 0; c != group.calls.size(); ++c)
            add_asker(group, i + (c + 1) * kMostGroups, group.calls[c].tier,
                      group.calls[c].timeout);
    }
    holdings_.resize(backends_.size());
    for (std::uint32_t b = 0; b != backends_.size(); ++b) {
        holdings_[b].group = asker_of[backends_[b].group];
        hold(b);
    }
    for (std::size_t t = 0; t != scenario_.tiers(); ++t) prefill(t, rng);
}

// It begins, or begins anew, with nothing.
void World::hold(std::uint32_t backend) {
    const auto group = backends_[backend].group;
    if (backend == holdings_.size()) {  // It joins: as others of its group do.
        const auto other =
            static_cast<std::size_t>(std::find_if(backends_.begin(), backends_.end(),
                                                  [&](const auto& b) { return b.group == group; }) -
                                     backends_.begin());
        holdings_.emplace_back().group = other == backend ? 0 : holdings_[other].group;
    }
    auto& holding = holdings_[backend];
    ++holding.life;
    if (const auto& cache = scenario_.backends[group].cache)
        holding.cache.emplace(static_cast<std::size_t>(cache->entries));
}

// The least popular keys first, so that the most popular are there in the end.
void World::prefill(std::size_t tier, const lb::Rng& rng) {
    const bool any =
        std::any_of(scenario_.backends.begin(), scenario_.backends.end(), [&](const auto& group) {
            return group.tier == tier && group.cache && group.cache->prefill;
        });
    if (!any) return;
    const Instant start = kStart - scenario_.warmup;
    // A balancer of its own, so that the others know nothing of it.
    Known known;
    known.tier = tier;
    for (std::uint32_t b = 0; b != backends_.size(); ++b) join(known, b, start);
    lb::Balancer balancer{known.fleet, config_of(0, tier), rng.stream("prefill", tier), start};
    for (std::size_t g = 0; g != scenario_.clients.size(); ++g) {
        const auto& keys = scenario_.clients[g].keys;
        std::uint64_t count = 0;
        if (const auto* uniform = std::get_if<UniformKeys>(&keys))
            count = static_cast<std::uint64_t>(uniform->count);
        if (const auto* zipf = std::get_if<ZipfKeys>(&keys))
            count = static_cast<std::uint64_t>(zipf->count);
        if (const auto* ips = std::get_if<IpKeys>(&keys))
            count = static_cast<std::uint64_t>(ips->clients + ips->gateways);
        RequestState r;
        r.group = static_cast<std::uint16_t>(g);
        for (r.key = count; r.key-- != 0;) {
            const lb::Request request{.key = key_of(r), .client = address_of(r)};
            const auto decision = balancer.pick(request, start);
            const auto* ticket = std::get_if<lb::Ticket>(&decision);
            if (ticket == nullptr) continue;
            const auto backend = known.backend_of[index(ticket->backend)];
            const auto& cache = scenario_.backends[backends_[backend].group].cache;
            if (cache && cache->prefill) holdings_[backend].cache->insert(thing_of(r));
            balancer.done(*ticket, {}, start);
        }
    }
}

// The number of what it asks for.
std::uint64_t World::thing_of(const RequestState& attempt) const {
    const auto& r = origin_of(attempt);
    const auto& g = groups_[r.group];
    if (g.trace && !trace_keys_[r.slot].empty()) return lb::hash_of(trace_keys_[r.slot]);
    return g.has_keys ? r.key : r.number;
}

// ---- Caches and calls

// It was served.  Whether its worker waits for what is not there.
bool World::waits_for_fetch(RequestState& r, Instant now) {
    auto& cache = holdings_[r.backend].cache;
    const auto& calls = scenario_.backends[backends_[r.backend].group].calls;
    if ((!cache && calls.empty()) || r.group == RequestState::kProbe || r.fetched ||
        r.end != lb::Response::End::Complete || r.status != 200)
        return false;
    if (cache) {
        const bool hit = cache->touch(thing_of(r));
        if (r.measured) recorder_.looked_up(r, hit);
        if (hit) return false;
    }
    r.held = true;
    r.awaited = cache ? 1 : 0;
    for (const auto& call : calls) r.awaited += static_cast<std::uint32_t>(call.count);
    // The last of them may be answered at once, and then it is gone.
    auto asker = holdings_[r.backend].group;
    if (cache) fetch(r, asker, 0, now);
    std::uint64_t number = 0;
    for (const auto& call : calls) {
        for (std::int64_t i = 0; i != call.count; ++i) fetch(r, asker, number++, now);
        ++asker;
    }
    return true;
}

// Its draws are addressed by the request that wants it, so they are the same under every policy.
void World::fetch(RequestState& cause, std::uint16_t asker, std::uint64_t number, Instant now) {
    auto& r = new_request(asker,
                          attempt_of(cause) ^ std::uint64_t{cause.group} << 52 ^ number << 42, now);
    r.key = thing_of(cause);
    r.cause = cause.slot;
    r.cause_generation = cause.generation;
    r.measured = cause.measured;
    r.segment = cause.segment;
    r.step = cause.step;
    r.doublings = cause.doublings;
    send(r, now);
}

// It is there, or will not be.  Who asked may have gone, or its process.
void World::fetched(const RequestState& r, bool found, Instant now) {
    auto& cause = requests_[r.cause];
    if (cause.generation != r.cause_generation || !cause.held) return;
    auto& cache = holdings_[cause.backend].cache;
    if (!found)
        cause.status = 502;
    else if (cache)
        cache->insert(r.key);
    if (--cause.awaited != 0) return;
    cause.fetched = true;
    backends_[cause.backend].resume(cause, now);
}

// ---- Sessions

// It lives where it was last, unless that was in another life.
void World::find_session(const RequestState& r) {
    if (r.group == RequestState::kProbe || !scenario_.backends[backends_[r.backend].group].sessions)
        return;
    const Home here{r.backend, holdings_[r.backend].life};
    const auto [home, is_new] = homes_.try_emplace(thing_of(r), here);
    if (is_new || (home->second.backend == here.backend && home->second.life == here.life)) return;
    home->second = here;
    if (r.measured) recorder_.session_lost(r);
}

}  // namespace lbsim
