#pragma once

#include <cstdint>

namespace lbsim {

/// What happens in a world.  `kind` says what `index` is the number of.
struct Event {
    enum class Kind : std::uint8_t {
        Arrival,     ///< The next request of an open group or a trace: the group.
        Ask,         ///< A client of a closed group asks: the client, in all closed groups.
        AtBalancer,  ///< A request reached its balancer: the request.
        Inspected,   ///< The worker has done its own part of a request: the request.
        AtBackend,   ///< A request reached its backend: the request.
        Finished,    ///< A service ended: the request; if `group` is kSharing: the backend.
        Answered,    ///< An answer reached the balancer: the request.
        Received,    ///< An answer reached the client: the request.
        Patience,    ///< The oldest waiting client of a group gives up: the group.
        Edge,        ///< A segment ends and another begins: the edge.
        News,        ///< Balancers hear of a change of membership: which.
        Deadline,    ///< What has not ended by now is unfinished.
        Idle,        ///< A report of idleness reached a balancer: the backend, and in `group` the
                     ///< balancer.
        Timer,       ///< A policy wants to do something: the balancer.
        ProbeAtBackend,  ///< What a policy asks reached the backend: the probe.
        ProbeAnswered,   ///< The answer reached the balancer: the probe.
        GuardTimer,      ///< A guard wants to do something: what some workers know together.
        CheckAtBackend,  ///< A health check reached the backend: the check.
        CheckServed,     ///< The backend answers it: the check.
        CheckAnswered,   ///< The answer reached the balancer: the check.
        WaitEnds,        ///< A request has waited long enough for limits: the request.
        Wake,            ///< Somebody who waits for limits may go on: as GuardTimer.
        Episode,         ///< A fault that comes and goes does so: the episode.
        Ramp,            ///< A fault grows: its entry on the timeline.
        TryEnds,         ///< An attempt has taken too long: the attempt.
        TryAgain,        ///< Another attempt is made: the request.
        HedgeDue,        ///< Another one beside those that are out: the request.
        CloseInFlight,   ///< A balancer closes its connections to a backend: which of these.
        ConnectEnds,     ///< A connection was not opened in time: the request.
        Restarted,       ///< A process that died of a leak is back: the backend.
    };
    static constexpr std::uint16_t kSharing = 1;
    std::uint32_t index = 0;
    std::uint16_t group = 0;
    Kind kind{};
};

}  // namespace lbsim
