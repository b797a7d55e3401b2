#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "balancer/health/on_errors.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// How backends are probed, and what their answers change.
///
/// Intervals that are 0 say nothing of their own: then `interval` holds.
struct HealthCheckConfig {
    enum class Kind : std::uint8_t {
        Tcp,   ///< Whether a connection is taken.
        Http,  ///< Which status the server answers with.
        App,   ///< The same, of an application that looks at what it depends on.
    };
    /// What an answer does that is neither expected nor retriable.
    enum class HardFail : std::uint8_t {
        Counted,    ///< One failure more.
        Immediate,  ///< It is down: the backend itself said so.
    };
    /// Which first result of all decides alone.
    enum class FirstResult : std::uint8_t { Normal, DecisiveSuccess, DecisiveBoth };
    /// What is thought of a backend that joins.
    enum class Initial : std::uint8_t {
        Up,
        UpProvisional,    ///< The first probe takes it down if it fails.
        DownProvisional,  ///< The first probe brings it up if it passes.
        Down,
        Checking,  ///< Gets no requests either, and the first probe decides.
    };
    /// How its state is shown; the verdicts are the same.
    enum class Scoring : std::uint8_t {
        Run,    ///< How many results in a row speak against the state, of how many change it.
        Score,  ///< As HAProxy's statistics: what is left of fall, or gained of rise.
    };
    enum class Schedule : std::uint8_t {
        AfterCompletion,  ///< An interval begins when a probe has ended.
        FixedRate,        ///< Probes begin with a beat, however long they take.
    };
    enum class JitterSide : std::uint8_t { Later, Around };
    enum class FirstDelay : std::uint8_t {
        AtOnce,
        Spread,  ///< At random within an interval, so that those who join together do not coincide.
        Interval,
    };
    /// What becomes of requests in flight to a backend that goes down: for whoever drives it.
    enum class OnDown : std::uint8_t { KeepInFlight, CloseInFlight };

    /// Requests are signs of health, too: after so many errors in a row something is done.
    struct Observe {
        std::int64_t layer = 7;  ///< See observed().
        std::int64_t error_limit = 10;
        OnErrors on_error = OnErrors::FailCheck;
        void describe(Fields& f);
    };

    Kind kind = Kind::Http;
    std::string path = "/";
    std::string expect_status = "200-399", retriable_status{};  ///< See StatusSet.
    Duration interval = 5s;
    Duration timeout = 1s;
    Duration interval_falling{};  ///< While an up backend's last results were failures,
    Duration interval_rising{};   ///< a down backend's were successes,
    Duration interval_down{};     ///< and while a down backend gives no hope.
    Duration interval_idle{};     ///< Instead of all these, as long as there was no request at all,
    Duration interval_idle_up{};  ///< and to those that are up beyond doubt.
    std::int64_t rise = 2;
    std::int64_t fall = 3;
    HardFail hard_fail = HardFail::Counted;
    FirstResult first_result = FirstResult::Normal;
    Initial initial = Initial::UpProvisional;
    Scoring scoring = Scoring::Run;
    Schedule schedule = Schedule::AfterCompletion;
    Duration jitter{};                           ///< So much at most is added to each interval,
    double jitter_fraction = 0;                  ///< and so much of itself;
    JitterSide jitter_side = JitterSide::Later;  ///< or as much is taken off it.
    FirstDelay first_delay = FirstDelay::Spread;
    std::optional<Observe> observe{};
    OnDown on_down = OnDown::KeepInFlight;
    bool reuse_connection = true;

    /// All but `observe`, which is an object of its own.
    void describe(Fields& f);

private:
    void describe_probe(Fields& f);
    void describe_intervals(Fields& f);
    void describe_verdict(Fields& f);
};

}  // namespace lb
