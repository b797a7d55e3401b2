#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "balancer/circuit_breaker/config.hpp"
#include "balancer/circuit_breaker/count_window.hpp"
#include "balancer/circuit_breaker/ewma_window.hpp"
#include "balancer/circuit_breaker/grid_window.hpp"
#include "balancer/circuit_breaker/interval_window.hpp"
#include "balancer/circuit_breaker/on_demand_window.hpp"
#include "balancer/circuit_breaker/tally.hpp"

namespace lb::breaker {

/// What a circuit remembers: a window of any kind, and what calls are counted in it.
///
/// `now` never goes back.  All takes O(1), but O(buckets) after a pause; nothing is allocated after
/// construction.
class History {
public:
    History(const Window&, const Trip&, Instant now);

    /// Forgets what is too old by `now`.  Everything else but on_ignored() does so, too.
    void advance(Instant now);
    void reset(Instant now);

    /// A request is let through.  Returns where its result is to be filed.
    std::uint64_t on_sent(Instant now);
    /// A request is turned away.
    void on_refused(Instant now);
    /// The result of a request, and what on_sent() said of it; or 0, if it was sent unseen.
    void on_result(Mark, std::uint64_t place, Instant now);
    /// It is to be ignored.
    void on_ignored(std::uint64_t place);

    /// What the circuit is judged by; nothing if it is too early to judge.
    std::optional<Rates> rates(Instant now) const;
    /// What the window holds, as of the last call.
    Tally tally() const;
    /// Grows with each bucket or interval that begins.
    std::uint64_t interval() const;
    /// Whether rates() can change no more by time alone.
    bool empty() const;

private:
    using Windows =
        std::variant<IntervalWindow, CountWindow, GridWindow, OnDemandWindow, EwmaWindow>;
    static Windows windows(const Window&, const Trip&, Instant now);

    Trip::Denominator denominator_;
    Window::Attribute attribute_;
    Windows window_;
};

}  // namespace lb::breaker
