#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "scenario/distribution.hpp"

namespace lbsim {

using lb::Duration;

// What may go wrong with a backend, and how the set of backends may change.  The list is closed, so
// that a reader sees all there is.  Some faults are of the whole backend (crash, hang, capacity,
// leak), some befall requests one by one (error, cut, brownout), and slow, hang and network are
// either: with a probability or a class of requests they befall only those.

/// Services take `factor` times as long and `add` on top; what is being served slows down too,
/// unless `add` is drawn for each request.
struct Slow {
    double factor = 1;
    Distribution add{};  ///< Seconds, for services that begin during the fault.
};
/// The process is gone.
struct Crash {
    enum class Answer : std::uint8_t {
        Refuse,  ///< New requests fail at once.
        Drop,    ///< New requests get no answer at all.
    } answer = Answer::Refuse;
    enum class InFlight : std::uint8_t {
        Reset,   ///< What was being served or waited for fails at once.
        Lost,    ///< It gets no answer at all.
        Finish,  ///< It is served to the end: the process only listens no more.
    } in_flight = InFlight::Reset;
};
/// It takes requests and works on none.
struct Hang {
    enum class Scope : std::uint8_t {
        All,  ///< It stands still, and when that ends goes on where it was.
        New,  ///< What it has begun goes on.  New requests are swallowed: they hold no worker.
    } scope = Scope::All;
    /// Those that are swallowed get no answer, or find their connection closed so long after.
    std::optional<Duration> close_after{};
};
/// Requests are answered with an error.
struct Error {
    struct Status {
        std::int64_t status = 500;
        double share = 1;  ///< How many get this one, relative to the others.
    };
    double rate = 1;  ///< The part of them, each by itself.
    std::vector<Status> statuses{Status{}};
    std::optional<Duration> latency{};  ///< What one takes instead of its service; else as much.
    bool probes = false;  ///< Whether probes of kind http fail likewise; those of kind app do.

    /// One of its statuses.  Draws only if there are several.
    template <class Rng>
    std::uint16_t draw(Rng& rng) const {
        double left = 0;
        if (statuses.size() != 1) {
            for (const auto& s : statuses) left += s.share;
            left *= rng.unit();
        }
        auto at = statuses.begin();
        while (at + 1 != statuses.end() && left >= at->share) left -= (at++)->share;
        return static_cast<std::uint16_t>(at->status);
    }
};
/// The connection breaks in the middle of the answer, after its beginning was sent.
struct Cut {
    double after = 0.5;  ///< The part of the service that was done,
    /// or so long after it began; what is served in less time is served.
    std::optional<Duration> after_time{};
};
/// It has fewer workers; those that go end what they are at.
struct Capacity {
    double factor = 0.5;
};
/// Optional work is left out: answers are degraded, and cheaper.
struct Brownout {
    double dimmer = 1;   ///< The part of the requests.
    double saves = 0.5;  ///< The part of the service.
};
/// Every request leaves something behind, until the process dies of it.
struct Leak {
    std::int64_t requests = 10'000;  ///< So many it bears.
    double factor = 1;               ///< Shortly before, services take so many times as long.
    enum class AtLimit : std::uint8_t {
        Crash,
        Slow,  ///< It lives on, and is as slow as that until the fault ends.
    } at_limit = AtLimit::Crash;
    Duration restart = std::chrono::seconds{10};  ///< How long it is gone then.
};
/// Something is wrong between balancers and the backend.  What TCP makes of a bad path is all that
/// requests feel of it: what is lost or corrupted comes later, what comes twice is dropped, and
/// what comes out of order is held back, which is a latency of some.
struct NetworkFault {
    enum class Direction : std::uint8_t {
        Both,
        ToBackend,
        FromBackend
    } direction = Direction::Both;
    Distribution latency{};  ///< Seconds more, one way.
    /// The part of messages that are lost and sent again, after 200 ms, 400 ms, … as TCP does (RFC
    /// 6298, with Linux's least time-out).  1 is a partition: nothing ever comes through.
    double loss = 0;
    std::vector<std::uint32_t> balancers{};  ///< Whose ways they are; none: those of all.

