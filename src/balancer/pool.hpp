#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "balancer/hash_on.hpp"
#include "balancer/health/fail_open.hpp"
#include "balancer/level.hpp"
#include "balancer/priorities.hpp"
#include "balancer/ramps.hpp"
#include "balancer/sticky.hpp"

namespace lb {

/// The backends that requests of one route may go to, in levels of priority.
///
/// Around the policy, from the outside in: affinity (a client that sticks to a backend comes back
/// to it), then the level, and in it (see Level) zone and subset.
///
/// Without further rules all requests go to the first level that has somebody to pick, and one
/// whose policy declines passes the request on to the next: backup servers.  With rules, levels
/// share the requests by their health.  In panic, or when it fails open, health is not believed.
class Pool {
public:
    struct Config {
        Level::Config level{};
        HashOn hash_on{};  ///< Which bytes of a request are its key.
        /// Levels are drawn by the key's hash and not at random: for policies that hash.
        bool draw_by_key = false;
        std::optional<PriorityRules> priorities{};
        /// Without priorities, which have a rule of their own: of all its backends together.
        std::optional<FailOpen> fail_open{};
        std::optional<Ramps::Config> slow_start{};
        std::optional<Sticky::Config> sticky{};
    };

    /// A pick: whom, and who picked; and whether the client has to be told whom it sticks to.
    struct Picked {
        BackendId backend;
        Picker* by;
        bool tell = false;
    };

    /// The fleet outlives the pool.
    Pool(Fleet& fleet, const Config& config);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Nothing if nobody is eligible or all that were asked decline.
    std::optional<Picked> pick(const Picking&);
    /// The same by one of its pickers, among those that the request has not tried.
    std::optional<Picked> pick_untried(const Picking&, Picker& by);
    /// The only picker, if a pick is nothing but its policy's: nobody sticks to anybody, the key is
    /// the caller's, and there is one plain level.  Else null.  Holds until the next member joins.
    Picker* only() const;

    void add(BackendId id, Instant now);
    void remove(BackendId id, Instant now);
    void on_eligible(BackendId id, Instant now);
    void on_healthy(BackendId id, Instant now);
    void on_weight(BackendId id, Instant now);

    std::size_t members() const;
    bool has_eligible() const;
    /// Whether there is one that would be eligible if it held fewer requests.  O(members), but
    /// where that is why a request found nobody, the first tells as a rule.
    bool has_full() const;
    /// Whether that member may be picked now whatever its health is, because too few are healthy
    /// (but if it is withdrawn, never).
    /// O(members) if something changed since it was last asked, or since a pick.
    bool overrides(BackendId id, Instant now);
    /// Whoever would pick that member.
    Picker& picker_of(BackendId id) { return level_of(id).picker_of(id); }
    /// Why that member is none of those that `by`, of this pool, picks from: "other priority".
    /// Empty if it is one.  For explanations.
    std::string_view apart(BackendId id, const Picker& by);
    /// Of the most preferred level.
    const Picker& first() const { return levels_.front()->all(); }

    /// When a step of a slow start, or one of a policy's own, is due.
    Instant next_due() const;
    void due(Instant now, Rng& rng, std::vector<Ask>& asks);
    void on_answer(const Ask& ask, const LoadReport& report, Instant now);
    void on_report(BackendId id, const LoadReport& report, Instant now);

    /// From now on, whoever joins starts slowly.
    void started(Instant now) {
        started_ = true;
        for (auto& level : levels_) level->settle(now);
    }

private:
    Level& level_of(BackendId id) { return level(fleet_.backend(id).priority); }
    Level& level(std::uint32_t priority);
    std::optional<Picked> by_affinity(const Picking&);
    std::optional<Level::Picked> by_level(const Picking&);
    std::optional<Level::Picked> by_priority(const Picking&);
    void settle_spread(Instant now);
    void settle_open(Instant now);
    bool starts_slowly(BackendId id) const { return ramps_ && started_ && fleet_.is_healthy(id); }

    Fleet& fleet_;
    Config config_;
    std::optional<Ramps> ramps_;
    std::optional<Sticky> sticky_;
    std::vector<std::unique_ptr<Level>> levels_;  // The most preferred first.
    std::optional<PrioritySpread> spread_;        // Nothing: to be made anew.
    std::optional<bool> open_;                    // Whether it has failed open; likewise.
    bool started_ = false;
};

}  // namespace lb
