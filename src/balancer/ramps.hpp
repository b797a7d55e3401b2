#pragma once

#include <algorithm>
#include <vector>

#include "balancer/request.hpp"
#include "balancer/slow_start.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// Slow start: a backend that joined, or came back, counts for little at first and for all of its
/// weight after a while.
///
/// Nobody starts slowly when the balancer itself starts: all would alike.  Policies that ask
/// View::weight(id, now) at each pick see the factor grow as it does; those that keep weights hear
/// of it in steps, Policy::on_ramp(): twenty a window, but if that lasts 20 s or more at most one a
/// second; by HAProxy's curve one a second.
class Ramps {
public:
    /// How the factor grows with the time since it joined, over the window.
    enum class Curve : std::uint8_t {
        Linear,   ///< In proportion, from min_weight on, as an ALB.
        Envoy,    ///< As a power of it, from min_weight on: EnvoySlowStart.
        Haproxy,  ///< In whole sixteenths and whole seconds: haproxy::slow_start().
    };
    struct Config {
        Duration window = 30s;
        Curve curve = Curve::Linear;
        double aggression = 1;
        double min_weight = 0.1;

        void describe(Fields& f) {
            static constexpr std::string_view kCurves[] = {"linear", "envoy", "haproxy"};
            f.field("window", window, "From joining, or coming back, to its full weight");
            word(f, "curve", curve, kCurves,
                 "In proportion to time, to a power of it as Envoy, or by sixteenths as HAProxy");
            f.field("aggression", aggression, "Of envoy: above 1 it grows faster at first",
                    {.low = 0.01, .high = 100});
            f.field("min_weight", min_weight,
                    "Not of haproxy: what it counts for at least, of its weight",
                    {.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
            if (curve == Curve::Haproxy && window % 1s != 0s)
                f.problem("window", "HAProxy counts whole seconds", "write for example \"10s\"");
        }
    };
    explicit Ramps(const Config& config) : config_{config}, step_{step_of(config)} {}

    void start(BackendId id, Instant now) {
        stop(id);
        if (index(id) >= since_.size()) since_.resize(index(id) + 1, kNever);
        since_[index(id)] = now;
        if (ramping_.empty()) next_step_ = now + step_;
        ramping_.push_back(id);
    }
    void stop(BackendId id) {
        if (!contains(id)) return;
        since_[index(id)] = kNever;
        std::erase(ramping_, id);
    }
    bool any() const { return !ramping_.empty(); }
    bool contains(BackendId id) const {
        return index(id) < since_.size() && since_[index(id)] != kNever;
    }

    /// What its weight is to be multiplied by.  O(1).
    double factor(BackendId id, Instant now) const {
        return contains(id) ? at(now - since_[index(id)]) : 1;
    }
    /// The factor so long after the start.
    double at(Duration elapsed) const;

    /// When the next step is due; Instant::max() if nobody is starting.
    Instant next_due() const { return any() ? next_step_ : Instant::max(); }
    /// Takes the step: `tell` gets each backend whose weight changed.  O(starting).
    template <class Tell>
    void due(Instant now, Tell tell) {
        if (now < next_due()) return;
        next_step_ = now + step_;
        const auto stepping = ramping_;
        for (const auto id : stepping) {
            if (now - since_[index(id)] >= config_.window) stop(id);
            tell(id);
        }
    }

private:
    static constexpr Instant kNever = Instant::min();
    static Duration step_of(const Config& config) {
        if (config.curve == Curve::Haproxy) return 1s;
        const Duration part = config.window / 20;
        return config.window < 20s ? std::max<Duration>(1ns, part) : std::max<Duration>(1s, part);
    }

    Config config_;
    Duration step_;
    std::vector<Instant> since_;  // By backend.
    std::vector<BackendId> ramping_;
    Instant next_step_{};
};

inline double Ramps::at(Duration elapsed) const {
    if (elapsed >= config_.window) return 1;
    switch (config_.curve) {
        case Curve::Linear:
            return std::max(config_.min_weight, seconds(elapsed) / seconds(config_.window));
        case Curve::Envoy:
            return EnvoySlowStart{config_.window, config_.aggression, config_.min_weight}.factor(
                elapsed);
        case Curve::Haproxy: break;
    }
    return haproxy::slow_start(1, elapsed, config_.window) / 16.0;
}

}  // namespace lb
