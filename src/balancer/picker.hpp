#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policy.hpp"
#include "balancer/view.hpp"

namespace lb {

/// Why a request went where it did, of the whole balancer: what the policy that was asked last
/// says, what the layers around it decided, and why all others were no candidates.
struct ExplainedPick : Explanation {
    struct Excluded {
        BackendId backend;
        std::string why;  ///< "down", "full", "other priority".
    };
    std::vector<std::string> path;   ///< Route, affinity, priority, subset, zone.
    std::vector<Excluded> excluded;  ///< Members of the fleet that could not be picked.
};

/// What goes along with each pick, whoever is picked from.
struct Picking {
    const Request& request;
    Instant now;
    Rng& rng;
    std::vector<Ask>& asks;
    ExplainedPick* why = nullptr;

    /// For the layers around the policy: what was decided, if somebody asks.  `tell` gives a
    /// string.
    template <class Tell>
    void note(Tell tell) const {
        if (why != nullptr) [[unlikely]]
            why->path.push_back(tell());
    }
};

/// Some backends of a fleet, and the policy that picks among them.
///
/// Its owner says who belongs to it and who may be picked.  In panic all members may be.
class Picker {
public:
    /// The fleet and the ramps outlive it.
    Picker(Fleet& fleet, std::unique_ptr<Policy> policy, const Ramps* ramps)
        : fleet_{fleet}, view_{fleet, ramps}, policy_{std::move(policy)} {
        expects(policy_ != nullptr);
    }
    Picker(const Picker&) = delete;
    Picker& operator=(const Picker&) = delete;

    /// Nothing if nobody is eligible or the policy declines.
    std::optional<BackendId> pick(const Picking& p) {
        if (view_.eligible().empty()) [[unlikely]]
            return std::nullopt;
        if (p.why != nullptr) [[unlikely]]
            static_cast<Explanation&>(*p.why) = {};  // Whoever was asked before declined.
        const auto picked = policy_->pick({view_, p.request, p.now, p.rng, p.asks, p.why});
        expects(!picked || view_.is_eligible(*picked));
        return picked;
    }
    /// The same as if those that the request tried were excluded, for this pick only.  Two changes
    /// of eligibility for each.
    std::optional<BackendId> pick_untried(const Picking& p) {
        hidden_.clear();
        for (const auto id : p.request.tried)
            if (view_.is_eligible(id)) {
                set_eligible(id, false, p.now);
                hidden_.push_back(id);
            }
        const auto picked = pick(p);
        for (const auto id : hidden_) set_eligible(id, true, p.now);
        return picked;
    }
    void stick(BackendId id, const Picking& p) {
        policy_->on_sticky(id, {view_, p.request, p.now, p.rng, p.asks, p.why});
    }

    void add(BackendId id, Instant now);
    void remove(BackendId id, Instant now);
    /// As the fleet has it now.
    void refresh_eligible(BackendId id, Instant now);
    void set_panic(bool panic, Instant now);
    void on_weight(BackendId id, Instant now) {
        view_.reweigh();
        policy_->on_weight(id, view_, now);
    }
    void on_ramp(BackendId id, Instant now) { policy_->on_ramp(id, view_, now); }

    const View& view() const { return view_; }
    Policy& policy() { return *policy_; }
    const Policy& policy() const { return *policy_; }

private:
    void set_eligible(BackendId id, bool eligible, Instant now) {
        view_.set_eligible(id, eligible);
        policy_->on_eligible(id, eligible, view_, now);
    }

    Fleet& fleet_;
    View view_;
    std::unique_ptr<Policy> policy_;
    bool panic_ = false;
    std::vector<BackendId> hidden_;  // Of pick_untried().
};

inline void Picker::add(BackendId id, Instant now) {
    view_.insert(id);
    policy_->on_added(id, view_, now);
    refresh_eligible(id, now);
}

inline void Picker::remove(BackendId id, Instant now) {
    if (view_.is_eligible(id)) set_eligible(id, false, now);
    view_.erase(id);
    policy_->on_removed(id, view_, now);
}

inline void Picker::refresh_eligible(BackendId id, Instant now) {
    const bool eligible =
        fleet_.is_member(id) && (fleet_.is_eligible(id) || (panic_ && !fleet_.is_withdrawn(id)));
    if (eligible != view_.is_eligible(id)) set_eligible(id, eligible, now);
}

inline void Picker::set_panic(bool panic, Instant now) {
    if (panic == std::exchange(panic_, panic)) return;
    for (const auto id : view_.members()) refresh_eligible(id, now);
}

}  // namespace lb
