#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "balancer/fleet.hpp"
#include "balancer/ramps.hpp"

namespace lb {

/// Backends as a sparse set (Briggs & Torczon, ACM LOPLAS 2, 1993): joining, leaving and testing
/// take O(1), and the members lie side by side, so that drawing one uniformly takes O(1) too.
class BackendSet {
public:
    bool contains(BackendId id) const {
        return index(id) < place_.size() && place_[index(id)] != kNowhere;
    }
    /// Where in all() it stands.  Requires contains(id).
    std::size_t place(BackendId id) const { return place_[index(id)]; }
    std::span<const BackendId> all() const { return all_; }

    void insert(BackendId id) {
        if (contains(id)) return;
        if (index(id) >= place_.size()) place_.resize(index(id) + 1, kNowhere);
        place_[index(id)] = static_cast<std::uint32_t>(all_.size());
        all_.push_back(id);
    }
    /// The last member takes the place of the one that leaves.
    void erase(BackendId id) {
        if (!contains(id)) return;
        const std::uint32_t hole = place_[index(id)];
        place_[index(all_.back())] = hole;
        all_[hole] = all_.back();
        all_.pop_back();
        place_[index(id)] = kNowhere;
    }

private:
    static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
    std::vector<BackendId> all_;
    std::vector<std::uint32_t> place_;
};

/// What a policy sees: some backends of a fleet, and which of them it may pick now.
///
/// Policies work on a view and not on the fleet, so that priorities, zones, subsets and panic can
/// be composed outside of them: each is another view over the same fleet.
class View {
public:
    /// The ramps, if some of its backends may be starting slowly.  Both outlive the view.
    explicit View(Fleet& fleet, const Ramps* ramps = nullptr) : fleet_{&fleet}, ramps_{ramps} {}

    /// Who is configured here: what hash tables are built from.
    std::span<const BackendId> members() const { return members_.all(); }
    /// Who may be picked now.
    std::span<const BackendId> eligible() const { return eligible_.all(); }
    bool is_eligible(BackendId id) const { return eligible_.contains(id); }

    /// Whether all members weigh the same, so that weights need not be looked at.  O(1).
    bool uniform() const { return uniform_ && (ramps_ == nullptr || !ramps_->any()); }
    /// What it counts for now, slow start included.
    double weight(BackendId id, Instant now) const {
        const double weight = fleet_->weight(id);
        return ramps_ == nullptr ? weight : weight * ramps_->factor(id, now);
    }
    /// Whether that changes with time, as it starts slowly.
    bool starts_slowly(BackendId id) const { return ramps_ != nullptr && ramps_->contains(id); }
    /// What it is configured to count for: what hash tables are built from.
    double weight(BackendId id) const { return fleet_->weight(id); }
    std::uint32_t in_flight(BackendId id) const { return fleet_->in_flight(id); }
    const Backend& backend(BackendId id) const { return fleet_->backend(id); }
    std::string_view name(BackendId id) const { return backend(id).name; }
    /// Whether nothing but its requests in flight keeps it from being picked: to policies that
    /// pass such a one over without losing its place.
    bool is_only_full(BackendId id) const { return fleet_->is_only_full(id); }
    /// How long an array indexed by BackendId has to be.
    std::size_t slots() const { return fleet_->slots(); }

    /// To be told of every change of in_flight(), by whichever balancer of the fleet.
    void attach(LoadObserver& observer) const { fleet_->attach(observer); }
    void detach(LoadObserver& observer) const { fleet_->detach(observer); }

    /// For the owner, who passes on what the fleet tells it.  O(1), but O(members) to leave or to
    /// change a weight while weights differ.
    void insert(BackendId id) {
        members_.insert(id);
        uniform_ = uniform_ && fleet_->weight(id) == fleet_->weight(members().front());
    }
    void erase(BackendId id) {
        members_.erase(id);
        eligible_.erase(id);
        if (!uniform_) reweigh();
    }
    bool is_member(BackendId id) const { return members_.contains(id); }
    void set_eligible(BackendId id, bool eligible) {
        if (eligible)
            eligible_.insert(id);
        else
            eligible_.erase(id);
    }
    void reweigh() {
        uniform_ = true;
        for (const auto id : members())
            uniform_ = uniform_ && fleet_->weight(id) == fleet_->weight(members().front());
    }

private:
    Fleet* fleet_;
    const Ramps* ramps_;
    BackendSet members_, eligible_;
    bool uniform_ = true;
};

}  // namespace lb
