#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancer/health/nginx_failures.hpp"
#include "balancer/health/on_errors.hpp"
#include "balancer/health/preset.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// Excludes one backend because requests to it failed, by counting.  It keeps state only; the
/// configuration is handed to it.
///
/// Sources: nginx, see nginx::Failures; HAProxy 2.6, check.c (__health_adjust); Traefik 3,
/// pkg/healthcheck/healthcheck.go (PassiveServiceHealthChecker).  HAProxy's rule acts on a health
/// check.  We differ: without one the backend is out for fail_timeout; and with server_errors a
/// status from 500 on counts also of the last attempt that a request may make, which nginx passes
/// on to the client without charging the backend.
class PassiveCount {
public:
    enum class Rule : std::uint8_t {
        Nginx,        ///< Until a success forgives them; after a while one request may try it.
        Consecutive,  ///< HAProxy's `observe`: errors in a row.
        Sliding,      ///< Traefik's: failures within fail_timeout and since the last success.
    };
    /// Who lets it back.
    enum class Readmit : std::uint8_t { Timeout, ActiveCheck };
    struct Config {
        Rule rule = Rule::Nginx;
        std::int64_t max_fails = 1;
        Duration fail_timeout = 10s;
        bool whole_seconds = true;
        bool server_errors = false;
        std::int64_t error_limit = 10;
        OnErrors on_error = OnErrors::FailCheck;
        Readmit readmit = Readmit::Timeout;
        void describe(Fields& f);
    };

    /// Whether it may be picked now.  O(1).
    bool admits(const Config& config, Instant now) const;
    void on_sent(const Config& config, Instant now);
    /// A request ended.  Whether it was one error too many and on_error is to be done to its health
    /// check.  O(1) amortised; of sliding O(max_fails).
    bool on_done(const Config& config, bool failed, Instant now);
    /// A probe of it passed.
    void on_probe_passed(const Config& config);

    /// When it may be picked again although nothing happens; Instant::max() if it may be now, or
    /// if only a passed probe lets it back.
    Instant next_change(const Config& config, Instant now) const;
    /// Failures that count now.  O(1); of sliding O(max_fails).
    std::int64_t count(const Config& config, Instant now) const;

private:
    Instant clock(const Config& config, Instant now) const {
        return config.rule == Rule::Nginx && config.whole_seconds ? nginx::second(now) : now;
    }

    nginx::Failures failures_;
    ErrorRun errors_;
    std::vector<Instant> recent_;         // Failures of sliding, the oldest first.
    Instant out_until_ = Instant::min();  // Of consecutive and sliding.
};

/// How programs count unless they are told otherwise.
std::span<const Preset<PassiveCount::Config>> passive_presets();

}  // namespace lb
