#include <algorithm>

#include "model/world.hpp"

// Several attempts for one request: retries, hedges, and what may be tried no longer.
//
// Then the slot of the request goes nowhere itself.  Each attempt has a slot of its own, which is
// its child; an attempt of a client is a request to its balancer, and may have children in turn.

namespace lbsim {

using Stage = RequestState::Stage;
using End = lb::Response::End;

World::Tries::Tries(const Attempts& attempts) : config{&attempts} {
    if (attempts.retry) retry.emplace(*attempts.retry);
    if (attempts.budget) budget.emplace(*attempts.budget);
}

// The client's own request.
std::uint32_t World::origin_of(std::uint32_t slot) const {
    while (requests_[slot].parent != RequestState::kNone) slot = requests_[slot].parent;
    return slot;
}

// Whether its attempts are the client's, and not its balancer's.
bool World::asks_again(std::uint32_t parent) const { return families_[parent].of_client; }

World::Tries& World::tries_of(std::uint32_t parent) {
    const auto& r = requests_[parent];
    return asks_again(parent) ? *groups_[r.group].tries : *proxies_[r.proxy].tries;
}

void World::begin_attempts(std::uint32_t parent, bool of_client, Instant now) {
    if (families_.size() <= parent) families_.resize(parent + 1);
    auto& f = families_[parent];
    f.of_client = of_client;
    f.tried.clear();
    f.first = RequestState::kNone;
    f.made = f.open = f.numbered = 0;
    f.in_budget = f.hedges = 0;
    f.again = f.hedge = {};
    requests_[parent].stage = Stage::Trying;
    ++tries_of(parent).requests;
    make_attempt(parent, now);
}

// One more, wherever its parent is.
void World::make_attempt(std::uint32_t parent, Instant now) {
    const auto origin = origin_of(parent);
    const auto slot = requests_.take();
    auto& r = requests_[slot];
    const auto& p = requests_[parent];
    auto& f = families_[parent];
    const auto generation = r.generation;
    r = p;
    r.generation = generation;
    r.attempt = families_[origin].numbered++;
    r.parent = parent;
    r.sibling = f.first;
    r.link = RequestState::kNone;
    r.backend = RequestState::kNone;
    r.ticket_out = r.begun = false;
    r.waited_for = true;
    r.try_ends = {};
    f.first = slot;
    ++f.made;
    ++f.open;
    const auto& config = *tries_of(parent).config;
    if (config.per_try) {
        r.try_ends =
            queue.push(now + *config.per_try, {.index = slot, .kind = Event::Kind::TryEnds});
        if (groups_[r.group].config->deadline)
            r.deadline = std::min(r.deadline, now + *config.per_try);
    }
    queue.cancel(f.hedge);
    if (config.hedge && f.hedges < config.hedge->most)
        f.hedge =
            queue.push(now + config.hedge->after, {.index = parent, .kind = Event::Kind::HedgeDue});
    if (asks_again(parent)) return ask_balancer(slot, now);
    send_attempt(slot, now);
}

// An attempt of a client.
void World::ask_balancer(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    const auto& g = groups_[r.group];
    if (r.attempt != 0 && workers_.size() > 1 && !g.links) {
        auto rng = g.proxy_stream.at(attempt_of(r) | std::uint64_t{1} << 63);
        r.worker = static_cast<std::uint32_t>(rng.below(workers_.size()));
        r.proxy = workers_[r.worker].proxy;
    }
    const Duration delay = leg(g.network, r, kToBalancer);
    if (delay == Duration::zero()) return at_balancer(slot, now);
    r.stage = Stage::ToBalancer;
    queue.push(now + delay, {.index = slot, .kind = Event::Kind::AtBalancer});
}

// An attempt of a balancer.
void World::send_attempt(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    const auto parent = r.parent;
    if (guarded_ && waits(*proxy_of(r).known)) return wait(slot, now);
    const auto decision = pick(slot, now);
    if (const auto* ticket = std::get_if<lb::Ticket>(&decision)) {
        families_[parent].tried.push_back(ticket->backend);
        r.ticket = *ticket;
        r.backend = proxy_of(r).known->backend_of[index(ticket->backend)];
        return dispatch(slot, now);
    }
    give_up_attempt(slot, std::get<lb::Rejection>(decision), now);
}

// An attempt for which there is nobody.
void World::give_up_attempt(std::uint32_t slot, lb::Rejection why, Instant now) {
    const auto parent = requests_[slot].parent;
    leave_family(slot);
    requests_.release(slot);
    auto& f = families_[parent];
    if (f.open != 0) return;  // A hedge.
    if (f.made > 1) return conclude(parent, now);
    end_family(parent, now);
    reject(parent, why, now);
}

// An attempt has come to its end: at the balancer, or of a client, with the client.
void World::attempt_ended(std::uint32_t slot, Instant now) {
    const auto& r = requests_[slot];
    const auto parent = r.parent;
    auto& p = requests_[parent];
    const bool rejected = r.backend == RequestState::kNone;
    p.backend = r.backend;
    p.end = rejected ? End::Complete : r.end;
    p.status = rejected ? 503 : r.status;
    p.begun = r.begun;
    p.rejection = r.rejection;
    p.ticket.tell = r.ticket.tell;
    leave_family(slot);
    requests_.release(slot);
    after_attempt(parent, now);
}

// What now?  The parent has the last answer.
void World::after_attempt(std::uint32_t parent, Instant now) {
    const auto& p = requests_[parent];
    auto& f = families_[parent];
    auto& tries = tries_of(parent);
    lb::Response response{p.end, p.status};
    if (p.begun) response.first_byte = Duration{1};
    if (response.succeeded()) return conclude(parent, now);
    if (f.open != 0) return;  // Another is still out, and may do better.
    if (!tries.retry || !tries.retry->wants(response, f.made)) return conclude(parent, now);
    auto rng = groups_[p.group].retry_stream.at(attempt_of(requests_[origin_of(parent)]) ^
                                                std::uint64_t{f.made} << 60 ^
                                                std::uint64_t{!asks_again(parent)} << 59);
    const auto wait = tries.retry->wait(f.made, rng);
    if (now + wait >= p.deadline || !enter_budget(parent)) return conclude(parent, now);
    if (wait == Duration::zero()) return make_attempt(parent, now);
    f.again = queue.push(now + wait, {.index = parent, .kind = Event::Kind::TryAgain});
}

// Whether there may be one attempt more; it counts until the request ends.
bool World::enter_budget(std::uint32_t parent) {
    auto& tries = tries_of(parent);
    if (tries.budget && !tries.budget->admits(tries.retries, tries.requests)) return false;
    const auto* known = asks_again(parent) ? nullptr : proxy_of(requests_[parent]).known;
    if (known != nullptr && known->guard != nullptr && !known->guard->take_retry()) return false;
    ++tries.retries;
    ++families_[parent].in_budget;
    return true;
}

void World::try_ends(std::uint32_t slot, Instant now) {
    auto& r = requests_[slot];
    const auto parent = r.parent;
    auto& p = requests_[parent];
    p.backend = r.backend;
    p.end = End::Timeout;
    p.status = 0;
    p.begun = false;
    leave_family(slot);
    abandon(slot, End::Timeout, now);
    after_attempt(parent, now);
}

void World::hedge_due(std::uint32_t parent, Instant now) {
    auto& f = families_[parent];
    if (f.open == 0 || !enter_budget(parent)) return;
    ++f.hedges;
    make_attempt(parent, now);
}

// The request has its answer, the one that its slot holds.
void World::conclude(std::uint32_t parent, Instant now) {
    const bool client = asks_again(parent);
    end_family(parent, now);
    if (!client) return answer_client(parent, now);
    const auto& p = requests_[parent];
    complete(parent,
             p.end == End::Timeout                       ? Outcome::TimedOut
             : p.backend == RequestState::kNone          ? Outcome::Rejected
             : lb::Response{p.end, p.status}.succeeded() ? Outcome::Succeeded
                                                         : Outcome::Failed,
             now);
    requests_.release(parent);
}

// Nobody waits for what is still out.
void World::end_family(std::uint32_t parent, Instant now) {
    auto& f = families_[parent];
    auto& tries = tries_of(parent);
    queue.cancel(f.again);
    queue.cancel(f.hedge);
    --tries.requests;
    if (auto* guard = proxy_of(requests_[parent]).known->guard.get(); guard && !f.of_client)
        for (auto n = f.in_budget; n != 0; --n) guard->on_retried();
    tries.retries -= std::exchange(f.in_budget, 0);
    const bool tell = !tries.config->hedge || tries.config->hedge->cancel;
    while (families_[parent].first != RequestState::kNone) {
        const auto slot = families_[parent].first;
        leave_family(slot);
        const auto stage = requests_[slot].stage;
        if (tell || stage == Stage::Lost || stage == Stage::Waiting)
            abandon(slot, End::Cancelled, now);
        else
            requests_[slot].waited_for = false;
    }
}

void World::leave_family(std::uint32_t slot) {
    auto& r = requests_[slot];
    queue.cancel(r.try_ends);
    auto& f = families_[r.parent];
    auto* at = &f.first;
    while (*at != slot) at = &requests_[*at].sibling;
    *at = r.sibling;
    --f.open;
    r.parent = RequestState::kNone;
}

// Whoever waited for it does so no more: a client that gave up, or who made another attempt.
void World::abandon(std::uint32_t slot, lb::Response::End end, Instant now) {
    auto& r = requests_[slot];
    r.waited_for = false;
    if (r.stage == Stage::Waiting) {
        end_wait(slot);
        leave_link(slot, now);
        return requests_.release(slot);
    }
    if (r.stage == Stage::Trying) {
        end_family(slot, now);
        leave_link(slot, now);
        return requests_.release(slot);
    }
    const auto stage = r.stage;
    if (r.ticket_out) return_ticket(slot, end, now);
    if (stage == Stage::Lost || (stage == Stage::AtBackend && cancel(slot, now)))
        requests_.release(slot);
}

// Whether the backend notices, and lets go of it.
bool World::cancel(std::uint32_t slot, Instant now) {
    const auto number = requests_[slot].backend;
    const auto how = scenario_.backends[backends_[number].group].cancellation;
    if (how == Cancellation::None) return false;
    if (!meters_.empty()) meter(number, now);
    if (!backends_[number].cancel(slot, how == Cancellation::All, now)) return false;
    const auto& r = requests_[slot];
    if (r.measured) recorder_.served(r, true);
    if (reports_ == lb::Policy::Reports::Idle) report_idle(number, now);
    return true;
}

}  // namespace lbsim
