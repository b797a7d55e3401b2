#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/hash_on.hpp"
#include "balancer/picker.hpp"
#include "balancer/policies.hpp"
#include "balancer/ramps.hpp"
#include "balancer/sticky.hpp"

namespace lb {

/// The backends that requests of one route may go to, in levels of priority.
///
/// Around the policy, from the outside in: affinity (a client that sticks to a backend comes back
/// to it), then the level, and in it the policy, which sees that level's backends only.  Each level
/// has a policy of its own, so that a backup keeps its own turn.
///
/// A level that has nobody to pick, or whose policy declines, passes the request on to the next.
class Pool {
public:
    struct Config {
        Policies::Factory policy{};
        HashOn hash_on{};  ///< Which bytes of a request are its key.
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

    std::optional<Picked> pick(const Picking&);
    /// The only picker, if a pick is nothing but its policy's: nobody sticks to anybody, the key is
    /// the caller's, and there is one level.  Else null.  Holds until the next member joins.
    Picker* only() const;

    void add(BackendId id, Instant now);
    void remove(BackendId id, Instant now);
    void on_eligible(BackendId id, Instant now);
    void on_healthy(BackendId id, bool healthy, Instant now);
    void on_weight(BackendId id, Instant now);

    std::size_t members() const;
    bool has_eligible() const;
    /// Of the most preferred level.
    const Picker& first() const { return *levels_.front().picker; }

    /// When a step of a slow start, or one of a policy's own, is due.
    Instant next_due() const;
    void due(Instant now, Rng& rng, std::vector<Ask>& asks);
    void on_answer(const Ask& ask, const LoadReport& report, Instant now);
    void on_report(BackendId id, const LoadReport& report, Instant now);

    /// From now on, whoever joins starts slowly.
    void started() { started_ = true; }

private:
    struct Level {
        std::uint32_t priority;
        std::unique_ptr<Picker> picker;
    };
    Level& level_of(BackendId id);
    Level& level(std::uint32_t priority);
    std::optional<Picked> by_affinity(const Picking&);
    std::optional<Picked> by_level(const Picking&);

    Fleet& fleet_;
    Config config_;
    std::optional<Ramps> ramps_;
    std::optional<Sticky> sticky_;
    std::vector<Level> levels_;  // The most preferred first.
    bool started_ = false;
};

}  // namespace lb
