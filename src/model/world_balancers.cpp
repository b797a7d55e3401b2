#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "balancer/hashing/ring.hpp"
#include "model/world.hpp"

// Between the arrival of a request at a balancer and the return of its answer: connections, what
// the balancer reads, its own work, and the pick.

namespace lbsim {
namespace {

// Numbers and addresses of 32 bits, one to one: neighbours are far from each other.
constexpr std::uint32_t scattered(std::uint32_t x) {
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

std::string_view write_address(const lb::Address& address, std::span<char> to) {
    char* at = to.data();
    for (const auto octet : address.octets()) {
        if (at != to.data()) *at++ = '.';
        at = std::to_chars(at, to.data() + to.size(), octet).ptr;
    }
    return {to.data(), static_cast<std::size_t>(at - to.data())};
}

// "10.1.2.3"; nothing if it is anything else.
std::optional<lb::Address> read_address(std::string_view text) {
    std::uint32_t address = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int i = 0; i != 4; ++i) {
        if (i != 0 && (at == end || *at++ != '.')) return std::nullopt;
        std::uint8_t octet = 0;
        const auto [next, error] = std::from_chars(at, end, octet);
        if (error != std::errc{}) return std::nullopt;
        at = next;
        address = address << 8 | octet;
    }
    if (at != end) return std::nullopt;
    return lb::Address::v4(address);
}

}  // namespace

// ---- What a request brings along

std::uint64_t World::draw_key(Group& g, std::uint64_t number, Instant now) {
    auto rng = g.key_stream.at(number);
    if (g.zipf) return (*g.zipf)(rng);
    if (g.sessions) return g.sessions->draw(rng, now);
    if (!g.ips) return rng.below(g.uniform_keys);
    const auto clients = static_cast<std::uint64_t>(g.ips->clients);
    return rng.chance(g.ips->behind)
               ? clients + rng.below(static_cast<std::uint64_t>(g.ips->gateways))
               : rng.below(clients);
}

// The number of its key, if it has one; else of its client, or its own.
std::uint64_t World::client_of(const RequestState& r) const {
    const auto& g = groups_[r.group];
    if (g.has_keys) return r.key;
    return g.rounds.empty() ? r.number : r.client;
}

std::string_view World::key_of(const RequestState& r) {
    const auto& g = groups_[r.group];
    if (!keys_matter_) return {};
    if (g.trace && !trace_keys_[r.slot].empty()) return trace_keys_[r.slot];
    if (g.ips) return write_address(address_of(r), key_text_);
    const auto key = g.has_keys ? r.key : r.number;
    const auto end = std::to_chars(key_text_, key_text_ + sizeof key_text_, key).ptr;
    return {key_text_, static_cast<std::size_t>(end - key_text_)};
}

// A log's key may be an address already; other texts stand for clients somewhere.
lb::Address World::address_of(const RequestState& r) const {
    const auto& g = groups_[r.group];
    const auto connection = r.link == RequestState::kNone ? r.number : (*g.links)[r.link].number;
    const auto port = static_cast<std::uint16_t>(1024 + connection % 64'000);
    if (g.trace && !trace_keys_[r.slot].empty()) {
        if (auto address = read_address(trace_keys_[r.slot])) {
            address->port = port;
            return *address;
        }
        return lb::Address::v4(static_cast<std::uint32_t>(lb::hash_of(trace_keys_[r.slot])), port);
    }
    const auto client = client_of(r) + (g.number << 28);
    return lb::Address::v4(scattered(static_cast<std::uint32_t>(client)), port);
}

lb::Decision World::pick(RequestState& attempt, Instant now) {
    auto& r = origin_of(attempt);
    auto& g = groups_[r.group];
    lb::Request request{.key = key_of(r), .admitted = attempt.admitted};
    if (tries_) request.tried = families_[attempt.parent->slot].tried;
    if (keys_matter_) request.client = address_of(r);
    if (g.classes && !layer4_) request.http = &g.classes->http(r.class_place, request.key);
    if (sticky_ && !r.inner) {
        const bool by_text = g.trace && !trace_keys_[r.slot].empty();
        const auto backend = by_text ? g.jar.backend_of(trace_keys_[r.slot], now)
                                     : g.jar.backend_of(client_of(r), now);
        if (backend != CookieJar::kNone) request.affinity = backends_[backend].identity->name;
    }
    if (&r == explained_request_) [[unlikely]]
        return explained_pick(attempt, request, now);
    return proxy_of(attempt).balancer->pick(request, now);
}

// ---- At the balancer

void World::at_balancer(RequestState& r, Instant now) {
    if (!r.waited_for) return requests_.release(r);
    const bool opened = groups_[r.group].links == nullptr || take_link(r, now);
    if (!costs_ || !tier_of(r).cost) return inspected(r, now);
    const auto& cost = *tier_of(r).cost;
    auto& worker = workers_[r.worker];
    worker.free =
        std::max(worker.free, now) + cost.request + (opened ? cost.connection : Duration::zero());
    r.stage = RequestState::Stage::ToBalancer;
    queue.push(worker.free, {.index = r.slot, .kind = Event::Kind::Inspected});
}

// The worker has done its own part.
void World::inspected(RequestState& r, Instant now) {
    const auto proxy = r.proxy;
    forward(r, now);
    if (guarded_) attend_guard(*proxies_[proxy].known, now);
    if (attended_) attend(proxy, now);
}

void World::forward(RequestState& r, Instant now) {
    if (!r.waited_for) {
        leave_link(r, now);
        return requests_.release(r);
    }
    const auto* link = r.link == RequestState::kNone ? nullptr : &(*groups_[r.group].links)[r.link];
    if (link == nullptr || !link->pinned)
        return tries_ ? begin_attempts(r, false, now) : route(r, now);
    r.ticket = link->ticket;
    r.ticket.sent = now;
    r.backend = link->backend;
    if (&r == explained_request_) [[unlikely]]
        explain_pinned(r, now);
    dispatch(r, now);
}

// It goes to a backend, waits until it may, or goes nowhere.
void World::route(RequestState& r, Instant now) {
    r.admitted = false;
    if (guarded_ && waits(*proxy_of(r).known)) return wait(r, now);
    const auto decision = pick(r, now);
    const auto* why = std::get_if<lb::Rejection>(&decision);
    if (why != nullptr && waits_for_backend(*proxy_of(r).known, *why)) {
        r.admitted = true;
        return wait(r, now);
    }
    proceed(r, decision, now);
}

void World::proceed(RequestState& r, const lb::Decision& decision, Instant now) {
    if (const auto* why = std::get_if<lb::Rejection>(&decision))
        return tries_ ? give_up_attempt(r, *why, now) : reject(r, *why, now);
    r.ticket = std::get<lb::Ticket>(decision);
    r.backend = proxy_of(r).known->backend_of[index(r.ticket.backend)];
    if (tries_) families_[r.parent->slot].tried.push_back(r.ticket.backend);
    if (r.link != RequestState::kNone && layer4_) {
        auto& link = (*groups_[r.group].links)[r.link];
        link.pinned = true;
        link.ticket = r.ticket;
        link.backend = r.backend;
    }
    dispatch(r, now);
}

// It goes to the backend that was picked.
void World::dispatch(RequestState& r, Instant now) {
    r.ticket_out = true;
    auto& backend = backends_[r.backend];
    backend.ticket_out(now);
    if (scenario_.most_in_flight) backend.note_in_flight();
    if (r.measured) recorder_.attempted(r);
    if (zoned_ && r.measured && leaves_zone(r)) recorder_.left_zone(r);
    if (guarded_ && r.measured)
        if (const auto& guard = proxy_of(r).known->guard; guard && guard->is_trial(r.ticket.permit))
            recorder_.tried(r);
    mix(std::uint64_t{r.backend} << 32 | r.proxy);
    const auto& kind = kinds_[backend.group];
    Duration delay = leg(kind.network, r, kToBackend);
    if (connects_) delay += leg(kind.connect, r, kConnect);
    if (backend.networks != 0) [[unlikely]] {
        const auto troubled = troubled_leg(r, kToBackend, delay);
        if (!troubled) return lose_connection(r, now);
        delay = *troubled;
    }
    if (const auto& limit = tier_of(r).connect_timeout; limit && delay > *limit)
        return lose_connection(r, now);
    if (delay == Duration::zero()) return at_backend(r, now);
    r.stage = RequestState::Stage::ToBackend;
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::AtBackend});
}

