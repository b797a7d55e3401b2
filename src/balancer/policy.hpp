#pragma once

#include <cstdint>
#include <optional>

#include "balancer/request.hpp"
#include "balancer/view.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// All that a policy may look at when it picks.  There is no clock and no chance but these.
struct PickContext {
    const View& view;  ///< At least one backend is eligible.
    const Request& request;
    Instant now;
    Rng& rng;
};

/// Decides which backend gets the next request.
///
/// A policy is told of every request sent, of every response, and of every change in its view, in
/// order of time and after the view changed.  It does no I/O, starts no timer and reads no clock.
/// One thread at a time may use it.
class Policy {
public:
    virtual ~Policy() = default;

    /// One of context.view.eligible(); nothing if it declines, and then the request is rejected.
    virtual std::optional<BackendId> pick(const PickContext& context) = 0;

    /// A member joined; on_eligible(true) follows.  Its slot may have been another's before.
    virtual void on_added(BackendId, const View&, Instant) {}
    virtual void on_eligible(BackendId, bool /*eligible*/, const View&, Instant) {}
    virtual void on_weight(BackendId, const View&, Instant) {}
    /// A member left; on_eligible(false) came before if it was eligible.
    virtual void on_removed(BackendId, const View&, Instant) {}

    virtual void on_sent(BackendId, Instant) {}
    /// Also for a backend that was removed since.
    virtual void on_done(BackendId, const Response&, Instant) {}

    /// Which reports of the backends it lives on.  Whoever drives the balancer delivers these.
    enum class Reports : std::uint8_t {
        None,
        Idle,  ///< A backend that has nothing left to do says so, to one balancer drawn at random.
    };
    virtual Reports reports() const { return Reports::None; }
    virtual void on_report(BackendId, const LoadReport&, Instant) {}
};

}  // namespace lb
