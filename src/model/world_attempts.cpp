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
RequestState& World::origin_of(RequestState& r) {
    auto* origin = &r;
    while (origin->parent != nullptr) origin = origin->parent;
    return *origin;
}
const RequestState& World::origin_of(const RequestState& r) {
    const auto* origin = &r;
    while (origin->parent != nullptr) origin = origin->parent;
    return *origin;
}

// Whether its attempts are the client's, and not its balancer's.
bool World::asks_again(const RequestState& p) const { return families_[p.slot].of_client; }

World::Tries& World::tries_of(const RequestState& p) {
    return asks_again(p) ? *groups_[p.group].tries : *proxies_[p.proxy].tries;
}

void World::begin_attempts(RequestState& p, bool of_client, Instant now) {
    if (families_.size() <= p.slot) families_.resize(p.slot + 1);
    auto& f = families_[p.slot];
    f.of_client = of_client;
    f.tried.clear();
    f.first = nullptr;
    f.made = f.open = f.numbered = 0;
    f.in_budget = f.hedges = 0;
    f.again = f.hedge = {};
    p.stage = Stage::Trying;
    ++tries_of(p).requests;
    make_attempt(p, now);
}

// One more, wherever its parent is.
void World::make_attempt(RequestState& p, Instant now) {
    auto& r = requests_.take();
    auto& f = families_[p.slot];
    const auto generation = r.generation;
    const auto slot = r.slot;
    r = p;
    r.generation = generation;
    r.slot = slot;
    r.attempt = families_[origin_of(p).slot].numbered++;
    r.parent = &p;
    r.sibling = f.first;
    r.link = RequestState::kNone;
    r.backend = RequestState::kNone;
    r.ticket_out = r.begun = false;
    r.waited_for = true;
    r.try_ends = {};
    f.first = &r;
    ++f.made;
    ++f.open;
    const auto& config = *tries_of(p).config;
    if (config.per_try) {
        r.try_ends =
            queue.push(now + *config.per_try, {.index = slot, .kind = Event::Kind::TryEnds});
        if (groups_[r.group].config->deadline)
            r.deadline = std::min(r.deadline, now + *config.per_try);
    }
    queue.cancel(f.hedge);
    if (config.hedge && f.hedges < config.hedge->most)
        f.hedge =
            queue.push(now + config.hedge->after, {.index = p.slot, .kind = Event::Kind::HedgeDue});
    if (asks_again(p)) return ask_balancer(r, now);
    route(r, now);
}

// An attempt of a client.
void World::ask_balancer(RequestState& r, Instant now) {
    const auto& g = groups_[r.group];
    if (throttled(r, now)) return attempt_ended(r, now);
    const auto& tier = tiers_[g.tier];
    if (r.attempt != 0 && tier.workers > 1 && !g.links) {
        auto rng = g.proxy_stream.at(attempt_of(r) | std::uint64_t{1} << 63);
        r.worker = tier.first_worker + static_cast<std::uint32_t>(rng.below(tier.workers));
        r.proxy = workers_[r.worker].proxy;
    }
    const Duration delay = leg(g.network, r, kToBalancer);
    if (delay == Duration::zero()) return at_balancer(r, now);
    r.stage = Stage::ToBalancer;
    queue.push(now + delay, {.index = r.slot, .kind = Event::Kind::AtBalancer});
}

// An attempt for which there is nobody.
void World::give_up_attempt(RequestState& r, lb::Rejection why, Instant now) {
    auto& p = *r.parent;
    leave_family(r);
    requests_.release(r);
    const auto& f = families_[p.slot];
    if (f.open != 0) return;  // A hedge.
    if (f.made > 1) return conclude(p, now);
    end_family(p, now);
    reject(p, why, now);
}

// An attempt has come to its end: at the balancer, or of a client, with the client.
void World::attempt_ended(RequestState& r, Instant now) {
    auto& p = *r.parent;
    const bool rejected = r.backend == RequestState::kNone;
    p.backend = r.backend;
    p.end = rejected ? End::Complete : r.end;
    p.status = rejected ? 503 : r.status;
    p.begun = r.begun;
    p.rejection = r.rejection;
    p.ticket.tell = r.ticket.tell;
    leave_family(r);
    requests_.release(r);
    after_attempt(p, now);
}

