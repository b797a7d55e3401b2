#pragma once

#include <memory>
#include <variant>

#include "balancer/fleet.hpp"
#include "balancer/policy.hpp"
#include "balancer/request.hpp"
#include "balancer/view.hpp"
#include "base/rng.hpp"

namespace lb {

/// A request on its way.  Give it back exactly once, to Balancer::done().
struct Ticket {
    BackendId backend;
    Instant sent;
};

/// Why no backend was picked.
enum class Rejection : std::uint8_t {
    NoBackends,   ///< There is none.
    AllExcluded,  ///< There are some, and none may be picked now.
    Declined,     ///< The policy would not pick.
};

using Decision = std::variant<Ticket, Rejection>;

/// Spreads requests over the eligible backends of a fleet, as its policy picks.
///
/// Deterministic: the same calls with the same arguments give the same decisions.  Every call takes
/// the time, and no call may be earlier than the one before.  It has no clock, thread or I/O, so
/// the same object serves a simulation and a proxy.  One thread at a time.
///
/// The fleet outlives the balancer.
class Balancer final : private FleetObserver {
public:
    /// Takes over the backends that the fleet has, in order of their slots.
    Balancer(Fleet& fleet, std::unique_ptr<Policy> policy, const Rng& rng, Instant now);
    ~Balancer() override;
    Balancer(const Balancer&) = delete;
    Balancer& operator=(const Balancer&) = delete;

    Decision pick(const Request& request, Instant now) {
        if (view_.eligible().empty()) [[unlikely]]
            return view_.members().empty() ? Rejection::NoBackends : Rejection::AllExcluded;
        const auto picked = policy_->pick({view_, request, now, rng_, asks_});
        if (!picked) return Rejection::Declined;
        expects(view_.is_eligible(*picked));
        fleet_.sent(*picked, now);
        policy_->on_sent(*picked, now);
        return Ticket{*picked, now};
    }

    void done(const Ticket& ticket, const Response& response, Instant now) {
        policy_->on_done(ticket.backend, response, now);
        fleet_.done(ticket.backend, now);
    }

    /// A backend said how it is.
    void report(BackendId id, const LoadReport& report, Instant now) {
        if (fleet_.is_member(id)) policy_->on_report(id, report, now);
    }

    const View& view() const { return view_; }
    const Policy& policy() const { return *policy_; }

private:
    void on_added(BackendId id, Instant now) override;
    void on_eligible(BackendId id, bool eligible, Instant now) override;
    void on_weight(BackendId id, Instant now) override;
    void on_removed(BackendId id, Instant now) override;

    Fleet& fleet_;
    View view_;
    std::unique_ptr<Policy> policy_;
    Rng rng_;
    std::vector<Ask> asks_;
};

}  // namespace lb
