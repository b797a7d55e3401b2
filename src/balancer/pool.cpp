#include "balancer/pool.hpp"

#include <algorithm>
#include <string>

#include "balancer/hashing/ring.hpp"

namespace lb {

Pool::Pool(Fleet& fleet, const Config& config) : fleet_{fleet}, config_{config} {
    if (config.slow_start) ramps_.emplace(*config.slow_start);
    if (config.sticky) sticky_.emplace(*config.sticky);
    level(0);
}

Picker* Pool::only() const {
    const bool plain = !sticky_ && !config_.priorities && !config_.fail_open &&
                       config_.hash_on.kind() == HashOn::Kind::Key;
    const auto& first = *levels_.front();
    return plain && levels_.size() == 1 && first.is_plain() ? &first.all() : nullptr;
}

std::optional<Pool::Picked> Pool::pick(const Picking& p) {
    Request request = p.request;
    request.key = config_.hash_on.bytes(p.request);
    const Picking with_key{request, p.now, p.rng, p.asks, p.why};
    if (sticky_ && request.tried.empty())
        if (const auto picked = by_affinity(with_key)) return picked;
    const auto picked = by_level(with_key);
    if (!picked) return std::nullopt;
    const bool tell =
        sticky_ && sticky_->stick(request, fleet_.backend(picked->backend).name, p.now);
    return Picked{picked->backend, picked->by, tell};
}

std::optional<Pool::Picked> Pool::pick_untried(const Picking& p, Picker& by) {
    Request request = p.request;
    request.key = config_.hash_on.bytes(p.request);
    p.note([] { return std::string{"not where it was tried"}; });
    const auto picked = by.pick_untried({request, p.now, p.rng, p.asks, p.why});
    if (!picked) return std::nullopt;
    const bool tell = sticky_ && sticky_->stick(request, fleet_.backend(*picked).name, p.now);
    return Picked{*picked, &by, tell};
}

std::optional<Pool::Picked> Pool::by_affinity(const Picking& p) {
    const auto id = sticky_->find(p.request, p.now);
    if (!id) {
        if (!p.request.affinity.empty())
            p.note([&] {
                return "its client sticks to " + std::string{p.request.affinity} +
                       ", which is not here";
            });
        return std::nullopt;
    }
    auto& picker = picker_of(*id);
    const bool member = picker.view().is_member(*id);  // Else another balancer's subset has it.
    if (!member || !fleet_.takes_its_own(*id)) {
        p.note([&] {
            return "its client sticks to " + fleet_.backend(*id).name + ", which " +
                   (member ? "takes none now" : "is not in the subset");
        });
        return std::nullopt;
    }
    if (p.why != nullptr) {
        p.why->rule = "the client sticks to it; the policy is not asked";
        p.why->candidates.push_back({*id, 0});
    }
    picker.stick(*id, p);
    const bool tell = sticky_->stick(p.request, fleet_.backend(*id).name, p.now);
    return Picked{*id, &picker, tell};
}

std::optional<Level::Picked> Pool::by_level(const Picking& p) {
    if (config_.priorities) return by_priority(p);
    if (config_.fail_open) {
        if (!open_) settle_open(p.now);
        if (*open_) p.note([] { return std::string{"too few are healthy: all are used"}; });
    }
    if (levels_.size() == 1) return levels_.front()->pick(p);
    for (auto& level : levels_) {
        p.note([&] { return "priority " + std::to_string(level->priority()); });
        if (const auto picked = level->pick(p)) return picked;
        p.note([] { return std::string{"nobody picked"}; });
    }
    return std::nullopt;
}

std::optional<Level::Picked> Pool::by_priority(const Picking& p) {
    if (!spread_) settle_spread(p.now);
    const bool by_key = config_.draw_by_key && !p.request.key.empty();
    const auto bits = by_key ? hash_of(p.request.key) : p.rng();
    const auto at = spread_->at(bits);
    auto& level = *levels_[at];
    p.note([&] {
        return "priority " + std::to_string(level.priority()) + ", which gets " +
               std::to_string(spread_->load[at]) + " % of the requests" +
               (spread_->panic[at] ? " and is in panic: health is not believed" : "");
    });
    return level.pick(p);
}

bool Pool::has_full() const {
    return std::any_of(levels_.begin(), levels_.end(), [&](const auto& level) {
        const auto members = level->all().view().members();
        return std::any_of(members.begin(), members.end(),
                           [&](BackendId id) { return fleet_.is_only_full(id); });
    });
}

bool Pool::overrides(BackendId id, Instant now) {
    if (config_.priorities && !spread_) settle_spread(now);
    if (config_.fail_open && !config_.priorities && !open_) settle_open(now);
    return level_of(id).panics();
}

std::string_view Pool::apart(BackendId id, const Picker& by) {
    if (by.view().is_member(id)) return {};
    auto& level = level_of(id);
    return level.has(by) ? level.apart(id) : "other priority";
}

void Pool::settle_spread(Instant now) {
    std::vector<PriorityBackends> backends;
    for (const auto& level : levels_) backends.push_back(level->backends(true, now));
    spread_ = spread_over(backends, *config_.priorities);
    for (std::size_t i = 0; i != levels_.size(); ++i) levels_[i]->set_panic(spread_->panic[i], now);
}

void Pool::settle_open(Instant now) {
    PriorityBackends all{0, 0};
    for (const auto& level : levels_) {
        const auto backends = level->backends(false, now);
        all.healthy += backends.healthy;
        all.total += backends.total;
    }
    open_ = config_.fail_open->opens(all);
    for (const auto& level : levels_) level->set_panic(*open_, now);
}

Level& Pool::level(std::uint32_t priority) {
    const auto at = std::find_if(levels_.begin(), levels_.end(),
                                 [&](const auto& level) { return level->priority() >= priority; });
    if (at != levels_.end() && (*at)->priority() == priority) return **at;
    const Ramps* ramps = ramps_ ? &*ramps_ : nullptr;
    return **levels_.insert(at, std::make_unique<Level>(priority, fleet_, config_.level, ramps));
}

void Pool::add(BackendId id, Instant now) {
    if (starts_slowly(id)) ramps_->start(id, now);
    if (sticky_) sticky_->on_added(id, fleet_.backend(id).name);
    level_of(id).add(id, now);
    spread_.reset();
    open_.reset();
}

void Pool::remove(BackendId id, Instant now) {
    if (ramps_) ramps_->stop(id);
    if (sticky_) sticky_->on_removed(id, fleet_.backend(id).name);
    level_of(id).remove(id, now);
    spread_.reset();
    open_.reset();
}

void Pool::on_eligible(BackendId id, Instant now) { level_of(id).on_eligible(id, now); }

// Whoever comes back starts slowly, as whoever is new.
void Pool::on_healthy(BackendId id, Instant now) {
    auto& level = level_of(id);
    level.on_healthy();
    spread_.reset();
    open_.reset();
    level.on_eligible(id, now);  // In panic it may have been, and be withdrawn now.
    if (!ramps_) return;
    if (starts_slowly(id))
        ramps_->start(id, now);
    else
        ramps_->stop(id);
    level.each_with(id, [&](Picker& picker) { picker.on_ramp(id, now); });
}

void Pool::on_weight(BackendId id, Instant now) {
    level_of(id).each_with(id, [&](Picker& picker) { picker.on_weight(id, now); });
}

std::size_t Pool::members() const {
    std::size_t n = 0;
    for (const auto& level : levels_) n += level->members();
    return n;
}

bool Pool::has_eligible() const {
    return std::any_of(levels_.begin(), levels_.end(),
                       [](const auto& level) { return level->has_eligible(); });
}

Instant Pool::next_due() const {
    Instant next = ramps_ ? ramps_->next_due() : Instant::max();
    for (const auto& level : levels_)
        level->each([&](Picker& picker) { next = std::min(next, picker.policy().next_due()); });
    return next;
}

void Pool::due(Instant now, Rng& rng, std::vector<Ask>& asks) {
    if (ramps_)
        ramps_->due(now, [&](BackendId id) {
            level_of(id).each_with(id, [&](Picker& picker) { picker.on_ramp(id, now); });
        });
    for (auto& level : levels_)
        level->each([&](Picker& picker) {
            auto& policy = picker.policy();
            if (policy.next_due() > now) return;
            policy.due(picker.view(), now, rng, asks);
            expects(policy.next_due() > now);
        });
}

void Pool::on_answer(const Ask& ask, const LoadReport& report, Instant now) {
    level_of(ask.to).each_with(
        ask.to, [&](Picker& picker) { picker.policy().on_answer(ask, report, now); });
}

void Pool::on_report(BackendId id, const LoadReport& report, Instant now) {
    level_of(id).each_with(id, [&](Picker& picker) { picker.policy().on_report(id, report, now); });
}

}  // namespace lb