// Whether the backend is in another zone than the balancer, if that is in one.
bool World::leaves_zone(const RequestState& r) {
    const auto& zones = tier_of(r).zones;
    const auto& known = *proxy_of(r).known;
    return !zones.empty() && known.tier == 0 &&
           backends_[r.backend].identity->zone != zones[known.balancer % zones.size()];
}

void World::reject(RequestState& r, lb::Rejection why, Instant now) {
    r.rejection = why;
    r.end = lb::Response::End::Refused;
    r.status = 0;
    leave_link(r, now);
    const Duration delay = leg(groups_[r.group].network, r, kFromBalancer);
    if (delay == Duration::zero()) return received(r, now);
    r.stage = RequestState::Stage::ToClient;
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::Received});
}

void World::return_ticket(RequestState& r, lb::Response::End end, Instant now) {
    const Duration latency = now - r.ticket.sent;
    const bool complete = end == lb::Response::End::Complete;
    lb::Response response{end, complete ? r.status : std::uint16_t{0}, latency,
                          complete || r.begun ? latency : Duration::zero()};
    if (reports_ == lb::Policy::Reports::Responses && complete)
        response.report = &visits_[r.slot].report;
    backends_[r.backend].ticket_back(now);
    r.ticket_out = false;
    if (r.measured && !response.succeeded()) recorder_.attempt_failed(r);
    const bool pinned = r.link != RequestState::kNone && (*groups_[r.group].links)[r.link].pinned;
    if (!pinned) {
        proxy_of(r).balancer->done(r.ticket, response, now);
        if (guarded_) attend_guard(*proxy_of(r).known, now);
        if (guarded_ || queues_) wake_waiting(*proxy_of(r).known, now);
    }
    if (pinned && response.broken()) groups_[r.group].links->close(r.link, end);
    leave_link(r, now);
}

