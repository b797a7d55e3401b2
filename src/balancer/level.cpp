#include "balancer/level.hpp"

#include <algorithm>
#include <string>

namespace lb {
namespace {

// The places of those that are in the subset.
std::vector<std::size_t> places(const SubsetRules& rules, std::span<const BackendId> joined,
                                const Fleet& fleet) {
    const auto n = joined.size();
    const auto size = static_cast<std::size_t>(rules.size);
    switch (rules.kind) {
        case SubsetRules::Kind::Deterministic: return sre_subset(n, rules.instance.number, size);
        case SubsetRules::Kind::Random: {
            std::vector<std::string_view> names;
            for (const auto id : joined) names.push_back(fleet.backend(id).name);
            return random_subset(names, rules.instance.number, size);
        }
        case SubsetRules::Kind::Aperture: break;
    }
    if (n == 0) return {};
    const std::vector<double> alike(n, 1.0);
    return aperture_subset(alike, aperture_arc(n, rules.instance.number, rules.instance.of, size));
}

}  // namespace

Level::Level(std::uint32_t priority, Fleet& fleet, const Config& config, const Ramps* ramps)
    : priority_{priority},
      fleet_{fleet},
      config_{config},
      ramps_{ramps},
      all_{std::make_unique<Picker>(fleet, config.policy(config.instance), ramps)} {}

std::optional<Level::Picked> Level::pick(const Picking& p) {
    settle(p.now);
    if (config_.subset)
        p.note([&] {
            return "a subset of " + std::to_string(all_->view().members().size()) + " of " +
                   std::to_string(members_) + " backends";
        });
    if (!by_zone_.empty() && !panic_) {
        if (!routing_) settle_zones();
        if (const auto zone = routing_->pick(p.rng)) {
            auto& picker = *by_zone_[*zone].picker;
            p.note([&] { return "zone " + by_zone_[*zone].name; });
            if (const auto id = picker.pick(p)) return Picked{*id, &picker};
        }
    }
    if (!by_zone_.empty()) p.note([] { return std::string{"any zone"}; });
    if (const auto id = all_->pick(p)) return Picked{*id, all_.get()};
    return std::nullopt;
}

void Level::add(BackendId id, Instant now) {
    ++members_;
    routing_.reset();
    if (!config_.subset) return admit(id, now);
    joined_.push_back(id);
    subset_settled_ = false;
}

void Level::remove(BackendId id, Instant now) {
    --members_;
    routing_.reset();
    std::erase(joined_, id);
    subset_settled_ = !config_.subset;
    expel(id, now);
}

void Level::on_eligible(BackendId id, Instant now) {
    each_with(id, [&](Picker& picker) { picker.refresh_eligible(id, now); });
}

PriorityBackends Level::backends(bool withdrawn_too, Instant now) {
    settle(now);
    PriorityBackends backends{0, 0};
    for (const auto id : all_->view().members()) {
        if (!withdrawn_too && fleet_.is_withdrawn(id)) continue;
        ++backends.total;
        backends.healthy += fleet_.is_healthy(id) ? 1 : 0;
    }
    return backends;
}

void Level::set_panic(bool panic, Instant now) {
    panic_ = panic;
    each([&](Picker& picker) { picker.set_panic(panic, now); });
}

void Level::admit(BackendId id, Instant now) {
    all_->add(id, now);
    if (config_.zones) zone_of(id).picker->add(id, now);
}

void Level::expel(BackendId id, Instant now) {
    each_with(id, [&](Picker& picker) { picker.remove(id, now); });
}

void Level::settle_subset(Instant now) {
    subset_settled_ = true;
    std::vector<BackendId> in;
    for (const auto place : places(*config_.subset, joined_, fleet_)) in.push_back(joined_[place]);
    const auto wanted = [&](BackendId id) {
        return std::find(in.begin(), in.end(), id) != in.end();
    };
    const auto members = all_->view().members();
    const std::vector<BackendId> before{members.begin(), members.end()};
    for (const auto id : before)
        if (!wanted(id)) expel(id, now);
    std::sort(in.begin(), in.end());
    for (const auto id : in)
        if (!all_->view().is_member(id)) admit(id, now);
    routing_.reset();
}

Level::OfZone& Level::zone_of(BackendId id) {
    if (by_zone_.empty() && config_.zones)
        by_zone_.push_back(
            {config_.placement.zone,
             std::make_unique<Picker>(fleet_, config_.policy(config_.instance), ramps_)});
    const auto& name = fleet_.backend(id).zone;
    const auto found = std::find_if(by_zone_.begin(), by_zone_.end(),
                                    [&](const OfZone& zone) { return zone.name == name; });
    if (found != by_zone_.end()) return *found;
    by_zone_.push_back(
        {name, std::make_unique<Picker>(fleet_, config_.policy(config_.instance), ramps_)});
    return by_zone_.back();
}

void Level::settle_zones() {
    std::vector<Zone> zones;
    for (const auto& of_zone : by_zone_) {
        Zone zone{0, 0};
        for (const auto& [name, balancers] : config_.placement.balancers)
            if (name == of_zone.name) zone.balancers += balancers;
        for (const auto id : of_zone.picker->view().members())
            zone.backends += fleet_.is_healthy(id) ? 1 : 0;
        zones.push_back(zone);
    }
    routing_.emplace(zones, *config_.zones);
}

}  // namespace lb
