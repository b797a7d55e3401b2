#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balancer/request.hpp"
#include "balancer/ring_point.hpp"
#include "balancer/view.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace lb {

/// Why a pick was made, for people.  Made only when somebody asks.
struct Explanation {
    struct Candidate {
        BackendId backend;
        double score;
        std::string note{};  ///< What else was looked at: "hot", "tried", "past its slots".
    };
    std::string rule;   ///< In one sentence: what is compared, and who wins a tie.
    std::string score;  ///< What the scores are: "requests in flight + 1, per weight".
    std::vector<Candidate> candidates;  ///< Those that were compared.
};

/// Which of how many balancers one is, counted from 0: what those go by that share out the backends
/// among themselves.
struct Instance {
    std::uint64_t number = 0, of = 1;
};

/// What a policy wants sent to a backend: how are you?  The answer is a LoadReport.
struct Ask {
    BackendId to;
    std::uint64_t token;  ///< Of the policy's own.
};

/// All that a policy may look at when it picks.  There is no clock and no chance but these.
struct PickContext {
    const View& view;  ///< At least one backend is eligible.
    const Request& request;
    Instant now;
    Rng& rng;
    std::vector<Ask>& asks;      ///< Where to leave what is to be sent.
    Explanation* why = nullptr;  ///< To be filled, if somebody asks.

    /// Whether an earlier attempt of this request went there.  O(attempts).
    bool tried(BackendId id) const {
        return std::find(request.tried.begin(), request.tried.end(), id) != request.tried.end();
    }
    /// For policies: says why, if somebody asks.  `tell` gets the Explanation.
    template <class Tell>
    void explain(Tell tell) const {
        if (why != nullptr) [[unlikely]]
            tell_to(*why, tell);
    }

private:
    // Out of the way of picks that nobody asks about.
    template <class Tell>
    [[gnu::cold, gnu::noinline]] static void tell_to(Explanation& why, Tell& tell) {
        tell(why);
    }
};

/// Decides which backend gets the next request.
///
/// A policy is told of every request sent, of every response, and of every change in its view, in
/// order of time and after the view changed.  It does no I/O, starts no timer and reads no clock.
/// One thread at a time may use it.
class Policy {
public:
    virtual ~Policy() = default;

    /// One of context.view.eligible(); nothing if it declines, and then the request is rejected or
    /// goes to the next priority.
    virtual std::optional<BackendId> pick(const PickContext& context) = 0;

    /// A member joined; on_eligible(true) follows.  Its slot may have been another's before, all
    /// of whose tickets came back; but of one that was in this subset before, some may be out.
    virtual void on_added(BackendId, const View&, Instant) {}
    virtual void on_eligible(BackendId, bool /*eligible*/, const View&, Instant) {}
    /// Its configured weight changed.
    virtual void on_weight(BackendId, const View&, Instant) {}
    /// Its weight changed for now: it starts slowly, and has come a step further.  Those that keep
    /// weights and do not build tables of them override it too.
    virtual void on_ramp(BackendId, const View&, Instant) {}
    /// A member left; on_eligible(false) came before if it was eligible.
    virtual void on_removed(BackendId, const View&, Instant) {}

    virtual void on_sent(BackendId, Instant) {}
    /// Also for a backend that was removed since.
    virtual void on_done(BackendId, const Response&, Instant) {}
    /// A request is about to go there because its client sticks to it; pick() was not asked.
    /// on_sent() follows.
    virtual void on_sticky(BackendId, const PickContext&) {}

    /// Which reports of the backends it lives on.  Whoever drives the balancer delivers these.
    enum class Reports : std::uint8_t {
        None,
        Idle,       ///< A backend that has nothing left to do says so, to one balancer at random.
        Responses,  ///< With each response.
        Answers,    ///< To what the policy asked.
    };
    virtual Reports reports() const { return Reports::None; }
    /// What a backend said unasked.
    virtual void on_report(BackendId, const LoadReport&, Instant) {}
    /// What it answered.  Answers may be late or lost, and from one that may not be picked now.
    virtual void on_answer(const Ask&, const LoadReport&, Instant) {}

    /// The points of its ring, clockwise; none if it has no ring, or did not pick yet.
    virtual std::vector<RingPoint> ring() const { return {}; }

    /// When it wants to do something by itself; Instant::max(): not at all.  Whoever ever wants to
    /// says so from its first member on, so that nobody has to ask all the others.
    virtual Instant next_due() const { return Instant::max(); }
    /// The time has come.  Moves next_due() into the future.
    virtual void due(const View&, Instant, Rng&, std::vector<Ask>& /*asks*/) {}
};

}  // namespace lb