// What now?  The parent has the last answer.
void World::after_attempt(RequestState& p, Instant now) {
    auto& f = families_[p.slot];
    auto& tries = tries_of(p);
    lb::Response response{p.end, p.status};
    if (p.begun) response.first_byte = Duration{1};
    // What is made again need not be a failure: a 429 is an answer.
    const bool again = tries.retry && tries.retry->wants(response, f.made);
    if (response.succeeded() && !again) return conclude(p, now);
    if (f.open != 0) return;  // Another is still out, and may do better.
    if (!again) return conclude(p, now);
    auto rng =
        groups_[p.group].retry_stream.at(attempt_of(origin_of(p)) ^ std::uint64_t{f.made} << 60 ^
                                         std::uint64_t{!asks_again(p)} << 59);
    const auto wait = tries.retry->wait(f.made, rng);
    leave_budget(p);  // What it had a place for has ended.
    if (now + wait >= p.deadline || !enter_budget(p)) return conclude(p, now);
    if (wait == Duration::zero()) return make_attempt(p, now);
    f.again = queue.push(now + wait, {.index = p.slot, .kind = Event::Kind::TryAgain});
}

// Whether there may be one attempt more; it counts until none is out any more.
bool World::enter_budget(RequestState& p) {
    auto& tries = tries_of(p);
    if (tries.budget && !tries.budget->admits(tries.retries, tries.requests)) return false;
    const auto* known = asks_again(p) ? nullptr : proxy_of(p).known;
    if (known != nullptr && known->guard != nullptr && !known->guard->take_retry()) return false;
    ++tries.retries;
    ++families_[p.slot].in_budget;
    return true;
}

void World::leave_budget(RequestState& p) {
    auto& f = families_[p.slot];
    auto& tries = tries_of(p);
    if (auto* guard = proxy_of(p).known->guard.get(); guard && !f.of_client)
        for (auto n = f.in_budget; n != 0; --n) guard->on_retried();
    tries.retries -= std::exchange(f.in_budget, 0);
}

void World::try_ends(RequestState& r, Instant now) { give_up_on(r, End::Timeout, now); }

// Its balancer or client waits no longer for this attempt, which ends so.
void World::give_up_on(RequestState& r, End end, Instant now) {
    auto& p = *r.parent;
    p.backend = r.backend;
    p.end = end;
    p.status = 0;
    p.begun = false;
    leave_family(r);
    abandon(r, end, now);
    after_attempt(p, now);
}

void World::hedge_due(RequestState& p, Instant now) {
    auto& f = families_[p.slot];
    if (f.open == 0 || !enter_budget(p)) return;
    ++f.hedges;
    make_attempt(p, now);
}

// The request has its answer, the one that its slot holds.
void World::conclude(RequestState& p, Instant now) {
    const bool client = asks_again(p);
    end_family(p, now);
    if (!client) return answer_client(p, now);
    complete(p,
             p.end == End::Timeout                       ? Outcome::TimedOut
             : p.backend == RequestState::kNone          ? Outcome::Rejected
             : lb::Response{p.end, p.status}.succeeded() ? Outcome::Succeeded
                                                         : Outcome::Failed,
             now);
    requests_.release(p);
}

// Nobody waits for what is still out.
void World::end_family(RequestState& p, Instant now) {
    auto& f = families_[p.slot];
    auto& tries = tries_of(p);
    queue.cancel(f.again);
    queue.cancel(f.hedge);
    --tries.requests;
    leave_budget(p);
    const bool tell = !tries.config->hedge || tries.config->hedge->cancel;
    while (families_[p.slot].first != nullptr) {
        auto& r = *families_[p.slot].first;
        leave_family(r);
        if (tell || r.stage == Stage::Lost || r.stage == Stage::Waiting)
            abandon(r, End::Cancelled, now);
        else
            r.waited_for = false;
    }
}

void World::leave_family(RequestState& r) {
    queue.cancel(r.try_ends);
    auto& f = families_[r.parent->slot];
    auto* at = &f.first;
    while (*at != &r) at = &(*at)->sibling;
    *at = r.sibling;
    --f.open;
    r.parent = nullptr;
}

// Whoever waited for it does so no more: a client that gave up, or who made another attempt.
void World::abandon(RequestState& r, lb::Response::End end, Instant now) {
    r.waited_for = false;
    if (r.stage == Stage::Waiting) {
        end_wait(r);
        leave_link(r, now);
        return requests_.release(r);
    }
    if (r.stage == Stage::Trying) {
        end_family(r, now);
        leave_link(r, now);
        return requests_.release(r);
    }
    const auto stage = r.stage;
    if (r.ticket_out) return_ticket(r, end, now);
    if (stage == Stage::Lost || (stage == Stage::AtBackend && cancel(r, now))) requests_.release(r);
}

// Whether the backend notices, and lets go of it.
bool World::cancel(RequestState& r, Instant now) {
    const auto number = r.backend;
    const auto how = scenario_.backends[backends_[number].group].cancellation;
    if (how == Cancellation::None) return false;
    if (!meters_.empty()) meter(number, now);
    if (!backends_[number].cancel(r, how == Cancellation::All, now)) return false;
    if (r.measured) recorder_.served(r, true);
    if (reports_ == lb::Policy::Reports::Idle) report_idle(number, now);
    return true;
}

}  // namespace lbsim
