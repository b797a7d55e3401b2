#include "balancer/pool.hpp"

#include <algorithm>

namespace lb {

Pool::Pool(Fleet& fleet, const Config& config) : fleet_{fleet}, config_{config} {
    if (config.slow_start) ramps_.emplace(*config.slow_start);
    if (config.sticky) sticky_.emplace(*config.sticky);
    level(0);
}

Picker* Pool::only() const {
    const bool plain = !sticky_ && config_.hash_on.kind() == HashOn::Kind::Key;
    return plain && levels_.size() == 1 ? levels_.front().picker.get() : nullptr;
}

std::optional<Pool::Picked> Pool::pick(const Picking& p) {
    Request request = p.request;
    request.key = config_.hash_on.bytes(p.request);
    const Picking with_key{request, p.now, p.rng, p.asks, p.why};
    if (sticky_ && request.tried.empty())
        if (const auto picked = by_affinity(with_key)) return picked;
    auto picked = by_level(with_key);
    if (picked && sticky_)
        picked->tell = sticky_->stick(request, fleet_.backend(picked->backend).name, p.now);
    return picked;
}

std::optional<Pool::Picked> Pool::by_affinity(const Picking& p) {
    const auto id = sticky_->find(p.request, p.now);
    if (!id || !fleet_.takes_its_own(*id)) return std::nullopt;
    auto& level = level_of(*id);
    if (p.why != nullptr) {
        p.why->rule = "the client sticks to it; the policy is not asked";
        p.why->candidates.push_back({*id, 0});
    }
    level.picker->stick(*id, p);
    const bool tell = sticky_->stick(p.request, fleet_.backend(*id).name, p.now);
    return Picked{*id, level.picker.get(), tell};
}

std::optional<Pool::Picked> Pool::by_level(const Picking& p) {
    for (auto& level : levels_)
        if (const auto id = level.picker->pick(p)) return Picked{*id, level.picker.get()};
    return std::nullopt;
}

Pool::Level& Pool::level_of(BackendId id) { return level(fleet_.backend(id).priority); }

Pool::Level& Pool::level(std::uint32_t priority) {
    auto at = std::find_if(levels_.begin(), levels_.end(),
                           [&](const Level& l) { return l.priority >= priority; });
    if (at != levels_.end() && at->priority == priority) return *at;
    const Ramps* ramps = ramps_ ? &*ramps_ : nullptr;
    auto picker = std::make_unique<Picker>(fleet_, config_.policy(), ramps);
    return *levels_.insert(at, Level{priority, std::move(picker)});
}

void Pool::add(BackendId id, Instant now) {
    if (ramps_ && started_) ramps_->start(id, now);
    if (sticky_) sticky_->on_added(id, fleet_.backend(id).name);
    level_of(id).picker->add(id, now);
}

void Pool::remove(BackendId id, Instant now) {
    if (ramps_) ramps_->stop(id);
    if (sticky_) sticky_->on_removed(id, fleet_.backend(id).name);
    level_of(id).picker->remove(id, now);
}

void Pool::on_eligible(BackendId id, Instant now) {
    level_of(id).picker->refresh_eligible(id, now);
}

// Whoever comes back starts slowly, as whoever is new.
void Pool::on_healthy(BackendId id, bool healthy, Instant now) {
    if (!ramps_) return;
    if (healthy)
        ramps_->start(id, now);
    else
        ramps_->stop(id);
    level_of(id).picker->on_ramp(id, now);
}

void Pool::on_weight(BackendId id, Instant now) { level_of(id).picker->on_weight(id, now); }

std::size_t Pool::members() const {
    std::size_t n = 0;
    for (const auto& level : levels_) n += level.picker->view().members().size();
    return n;
}

bool Pool::has_eligible() const {
    return std::any_of(levels_.begin(), levels_.end(),
                       [](const Level& level) { return !level.picker->view().eligible().empty(); });
}

Instant Pool::next_due() const {
    Instant next = ramps_ ? ramps_->next_due() : Instant::max();
    for (const auto& level : levels_) next = std::min(next, level.picker->policy().next_due());
    return next;
}

void Pool::due(Instant now, Rng& rng, std::vector<Ask>& asks) {
    if (ramps_) ramps_->due(now, [&](BackendId id) { level_of(id).picker->on_ramp(id, now); });
    for (auto& level : levels_) {
        auto& policy = level.picker->policy();
        if (policy.next_due() <= now) policy.due(level.picker->view(), now, rng, asks);
    }
}

void Pool::on_answer(const Ask& ask, const LoadReport& report, Instant now) {
    level_of(ask.to).picker->policy().on_answer(ask, report, now);
}

void Pool::on_report(BackendId id, const LoadReport& report, Instant now) {
    level_of(id).picker->policy().on_report(id, report, now);
}

}  // namespace lb
