#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "balancer/health/latency_digest.hpp"
#include "balancer/health/outlier_rules.hpp"
#include "balancer/health/outliers.hpp"
#include "balancer/health/verdict.hpp"
#include "balancer/outcome.hpp"
#include "balancer/request.hpp"
#include "balancer/view.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// Ejects backends that answer worse than others, by their requests alone.
///
/// Failures in a row eject at once.  Every sweep_interval a sweep lets back whoever was out long
/// enough, judges by what was counted since the last one, and starts counting anew.  An ejection
/// lasts base_ejection times the number of recent ones, max_ejection at most, and until the next
/// sweep.  No more than max_ejected_percent are ejected at the same time; a backend that is found
/// beyond that stays, and so does one that is found but not to be enforced; either way its run of
/// failures starts over.
///
/// It excludes nobody itself: events say what changed.  Call due() no later than next_due().
/// A request costs O(1); a sweep O(n), and with latencies 256 n + n log n; joining and leaving
/// O(1).
///
/// Sources: Envoy, outlier_detection_impl.cc; gRFC A50 and grpc-go, outlierdetection/balancer.go.
/// We differ: in a sweep that finds a backend by two rules it is ejected once, while both count it
/// twice; caps are compared in whole numbers, where grpc-go's fractions let 29 of 100 pass for less
/// than 29 %; who is ejected first, if not all may, is who joined first as long as nobody left
/// (then the last one stands where that was), there it is any order.
class OutlierEjection {
public:
    using Config = OutlierRules;

    /// Why a backend was found, or came back.
    enum class Cause : std::uint8_t {
        ServerErrors,
        GatewayErrors,
        LocalErrors,
        SuccessRate,
        FailurePercentage,
        LocalSuccessRate,
        LocalFailurePercentage,
        Latency,
        TimeOver,
        ProbePassed,
    };
    struct Event {
        enum class What : std::uint8_t {
            Ejected,  ///< Or, if it was already, for longer.
            Capped,   ///< Found, but too many are ejected.
            Spared,   ///< Found, but not to be enforced.
            Readmitted,
        };
        BackendId backend;
        What what;
        Cause cause;
        Instant until{};  ///< Of Ejected: the first sweep from then on lets it back.
    };
    using Events = std::vector<Event>;

    OutlierEjection(const Config& config, const Rng& rng) : config_{config}, rng_{rng} {}

    /// Requires that it is not there.
    void add(BackendId id, Instant now);
    /// Requires that it is there.  It is forgotten, also that it was ejected.
    void remove(BackendId id);
    bool contains(BackendId id) const { return members_.contains(id); }
    bool ejected(BackendId id) const { return contains(id) && of_[index(id)].ejected; }
    std::size_t ejected() const { return ejected_; }
    std::size_t size() const { return members_.all().size(); }
    const Config& config() const { return config_; }

    /// A request ended, which counts as `kind`.  Appends what changed, as all of these do.
    void on_done(BackendId id, const Response& response, Outcome::Kind kind, Instant now,
                 Events& events);
    /// The same without its latency.
    void report(BackendId id, Verdict verdict, Instant now, Events& events);
    /// A probe of one that is up passed.
    void on_probe_passed(BackendId id, Instant now, Events& events);

    /// When the next sweep is due; Instant::max() if there is nobody.
    Instant next_due() const { return size() == 0 ? Instant::max() : next_sweep_; }
    void due(Instant now, Events& events) {
        if (now >= next_due()) sweep(now, events);
    }
    /// One sweep, due or not.
    void sweep(Instant now, Events& events);

    /// By what success rates, in percent, the last sweep judged; nothing if too few could be.
    const std::optional<RateBand>& success_rates() const { return band_; }

private:
    struct Window {
        std::uint64_t succeeded = 0, total = 0;
        double rate() const {
            return 100.0 * static_cast<double>(succeeded) / static_cast<double>(total);
        }
    };
    struct Member {
        Window answers, connections;  // Connections only if local origin is split off.
        std::int64_t server_errors = 0, gateway_errors = 0, local_errors = 0;  // In a row.
        std::int64_t multiplier = 0;
        Instant until{}, back_since{};
        bool ejected = false;
        bool found = false;  // By this sweep.
    };

    Member& member(BackendId id) { return of_[index(id)]; }
    /// Whether its requests count now.
    bool counts(const Member& m) const {
        return !m.ejected || !config_.ignore_reports_while_ejected;
    }
    void count_answer(BackendId id, Verdict verdict, Instant now, Events& events);
    void count_connection(BackendId id, bool made, Instant now, Events& events);
    void step(BackendId id, std::int64_t Member::*run, std::int64_t limit, Cause cause, Instant now,
              Events& events);

    std::int64_t percent(Cause cause) const;
    bool room() const;
    /// It is an outlier.  Whether it was ejected for that.
    bool found(BackendId id, Cause cause, Instant now, Events& events);
    void eject(Member& m, Instant now);
    void readmit(BackendId id, Cause cause, Instant now, Events& events);

    // A sweep judges `whom`: those that were not ejected when it began.
    using Population = std::vector<BackendId>;
    Population population() const;
    void readmit_due(Instant now, Events& events);
    std::optional<RateBand> judge_success_rates(const Population& whom, Window Member::*window,
                                                Cause cause, Instant now, Events& events);
    void judge_failures(const Population& whom, Window Member::*window, Cause cause, Instant now,
                        Events& events);
    void judge_latencies(const Population& whom, Instant now, Events& events);
    void found_in_sweep(BackendId id, Cause cause, Instant now, Events& events);
    void decay(Instant now);

    Config config_;
    Rng rng_;
    BackendSet members_;
    std::vector<Member> of_;                // By slot.
    std::vector<LatencyDigest> latencies_;  // By slot; empty without rules for them.
    std::size_t ejected_ = 0;
    Instant next_sweep_{};
    std::optional<RateBand> band_;
};

std::string_view words(OutlierEjection::Cause);

}  // namespace lb