    bool is_of(std::uint32_t balancer) const {
        return balancers.empty() ||
               std::find(balancers.begin(), balancers.end(), balancer) != balancers.end();
    }
};
/// Probes are answered whatever the backend does.
struct ProbeLie {
    double pass = 1;                    ///< The part of them that passes.
    std::optional<Duration> latency{};  ///< Until the answer; else at once.
};
/// More backends of a group.
struct AddBackends {
    std::size_t group = 0;             ///< In Scenario::backends.
    std::vector<std::string> members;  ///< The names of those that join.
};
/// They leave: no new requests; those they have are served to the end.
struct RemoveBackends {};
/// They get no new requests but stay members, so that rings keep their points.
struct DrainBackends {};
struct Reweight {
    double weight = 1;
};
/// They are restarted, some at a time: drained, gone for a while, and back, cold.
struct Restart {
    Duration drain = std::chrono::seconds{5};  ///< No new requests, before it stops;
    Duration down = std::chrono::seconds{10};  ///< and then it is gone.
    std::int64_t batch = 1;                    ///< So many at the same time,
    /// and the next so long after them; by default when they are back.
    std::optional<Duration> every{};

    Duration one() const { return drain + down; }
    Duration until_next() const { return every.value_or(one()); }
};
using Change =
    std::variant<Slow, Crash, Hang, Error, Cut, Capacity, Brownout, Leak, NetworkFault, ProbeLie,
                 AddBackends, RemoveBackends, DrainBackends, Reweight, Restart>;

/// Whether it is a fault, which may end by itself, and not a change of membership.
inline bool is_fault(const Change& change) {
    return !std::holds_alternative<AddBackends>(change) &&
           !std::holds_alternative<RemoveBackends>(change) &&
           !std::holds_alternative<DrainBackends>(change) &&
           !std::holds_alternative<Reweight>(change) && !std::holds_alternative<Restart>(change);
}

/// A fault that comes and goes: a garbage collector's pauses, a flapping link, bursts of errors.
/// Exponential times make a Gilbert-Elliott channel, and a renewal process of failure and repair.
struct Repeat {
    Distribution between;   ///< Seconds from the end of one, or from the start, to the next.
    Distribution lasts;     ///< Seconds.
    bool together = false;  ///< All targets at the same times, else each by itself.
};

/// How its strength grows from nothing in the beginning, and back to it before it ends.
struct Ramp {
    Duration in{}, out{};

    bool any() const { return in > Duration::zero() || out > Duration::zero(); }
};

/// A fault or a change of membership, at its time.
struct TimelineEntry {
    std::string name;
    Duration at{};
    std::optional<Duration> lasts;     ///< "for", of a fault.  Absent: to the end of the run.
    std::vector<std::string> targets;  ///< Names of backends, resolved.
    Change change;
    std::optional<Repeat> repeat{};  ///< Of a fault: in force now and then only.
    Ramp ramp{};                     ///< `out` only of one that ends.
    double probability = 1;          ///< Of a fault that befalls requests: so many,
    std::string request_class{};     ///< and of this class only; "": of all.

    /// Whether it befalls single requests and not the whole backend.
    bool befalls_requests() const {
        if (const auto* slow = std::get_if<Slow>(&change); slow && !is_constant(slow->add))
            return true;
        if (const auto* hang = std::get_if<Hang>(&change); hang && hang->scope == Hang::Scope::New)
            return true;
        return std::holds_alternative<Error>(change) || std::holds_alternative<Cut>(change) ||
               std::holds_alternative<Brownout>(change) || probability < 1 ||
               !request_class.empty();
    }
};

}  // namespace lbsim
