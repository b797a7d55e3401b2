#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/picker.hpp"
#include "balancer/policies.hpp"
#include "balancer/priorities.hpp"
#include "balancer/subset.hpp"
#include "balancer/zones.hpp"

namespace lb {

/// Which of the backends of a level one balancer of many uses.  Of an aperture those at its ends
/// count whole: only the policy finagle/aperture weighs how much of them lies within.
struct SubsetRules {
    enum class Kind : std::uint8_t { Deterministic, Random, Aperture } kind = Kind::Deterministic;
    std::int64_t size = 20;
    Instance instance{};  ///< The caller's, not the user's.

    void describe(Fields& f) {
        static constexpr std::string_view kKinds[] = {"deterministic", "random", "aperture"};
        word(f, "kind", kind, kKinds,
             "As in the SRE book, at random by name as gRPC, or Finagle's ring of peers");
        f.field("size", size, "How many backends each balancer uses; of aperture: at least",
                {.low = 1, .high = 1e5});
    }
};

/// Where balancers are, for zone-aware routing.
struct Placement {
    std::string zone;  ///< This one's.
    /// How many balancers each zone has, of the tier; this one counts too.
    std::vector<std::pair<std::string, std::uint32_t>> balancers{};
};

/// The backends of one priority of a pool, and how one of them is picked: all of them, or a subset;
/// and with zones, those of a zone that is drawn first.  Each view has a policy of its own.
class Level {
public:
    struct Config {
        Policies::Factory policy{};
        /// Whose policies these are.  Not the subset's: balancers that share one may each have
        /// policies of their own.
        Instance instance{};
        std::optional<SubsetRules> subset{};
        std::optional<ZoneRules> zones{};
        Placement placement{};
    };

    /// A pick, and who picked.
    struct Picked {
        BackendId backend;
        Picker* by;
    };

    /// The fleet and the ramps outlive it.
    Level(std::uint32_t priority, Fleet& fleet, const Config& config, const Ramps* ramps);

    /// Nothing if nobody is eligible or the policy declines.
    std::optional<Picked> pick(const Picking&);
    /// Whoever would have picked that backend, as one that its client sticks to.
    Picker& picker_of(BackendId id) { return by_zone_.empty() ? *all_ : *zone_of(id).picker; }

    void add(BackendId id, Instant now);
    void remove(BackendId id, Instant now);
    void on_eligible(BackendId id, Instant now);
    void on_healthy() { routing_.reset(); }
    void set_panic(bool panic, Instant now);
    bool panics() const { return panic_; }

    /// Each view that has that backend as a member.
    template <class F>
    void each_with(BackendId id, F f) {
        each([&](Picker& picker) {
            if (picker.view().is_member(id)) f(picker);
        });
    }
    template <class F>
    void each(F f) const {
        f(*all_);
        for (const auto& zone : by_zone_) f(*zone.picker);
    }

    /// Whether that one picks here.
    bool has(const Picker& picker) const {
        bool found = false;
        each([&](const Picker& p) { found = found || &p == &picker; });
        return found;
    }
    /// Why a member is not among those of some picker of this level.  For explanations.
    std::string_view apart(BackendId id) const {
        return all_->view().is_member(id) ? "other zone" : "not in the subset";
    }

    std::uint32_t priority() const { return priority_; }
    /// Lets the subset follow the changes of membership since; O(1) if there were none.
    void settle(Instant now) {
        if (!subset_settled_) settle_subset(now);
    }
    /// Of all, or of those that are not withdrawn.  O(members).
    PriorityBackends backends(bool withdrawn_too, Instant now);
    std::size_t members() const { return members_; }
    bool has_eligible() const { return !all_->view().eligible().empty(); }
    /// The view of all, or of the subset.
    Picker& all() const { return *all_; }
    /// Whether a pick is nothing but that of all().
    bool is_plain() const { return !config_.subset && !config_.zones; }

private:
    struct OfZone {
        std::string name;
        std::unique_ptr<Picker> picker;
    };
    OfZone& zone_of(BackendId id);
    void settle_subset(Instant now);
    void settle_zones();
    void admit(BackendId id, Instant now);
    void expel(BackendId id, Instant now);

    std::uint32_t priority_;
    Fleet& fleet_;
    Config config_;
    const Ramps* ramps_;
    std::unique_ptr<Picker> all_;
    std::vector<OfZone> by_zone_;    // With zones: the balancer's own first.
    std::vector<BackendId> joined_;  // With a subset: of all, in the order of joining.
    std::size_t members_ = 0;
    std::optional<ZoneRouting> routing_;  // Nothing: to be made anew.
    bool subset_settled_ = true;
    bool panic_ = false;
};

}  // namespace lb
