#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/circuit_breaker.hpp"
#include "balancer/due_times.hpp"
#include "balancer/fleet.hpp"
#include "balancer/health/health_checker.hpp"
#include "balancer/health/outlier_ejection.hpp"
#include "balancer/health/passive_health.hpp"
#include "balancer/limits/adaptive_limits.hpp"
#include "balancer/limits/admission_control.hpp"
#include "balancer/limits/resource_limits.hpp"
#include "balancer/outcome.hpp"
#include "balancer/rejection.hpp"
#include "base/rng.hpp"

namespace lb {

/// Keeps requests away from backends that fail, and from all of them when there is too much:
/// health checks, passive counts, outlier ejection, circuit breakers and limits, as many of them as
/// are configured, over one fleet.
///
/// Each comes to its own verdict, and a backend is eligible when none excludes it (Exclusion tells
/// them apart).  What balancers share of this knowledge is how many guards there are: one for each
/// fleet.  Requests come through Balancer, which is given the guard.
///
/// It has no timer and sends nothing.  next_due() says when to call due(), which says which probes
/// to send; answered() brings what came of them.
///
/// A request costs O(1), O(log n) where it changes who is excluded; what a probe, a sweep or a
/// member costs its parts say.  The fleet outlives the guard, and it all balancers it was given to.
class Guard final : private FleetObserver {
public:
    struct Config {
        std::optional<HealthCheckConfig> health_check{};
        std::optional<PassiveCount::Config> passive_health{};
        std::optional<OutlierRules> outlier_ejection{};
        /// One with a ramp is of all backends together: of one backend's, nobody would say whom
        /// the ramp refuses.
        std::shared_ptr<const breaker::Config> circuit_breaker{};
        /// What counts as what: for ejection, the breaker, limits and admission.
        OutcomeRule::Config outcomes{};
        std::optional<ResourceLimits::Config> limits{};
        AdaptiveLimitKind::Factory adaptive_limit{};
        std::optional<AdmissionControl::Config> admission{};

        bool any() const {
            return health_check || passive_health || outlier_ejection || circuit_breaker ||
                   limits || adaptive_limit || admission;
        }
    };
    /// What a request in flight has to give back.  None is that of a request which the guard did
    /// not see leave.
    enum class Permit : std::uint32_t { None = 0 };
    /// A verdict changed: for the log.
    struct Change {
        enum class What : std::uint8_t {
            Unhealthy,
            Healthy,
            Ejected,
            Readmitted,
            Opened,
            HalfOpened,
            Closed,
        };
        Instant at{};
        std::optional<BackendId> backend{};  ///< None: the breaker of all of them.
        What what{};
        std::string_view why{};
    };

    /// Takes over the backends that the fleet has.
    Guard(Fleet& fleet, const Config& config, const Rng& rng, Instant now);
    ~Guard() override;
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// For the balancer: why this request may not be sent at all, if so.  One that was `admitted`
    /// before and had to wait is not drawn for again.
    std::optional<Rejection> refuses(bool admitted, Instant now);
    Permit on_sent(BackendId id, Instant now);
    void on_done(BackendId id, Permit permit, const Response& response, Instant now);
    /// Whether a request that is out was sent to see whether an open circuit may close.
    bool is_trial(Permit permit) const { return sent_[static_cast<std::size_t>(permit)].trial; }

    /// Whether limits leave a request to wait, now: there is no connection for it, but a place.
    bool waits() const;
    /// Whether limits leave a place to wait in, for whatever reason.
    bool may_wait() const;
    /// Whether limits leave a connection.
    bool connects() const;
    /// It waits, or no longer.
    void on_waiting(bool waits);
    /// Whether there may be one retry more: then it counts until on_retried().
    bool take_retry();
    void on_retried();

    /// When due() is to be called; Instant::max(): not at all.  To be asked after whatever changed
    /// something, also the fleet.
    Instant next_due() const;
    /// The time has come.  Appends the probes to send now.
    void due(Instant now, std::vector<HealthProbe>& probes);
    /// A probe was answered; see HealthChecker.  False if nobody waited for it any more.
    bool answered(BackendId from, std::uint64_t token, const Response& response, Instant now,
                  HealthNote note = HealthNote::None);

    /// Moves what changed since the last call to `changes`, which is emptied first.
    void take_changes(std::vector<Change>& changes) {
        changes.clear();
        changes.swap(changes_);
    }
    const Config& config() const { return config_; }

private:
    struct Sent {
        CircuitBreaker::Permit permit{};  // Of the backend's breaker, or that of all.
        bool permitted = false;
        bool trial = false;
        std::int64_t in_flight = 0;  // When it was sent, itself included.
    };

    void on_added(BackendId id, Instant now) override;
    void on_eligible(BackendId, bool, Instant) override {}
    void on_healthy(BackendId, bool, Instant) override {}
    void on_weight(BackendId, Instant) override {}
    void on_removed(BackendId id, Instant now) override;

    void set(BackendId id, Exclusion why, bool excluded, Instant now);
    void settle_new(Instant now);
    void settle_health(Instant now);
    void settle_passive(Instant now);
    void settle_outliers(Instant now);
    void settle_breaker(BackendId id, Instant now);
    void note(CircuitBreaker& breaker, std::optional<BackendId> id);
    void catch_up(CircuitBreaker& breaker, std::optional<BackendId> id, Instant now);
    void end_limits(const Sent& sent, const Response& response, const Outcome& outcome,
                    Instant now);
    CircuitBreaker& breaker(BackendId id) { return *breakers_[index(id)]; }

    Fleet& fleet_;
    Config config_;
    Rng rng_;
    OutcomeRule outcomes_;
    std::optional<HealthChecker> checker_;
    std::optional<PassiveHealth> passive_;
    std::optional<OutlierEjection> outliers_;
    std::vector<std::optional<CircuitBreaker>> breakers_;  // By slot.
    DueTimes breakers_due_;
    std::optional<CircuitBreaker> cluster_;  // Of all backends together.
    std::optional<ResourceLimits> limits_;
    std::unique_ptr<AdaptiveLimit> adaptive_;
    std::optional<AdmissionControl> admission_;
    std::int64_t in_flight_ = 0;
    std::vector<Sent> sent_{1};  // By Permit; the first stands for None.
    std::vector<Permit> free_;
    std::vector<BackendId> new_;  // Joined, and not judged yet.
    std::uint64_t joined_ = 0;    // So far: what breakers draw their jitter by.

    std::vector<HealthChange> health_changes_;
    std::vector<PassiveChange> passive_changes_;
    OutlierEjection::Events outlier_events_;
    std::vector<Change> changes_;
};

/// "unhealthy", "healthy", "ejected", "readmitted", "circuit opened", …
std::string_view words(Guard::Change::What);

}  // namespace lb
