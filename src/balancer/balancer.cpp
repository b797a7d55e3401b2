#include "balancer/balancer.hpp"

#include <algorithm>

namespace lb {
namespace {

// Hands out the one policy that there is.
Policies::Factory once(std::unique_ptr<Policy> policy) {
    expects(policy != nullptr);
    const auto held = std::make_shared<std::unique_ptr<Policy>>(std::move(policy));
    return [held] {
        expects(*held != nullptr);  // Another pool or priority needs a factory.
        return std::move(*held);
    };
}

}  // namespace

std::string_view words(Exclusion why) {
    switch (why) {
        case Exclusion::Draining: return "draining";
        case Exclusion::Down: return "down";
        case Exclusion::Full: break;
    }
    return "full";
}

std::string_view words(Rejection why) {
    switch (why) {
        case Rejection::NoRoute: return "no route";
        case Rejection::NoBackends: return "no backends";
        case Rejection::AllExcluded: return "all excluded";
        case Rejection::Declined: break;
    }
    return "declined";
}

Balancer::Balancer(Fleet& fleet, const Config& config, const Rng& rng, Instant now)
    : fleet_{fleet}, config_{config}, rng_{rng.stream("pick")} {
    take_over(now);
}

Balancer::Balancer(Fleet& fleet, std::unique_ptr<Policy> policy, const Rng& rng, Instant now)
    : Balancer{fleet, Config{.pool = {.level = {.policy = once(std::move(policy))}}}, rng, now} {}

Balancer::~Balancer() { fleet_.detach(*this); }

void Balancer::take_over(Instant now) {
    const auto& routes = config_.routes;
    if (routes.size() == 0)
        default_ = &pool("");
    else if (config_.default_pool)
        default_ = &pool(*config_.default_pool);
    for (std::size_t i = 0; i != routes.size(); ++i)
        pool_of_route_.push_back(&pool(routes[i].pool));
    for (std::uint32_t slot = 0; slot != fleet_.slots(); ++slot)
        if (const BackendId id{slot}; fleet_.is_member(id)) on_added(id, now);
    for (auto& named : pools_) named->pool.started(now);
    fleet_.attach(*this);
}

Pool& Balancer::pool(std::string_view name) {
    for (auto& named : pools_)
        if (named->name == name) return named->pool;
    pools_.push_back(std::make_unique<Named>(name, fleet_, config_.pool));
    return pools_.back()->pool;
}

Decision Balancer::pick_by_route(const Picking& picking) {
    Pool* to = default_;
    if (config_.routes.size() != 0) {
        const Http none{};
        const auto* http = picking.request.http;
        if (const auto route = config_.routes.find(http == nullptr ? none : *http))
            to = pool_of_route_[*route];
    }
    if (to == nullptr) return Rejection::NoRoute;
    const auto picked = to->pick(picking);
    if (!picked) return rejection(*to);
    return sent(*picked, picking.now);
}

Rejection Balancer::rejection(const Pool& pool) const {
    if (pool.members() == 0) return Rejection::NoBackends;
    return pool.has_eligible() ? Rejection::Declined : Rejection::AllExcluded;
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