void World::answered(RequestState& r, Instant now) {
    if (r.ticket_out) return_ticket(r, r.end, now);
    if (!r.waited_for) return requests_.release(r);
    if (tries_) return attempt_ended(r, now);
    answer_client(r, now);
}

void World::answer_client(RequestState& r, Instant now) {
    if (tries_) leave_link(r, now);
    if (r.ticket.tell && r.end == lb::Response::End::Complete) keep_cookie(r, now);
    const Duration delay = leg(groups_[r.group].network, r, kFromBalancer);
    if (delay == Duration::zero()) return received(r, now);
    r.stage = RequestState::Stage::ToClient;
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::Received});
}

void World::received(RequestState& r, Instant now) {
    const bool succeeded =
        r.backend != RequestState::kNone && lb::Response{r.end, r.status}.succeeded();
    constexpr std::uint16_t kTooMany = 429;  // An answer, but no accepting.
    if (throttles_ && r.waited_for && succeeded && r.status != kTooMany)
        if (auto& throttle = groups_[r.group].throttle) throttle->on_accepted(now);
    if (r.waited_for && r.parent != nullptr) return attempt_ended(r, now);
    if (r.waited_for) {
        complete(r,
                 r.backend == RequestState::kNone ? Outcome::Rejected
                 : succeeded                      ? Outcome::Succeeded
                                                  : Outcome::Failed,
                 now);
    }
    requests_.release(r);
}

void World::keep_cookie(RequestState& attempt, Instant now) {
    const auto& r = origin_of(attempt);
    auto& g = groups_[r.group];
    const auto until = now + scenario_.balancers.around.pool.sticky->ttl;
    if (g.trace && !trace_keys_[r.slot].empty())
        g.jar.keep(trace_keys_[r.slot], attempt.backend, until);
    else
        g.jar.keep(client_of(r), attempt.backend, until);
}

// ---- Connections

// Puts the request on a connection of its group; true if that was opened for it.
bool World::take_link(RequestState& r, Instant now) {
    auto& g = groups_[r.group];
    auto connection = static_cast<std::uint32_t>(r.number % g.links->count());
    if (g.rounds.empty()) {
        auto rng = g.proxy_stream.at(r.number);
        connection = static_cast<std::uint32_t>(rng.below(g.links->count()));
    }
    // A backend that has left has closed what led to it.
    const auto [id, opened] = g.links->take(
        connection, now, [&](const Link& link) { return !backends_[link.backend].member; });
    if (const auto old = g.links->retired()) end_link(*g.links, *old, now);
    r.link = id;
    r.worker = (*g.links)[id].worker;
    r.proxy = workers_[r.worker].proxy;
    return opened;
}

void World::leave_link(RequestState& r, Instant now) {
    if (r.link == RequestState::kNone) return;
    auto& links = *groups_[r.group].links;
    const auto id = std::exchange(r.link, RequestState::kNone);
    if (links.ended(id, now)) end_link(links, id, now);
}

// Nothing is under way on it any more.
void World::end_link(Links& links, Links::Id id, Instant now) {
    const auto& link = links[id];
    if (link.pinned) {
        auto& proxy = proxies_[workers_[link.worker].proxy];
        proxy.balancer->done(link.ticket, {.end = link.end, .latency = now - link.ticket.sent},
                             now);
    }
    links.free(id);
}

}  // namespace lbsim
