#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "balancer/health/health_check_config.hpp"
#include "base/expects.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// A sign of whether a backend is healthy.
enum class Sign : std::uint8_t {
    Passed,
    Degraded,  ///< It passed, but says that it is to be used only if others do not suffice.
    WrongAnswer,
    RetriableAnswer,
    TimedOut,
    NoConnection,
    RequestErrors,  ///< Requests failed, too many in a row.
    SaidSo,         ///< It said itself that it goes.
};
std::string_view words(Sign);

/// Whether one backend is up, by its probes and its requests, and when to probe it next.
///
/// A state changes after so many results in a row that speak against it: `fall` if it is up, `rise`
/// if it is down; a result that agrees ends such a run.  HAProxy's score, which one good probe
/// repairs and one bad probe resets, is the same thing, and a provisional state is one whose run
/// has begun.  Never are two probes in flight.  It keeps state only; the configuration is handed to
/// it.  All take O(1).
///
/// Sources: Envoy, health_checker_base_impl.cc (handleSuccess, setUnhealthy, interval); HAProxy
/// 2.6, check.c (set_server_check_status, __health_adjust, process_chk_conn) and server.c
/// (srv_getinter); Kubernetes, prober/worker.go.  We differ: HAProxy abandons a probe that is in
/// flight when requests count as a failed one, here it goes on; and it spreads the first probes of
/// all servers evenly, here each is drawn, for backends come and go.
class HealthCheck {
public:
    using Config = HealthCheckConfig;
    enum class State : std::uint8_t { Checking, Down, Degraded, Up };
    /// What a result did to the state.
    enum class Transition : std::uint8_t {
        Unchanged,
        Pending,  ///< It speaks against the state, which stays for now.
        Changed,
    };

    /// It joins, and its first probe is planned.
    HealthCheck(const Config& config, Instant now, Rng& rng);

    State state() const;
    /// Up or degraded.
    bool up() const { return up_; }
    /// It said itself that it goes, and has passed no probe since: Envoy leaves such a one out of
    /// what it counts for its panic.
    bool leaving() const { return leaving_; }
    /// Results in a row that speak against its state.
    std::int64_t contrary() const { return contrary_; }
    /// Its state and how firm it is: "up 1/3".  See Config::Scoring.
    std::string shown(const Config& config) const;

    // Probes.

    /// Whether one is in flight.
    bool probing() const { return probing_; }
    /// When to send the next probe, or when the one in flight has timed out.
    Instant next_due() const { return due_; }
    /// A probe is sent.  Requires !probing().
    void begin(const Config& config, Instant now);
    /// It ended so.  `traffic`: whether there was any request, to whichever backend.  Requires
    /// probing() and a sign of a probe.
    Transition on_probe(const Config& config, Sign sign, bool traffic, Instant now, Rng& rng);
    /// It ended without telling anything, through no fault of the backend.  Requires probing().
    void on_lost(const Config& config, bool traffic, Instant now, Rng& rng);

    // Requests, if the configuration says to observe them.

    Transition on_request(const Config& config, bool error, Instant now);
    /// Too many errors in a row were seen elsewhere: does what `what` says.
    Transition on_errors(const Config& config, OnErrors what, Instant now);
    /// With an answer it said that it goes: it is down.
    Transition on_goodbye(const Config& config);

private:
    Transition judge(const Config& config, bool well, bool at_once);
    Duration wait(const Config& config, bool traffic) const;
    void plan(const Config& config, bool traffic, Instant now, Rng& rng);

    Instant beat_{};  // What the next probe was planned for, without jitter.
    Instant due_{};
    std::int64_t contrary_ = 0;
    ErrorRun errors_;
    bool up_ = false;
    bool checking_ = false;
    bool degraded_ = false;  // By the last probe that passed.
    bool leaving_ = false;
    bool first_ = true;  // No result yet.
    bool probing_ = false;
    bool hurried_ = false;  // The next wait is as short as while it falls.
};

std::string_view words(HealthCheck::State);

}  // namespace lb
