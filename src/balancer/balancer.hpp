#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/fleet.hpp"
#include "balancer/guard.hpp"
#include "balancer/policy.hpp"
#include "balancer/pool.hpp"
#include "balancer/rejection.hpp"
#include "balancer/request.hpp"
#include "balancer/retry/retry.hpp"
#include "balancer/routes.hpp"
#include "balancer/view.hpp"
#include "base/rng.hpp"

namespace lb {

/// A request on its way.  Give it back exactly once, to Balancer::done().
struct Ticket {
    BackendId backend{};
    /// The client is to be told that it sticks to this backend: with its requests it brings the
    /// backend's name as its affinity, until Sticky::Config::ttl after the last response.
    bool tell = false;
    Instant sent{};
    Picker* by = nullptr;  ///< Who picked: the balancer's own.
    Guard::Permit permit{};
};

using Decision = std::variant<Ticket, Rejection>;

/// Spreads requests over the eligible backends of a fleet, as its policy picks.
///
/// Routes say which pool a request goes to; a pool (see there) knows affinity, priorities and slow
/// start; in it the policy picks.
///
/// Deterministic: the same calls with the same arguments give the same decisions.  Every call takes
/// the time, and no call may be earlier than the one before.  It has no clock, thread or I/O, so
/// the same object serves a simulation and a proxy.  One thread at a time.
///
/// With a guard, requests go to whom it lets them: the fleet's exclusions are its doing, and a
/// request that it refuses is rejected.
///
/// The fleet and the guard, which is of that fleet, outlive the balancer.
class Balancer final : private FleetObserver {
public:
    struct Config {
        Pool::Config pool{};  ///< Of every pool.
        Routes routes{};      ///< Without any there is one pool, whatever backends say.
        std::optional<std::string> default_pool{};  ///< For what matches no route.
        /// Of requests that name where they were tried.
        AvoidTried avoid_tried = AvoidTried::Prefer;
    };

    /// Takes over the backends that the fleet has, in order of their slots.
    Balancer(Fleet& fleet, const Config& config, const Rng& rng, Instant now,
             Guard* guard = nullptr);
    /// With this policy and nothing else, for a fleet whose backends have one pool and priority.
    Balancer(Fleet& fleet, std::unique_ptr<Policy> policy, const Rng& rng, Instant now);
    ~Balancer() override;
    Balancer(const Balancer&) = delete;
    Balancer& operator=(const Balancer&) = delete;

    /// Where the request goes, and `why`, if somebody asks.
    Decision pick(const Request& request, Instant now, ExplainedPick* why = nullptr) {
        if (guard_ != nullptr) [[unlikely]]
            if (const auto refused = guard_->refuses(request.admitted, now)) return *refused;
        const Picking picking{request, now, rng_, asks_, why};
        if (only_ == nullptr || why != nullptr || !request.tried.empty())
            return pick_by_route(picking);
        const auto picked = only_->pick(picking);
        if (!picked) [[unlikely]]
            return rejection(pools_.front()->pool);
        return sent({*picked, only_}, now);
    }

    /// The ticket of a request that somebody else sent there before, as when a new process takes
    /// over from an old one: in flight from now on.  Requires a member.
    Ticket adopt(BackendId id, Instant sent, Instant now) {
        fleet_.sent(id, now);
        return {id, false, sent, &pool_of(id).picker_of(id)};
    }

    void done(const Ticket& ticket, const Response& response, Instant now) {
        ticket.by->policy().on_done(ticket.backend, response, now);
        fleet_.done(ticket.backend, now);
        if (guard_ != nullptr) [[unlikely]]
            guard_->on_done(ticket.backend, ticket.permit, response, now);
    }

    /// A backend said how it is, unasked.
    void report(BackendId id, const LoadReport& report, Instant now);

    /// When due() is to be called; Instant::max(): not at all.  To be asked after the fleet,
    /// pick(), due() or answered() changed something.  O(policies).
    Instant next_due() const;
    /// The time has come.
    void due(Instant now);
    /// Moves to `asks`, which is emptied first, what pick() and due() want to have sent.  To be
    /// called after either, if the policy's reports() are Answers: else they pile up here.
    void take_asks(std::vector<Ask>& asks) {
        asks.clear();
        asks.swap(asks_);
    }
    /// A backend answered.  Not to be called for one that left since, whose slot may be another's.
    void answered(const Ask& ask, const LoadReport& report, Instant now);

    /// Whether requests go to a member as if no verdict had excluded it: its pool fails open, or
    /// its priority is in panic.  See Pool.
    bool overrides(BackendId id, Instant now) { return pool_of(id).overrides(id, now); }

    /// What the policy of the first pool sees, and that policy.
    const View& view() const { return pools_.front()->pool.first().view(); }
    const Policy& policy() const { return pools_.front()->pool.first().policy(); }

private:
    struct Named {
        Named(std::string_view name_, Fleet& fleet, const Pool::Config& config)
            : name{name_}, pool{fleet, config} {}
        std::string name;
        Pool pool;
    };
    void on_added(BackendId id, Instant now) override;
    void on_eligible(BackendId id, bool eligible, Instant now) override;
    void on_healthy(BackendId id, bool healthy, Instant now) override;
    void on_weight(BackendId id, Instant now) override;
    void on_removed(BackendId id, Instant now) override;

    void take_over(Instant now);
    Pool& pool_of(BackendId id) {
        return config_.routes.size() == 0 ? pools_.front()->pool : pool(fleet_.backend(id).pool);
    }
    Named& named(std::string_view name);
    Pool& pool(std::string_view name) { return named(name).pool; }
    Named* route(const Picking& picking) const;
    Decision pick_by_route(const Picking& picking);
    std::optional<Pool::Picked> pick_untried(Pool& pool, const Picking& picking) const;
    void explain_excluded(Pool& pool, const std::optional<Pool::Picked>& picked,
                          ExplainedPick& why);
    Rejection rejection(const Pool& pool) const;
    Decision sent(const Pool::Picked& picked, Instant now) {
        fleet_.sent(picked.backend, now);
        picked.by->policy().on_sent(picked.backend, now);
        // Written where it is returned: to copy what was written just now in other pieces, the
        // processor waits.
        Decision decision;
        auto& ticket = *std::get_if<Ticket>(&decision);
        ticket.backend = picked.backend;
        ticket.tell = picked.tell;
        ticket.sent = now;
        ticket.by = picked.by;
        if (guard_ != nullptr) [[unlikely]]
            ticket.permit = guard_->on_sent(picked.backend, now);
        return decision;
    }

    Fleet& fleet_;
    Guard* guard_;
    Config config_;
    std::vector<std::unique_ptr<Named>> pools_;
    std::vector<Named*> to_of_route_;
    Named* default_ = nullptr;  // For what matches no route.
    Picker* only_ = nullptr;    // Of the only pool, if it has only one.
    Rng rng_;
    std::vector<Ask> asks_;
};

}  // namespace lb
