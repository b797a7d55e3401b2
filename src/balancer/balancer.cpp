#include "balancer/balancer.hpp"

#include <algorithm>

namespace lb {
namespace {

// Hands out the one policy that there is.
Policies::Factory once(std::unique_ptr<Policy> policy) {
    expects(policy != nullptr);
    const auto held = std::make_shared<std::unique_ptr<Policy>>(std::move(policy));
    return [held](const Instance&) {
        expects(*held != nullptr);  // Another pool or priority needs a factory.
        return std::move(*held);
    };
}

}  // namespace

Balancer::Balancer(Fleet& fleet, const Config& config, const Rng& rng, Instant now, Guard* guard)
    : fleet_{fleet}, guard_{guard}, config_{config}, rng_{rng.stream("pick")} {
    take_over(now);
}

Balancer::Balancer(Fleet& fleet, std::unique_ptr<Policy> policy, const Rng& rng, Instant now)
    : Balancer{fleet,
               Config{.pool = {.level = {.policy = once(std::move(policy))}},
                      .avoid_tried = AvoidTried::No},
               rng, now} {}

Balancer::~Balancer() { fleet_.detach(*this); }

void Balancer::take_over(Instant now) {
    const auto& routes = config_.routes;
    if (routes.size() == 0)
        default_ = &named("");
    else if (config_.default_pool)
        default_ = &named(*config_.default_pool);
    for (std::size_t i = 0; i != routes.size(); ++i) to_of_route_.push_back(&named(routes[i].pool));
    for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot)
        if (const BackendId id{slot}; fleet_.is_member(id)) on_added(id, now);
    for (auto& named : pools_) named->pool.started(now);
    fleet_.attach(*this);
}

Balancer::Named& Balancer::named(std::string_view name) {
    for (auto& named : pools_)
        if (named->name == name) return *named;
    pools_.push_back(std::make_unique<Named>(name, fleet_, config_.pool));
    return *pools_.back();
}

Balancer::Named* Balancer::route(const Picking& picking) const {
    if (config_.routes.size() == 0) return default_;
    const Http none{};
    const auto* http = picking.request.http;
    if (const auto place = config_.routes.find(http == nullptr ? none : *http)) {
        auto* to = to_of_route_[*place];
        picking.note(
            [&] { return "route " + std::to_string(*place + 1) + " leads to pool " + to->name; });
        return to;
    }
    picking.note([&] {
        return "no route matches, and " + (default_ == nullptr
                                               ? "there is no default"
                                               : "the default is pool " + default_->name);
    });
    return default_;
}

Decision Balancer::pick_by_route(const Picking& picking) {
    auto* to = route(picking);
    if (to == nullptr) return Rejection::NoRoute;
    const auto picked =
        picking.request.tried.empty() ? to->pool.pick(picking) : pick_untried(to->pool, picking);
    if (picking.why != nullptr) [[unlikely]]
        explain_excluded(to->pool, picked, *picking.why);
    if (!picked) return rejection(to->pool);
    return sent(*picked, picking.now);
}

// The policy may pick where the request has been.
std::optional<Pool::Picked> Balancer::pick_untried(Pool& pool, const Picking& picking) const {
    const auto& tried = picking.request.tried;
    const auto is_tried = [&](const Pool::Picked& picked) {
        return std::find(tried.begin(), tried.end(), picked.backend) != tried.end();
    };
    auto picked = pool.pick(picking);
    if (!picked || !is_tried(*picked) || config_.avoid_tried == AvoidTried::No) return picked;
    if (config_.avoid_tried == AvoidTried::Repick) {
        // Envoy's host_selection_retry_max_attempts, as its manual's example has it.
        constexpr int kRepicks = 3;
        for (int i = 0; i != kRepicks && picked && is_tried(*picked); ++i)
            picked = pool.pick(picking);
        return picked;
    }
    if (const auto other = pool.pick_untried(picking, *picked->by)) return other;
    if (config_.avoid_tried == AvoidTried::Strict) return std::nullopt;
    return picked;
}

// Why each of the others was no candidate: its own state, and where it belongs.
void Balancer::explain_excluded(Pool& pool, const std::optional<Pool::Picked>& picked,
                                ExplainedPick& why) {
    for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot) {
        const BackendId id{slot};
        if (!fleet_.is_member(id)) continue;
        if (picked && (picked->backend == id || picked->by->view().is_eligible(id))) continue;
        std::string reasons;
        const auto add = [&](std::string_view reason) {
            if (reason.empty()) return;
            if (!reasons.empty()) reasons += ", ";
            reasons += reason;
        };
        for (const auto reason : kExclusions)
            if (fleet_.is_excluded(id, reason)) add(words(reason));
        if (&pool_of(id) != &pool)
            add("other pool");
        else if (picked)
            add(pool.apart(id, *picked->by));
        if (reasons.empty()) add("declined by the policy");
        why.excluded.push_back({id, std::move(reasons)});
    }
}

Rejection Balancer::rejection(const Pool& pool) const {
    if (pool.members() == 0) return Rejection::NoBackends;
    if (pool.has_eligible()) return Rejection::Declined;
    return pool.has_full() ? Rejection::AllFull : Rejection::AllExcluded;
}

void Balancer::report(BackendId id, const LoadReport& report, Instant now) {
    if (fleet_.is_member(id)) pool_of(id).on_report(id, report, now);
}

Instant Balancer::next_due() const {
    Instant next = Instant::max();
    for (const auto& named : pools_) next = std::min(next, named->pool.next_due());
    return next;
}

void Balancer::due(Instant now) {
    for (auto& named : pools_) named->pool.due(now, rng_, asks_);
}

void Balancer::answered(const Ask& ask, const LoadReport& report, Instant now) {
    if (fleet_.is_member(ask.to)) pool_of(ask.to).on_answer(ask, report, now);
}

void Balancer::on_added(BackendId id, Instant now) {
    pool_of(id).add(id, now);
    only_ =
        pools_.size() == 1 && config_.routes.size() == 0 ? pools_.front()->pool.only() : nullptr;
}

void Balancer::on_eligible(BackendId id, bool, Instant now) { pool_of(id).on_eligible(id, now); }

void Balancer::on_healthy(BackendId id, bool, Instant now) { pool_of(id).on_healthy(id, now); }

void Balancer::on_weight(BackendId id, Instant now) { pool_of(id).on_weight(id, now); }

void Balancer::on_removed(BackendId id, Instant now) { pool_of(id).remove(id, now); }

}  // namespace lb
