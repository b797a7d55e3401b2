#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "balancer/due_times.hpp"
#include "balancer/health/health_check.hpp"
#include "balancer/request.hpp"
#include "balancer/status_set.hpp"
#include "base/rng.hpp"

namespace lb {

/// A probe that is to be sent.  What it points to is the checker's.
struct HealthProbe {
    BackendId to;
    std::uint64_t token;  ///< Comes back with the answer; never 0, and no two are alike.
    HealthCheckConfig::Kind kind;
    std::string_view path;  ///< Of http and app.
    Instant until;          ///< Then it has timed out; a later answer is ignored.
    bool reuse_connection;
};

/// What a backend may say of itself with an answer, beside its status: as Envoy's headers
/// x-envoy-degraded and x-envoy-immediate-health-check-fail do.
enum class HealthNote : std::uint8_t { None, Degraded, Goes };

/// A backend's state changed: for whoever excludes it, and for the log.
struct HealthChange {
    BackendId backend;
    HealthCheck::State from, to;
    Sign why;
};

/// Probes backends, and says who is up.
///
/// It sends nothing itself: due() says what to send, the owner does so by any means, and answered()
/// brings the answer.  The owner calls due() no later than next_due(); that is also how probes time
/// out, so an answer that comes at that very instant counts if answered() is called first.
/// Backends join and leave at any time; answers from one that left, or that come too late, are
/// ignored, also if its slot is another's by then.
///
/// Joining, leaving, sending and answering cost O(log n), a request O(1).
class HealthChecker {
public:
    using Config = HealthCheckConfig;

    /// Requires lists of statuses that StatusSet knows.
    HealthChecker(const Config& config, const Rng& rng);

    /// Requires that it is not there.
    void add(BackendId id, Instant now);
    void remove(BackendId id);
    bool contains(BackendId id) const {
        return index(id) < members_.size() && members_[index(id)].has_value();
    }
    /// Requires contains(id).
    const HealthCheck& of(BackendId id) const;
    bool up(BackendId id) const { return of(id).up(); }
    const Config& config() const { return config_; }

    /// Instant::max() if there is nobody to probe.
    Instant next_due() const { return due_.next(); }
    /// Appends the probes to send now, and what changed because probes timed out.
    void due(Instant now, std::vector<HealthProbe>& probes, std::vector<HealthChange>& changes);
    /// A probe was answered.  Appends what changed, and returns what the answer meant: nothing if
    /// it is ignored or was cancelled.
    std::optional<Sign> answered(BackendId from, std::uint64_t token, const Response& response,
                                 Instant now, std::vector<HealthChange>& changes,
                                 HealthNote note = HealthNote::None);

    /// A request is sent, to whomever: from now on there is traffic.
    void on_sent() { traffic_ = true; }
    /// A request ended.  Appends what changed, if requests are observed or it said that it goes.
    void on_done(BackendId id, const Response& response, Instant now,
                 std::vector<HealthChange>& changes, HealthNote note = HealthNote::None);
    /// Errors in a row were counted elsewhere.  See PassiveCount.
    void on_errors(BackendId id, OnErrors what, Instant now, std::vector<HealthChange>& changes);

private:
    struct Member {
        HealthCheck check;
        std::uint64_t token = 0;  // Of the probe in flight.
    };
    Sign sign_of(const Response& response, HealthNote note) const;
    Member& member(BackendId id) { return *members_[index(id)]; }
    /// Lets `step` do something to its check, and appends what that changed.
    template <class Step>
    void note(BackendId id, Sign why, std::vector<HealthChange>& changes, Step step);

    Config config_;
    StatusSet expected_, retriable_;
    Rng rng_;
    std::vector<std::optional<Member>> members_;  // By slot.
    DueTimes due_;
    std::uint64_t last_token_ = 0;
    bool traffic_ = false;  // There was a request.
};

}  // namespace lb
