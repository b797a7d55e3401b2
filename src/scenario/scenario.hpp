#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/limits/client_throttle.hpp"
#include "balancer/policies.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"
#include "scenario/attempts.hpp"
#include "scenario/distribution.hpp"
#include "scenario/faults.hpp"
#include "scenario/problem.hpp"

namespace lbsim {

using lb::Duration;
using lb::Instant;

// Every kind of thing a scenario may contain is a closed list, so that a reader sees all there is.

/// Open loop: arrivals one by one at random, whatever became of those before.
struct Poisson {
    double rate_per_s = 0;
};
/// Open loop: one arrival every 1 / rate.
struct ConstantRate {
    double rate_per_s = 0;
};
/// Open loop: a Poisson process whose rate jumps between states, staying in each for an
/// exponential time (Markov-modulated; bursts).  From a state it goes to the next in the list.
struct Mmpp {
    struct State {
        double rate_per_s;
        Duration dwell;  ///< The mean stay.
    };
    std::vector<State> states;
};
/// Open loop: a Poisson process whose rate is given over time, in steps: each holds until the next.
/// Before the first step (and in the warm-up) the first rate holds.
struct Profile {
    struct Step {
        Duration at;
        double rate_per_s;
    };
    std::vector<Step> steps;
};
/// Closed loop: that many clients, each of which waits for its answer, thinks, and asks again.
struct Closed {
    std::int64_t concurrency = 1;
    Distribution think;  ///< Seconds.
};
/// Replays the arrivals of a recorded log.  The first arrives at t = 0.
struct Trace {
    /// What a line is that is no request.
    enum class Malformed : std::uint8_t {
        Refuse,    ///< A mistake: nothing is run.
        Report,    ///< Left out, counted, and reported with its number.
        ByFormat,  ///< Refuse if a program wrote the trace for us (csv, jsonl); report it of access
                   ///< logs, for servers log what strangers send.
    };
    std::string file;                   ///< As it is to be opened.
    std::string format = "auto";        ///< auto, csv, jsonl, combined, nginx, haproxy, envoy, alb.
    std::string time, key, work, path;  ///< Names of columns, of csv and jsonl; "" is the usual.
    std::string time_unit = "auto";     ///< Of bare numbers in csv and jsonl: auto, s, ms, us, ns.
    double work_scale = 1;              ///< Work is what the log says (seconds, tokens) times this.
    double speed = 1;                   ///< 2 replays an hour in half an hour.
    Malformed malformed = Malformed::ByFormat;

    bool operator==(const Trace&) const = default;
};
using Arrivals = std::variant<Poisson, ConstantRate, Mmpp, Profile, Closed, Trace>;

/// Which key a request carries, for policies that hash.
struct UniqueKeys {};  ///< Each its own.
struct UniformKeys {
    std::int64_t count = 1;
};
struct ZipfKeys {
    std::int64_t count = 1;
    double s = 1;  ///< Key number k (from 1) is drawn in proportion to k^-s.
};
/// Clients at IP addresses, their keys: one each, but for those behind the gateway of a network,
/// who share its address.
struct IpKeys {
    std::int64_t clients = 1;
    std::int64_t gateways = 0;
    double behind = 0;  ///< The part of the requests that comes through gateways.
};
/// Sessions, their keys: so many at any time, each asked for as often as the others.  When one ends
/// another begins, with a key of its own.
struct SessionKeys {
    std::int64_t count = 1;
    Distribution lasts;  ///< Seconds.
};
using Keys = std::variant<UniqueKeys, UniformKeys, ZipfKeys, IpKeys, SessionKeys>;

/// A class of requests, for routes and keys that look into requests.
struct RequestClass {
    struct Field {
        std::string name{}, value{};  ///< "{key}" in a value stands for the request's key.
    };
    std::string name{};
    double share = 1;  ///< Relative to the other classes of the group.
    std::string method = "GET", host{}, path = "/";
    std::vector<Field> headers{}, cookies{};
    Distribution work{Constant{1}};  ///< A factor more of the service time.
};

/// Connections that stay open and carry one request after the other.
struct Connections {
    std::int64_t count = 1;              ///< Of the group.  Of closed clients: one each.
    lb::Limit requests{};                ///< Then a connection is closed and another opened,
    std::optional<Duration> lifetime{};  ///< or after about that time,
    double jitter = 0;                   ///< give or take this part of it.
};

/// A group of like clients.
struct Clients {
    std::string name;
    Arrivals arrivals;
    Distribution work{Constant{1}};  ///< Factors of the service time; belongs to the request.
    Keys keys;
    std::vector<RequestClass> classes;       ///< Without, requests are all alike.
    std::optional<Connections> connections;  ///< Without, each request has its own.
    std::optional<Duration> timeout;  ///< A client's patience, from its asking to its answer.
    /// Its end travels with the request: who finds it over drops the request, and nobody retries.
    bool deadline = false;
    Attempts attempts;  ///< Of its own, each a request to a balancer.
    /// What all of them know together of how many are accepted, and turn away themselves.
    std::optional<lb::ClientThrottle::Config> throttle;
    Distribution network;  ///< Seconds, one way, between client and balancer.
};

/// A tier of like balancers, each with a state of its own.
struct Balancers {
    /// What the workers of one balancer know together.
    enum class Share : std::uint8_t {
        None,       ///< Nothing: each is a balancer of its own (nginx without a zone).
        NginxZone,  ///< The peers and all that the policy knows of them; here the same as All.
        Envoy,      ///< Requests in flight and health, but not the policy's turn.
        All,        ///< Everything, also who sticks to whom (HAProxy's threads).
    };
    /// Work of the balancer itself, which a worker does one by one.
    struct Cost {
        Duration connection{}, request{};
    };
    std::string name = "lb";      ///< Of the tier: its balancers are lb0, lb1, …
    std::vector<std::string> to;  ///< The groups of backends that it sends to.
    std::int64_t count = 1, workers = 1;
    Share share = Share::None;
    Duration view_delay{};  ///< How late news of membership, weight and health arrive.
    std::int64_t layer = 7;
    std::string policy = "round_robin";
    lb::Policies::Factory make_policy;
    lb::Equalises equalises = lb::Equalises::Nothing;
    bool independent = false;        ///< Its picks are, if keys are: see lb::Policies::Entry.
    lb::WeightRule weights;          ///< Which the policy takes.
    lb::Balancer::Config around;     ///< What is around the policy, but for whose balancer it is.
    std::vector<std::string> zones;  ///< The i-th balancer is in the i-th of these, and around.
    std::optional<Cost> cost;
    Attempts attempts;                        ///< On backends, for a request.
    std::optional<Duration> connect_timeout;  ///< How long opening a connection may take.
    lb::Guard::Config
        guard;  ///< Of what workers know together: checks, ejection, breakers, limits.
    std::optional<Duration> queue_timeout;  ///< How long a request may wait for limits, and
                                            ///< for backends that are full; without, these reject.
};

enum class Discipline : std::uint8_t {
    Fifo,  ///< First come, first served.
    Ps,    ///< Processor sharing: k requests on c workers run at min(1, c/k) each; nobody waits.
    Lifo,  ///< The last to come is the first to be served; a service begun is not interrupted.
};

/// What a backend does when whoever asked gave up.
enum class Cancellation : std::uint8_t {
    None,     ///< It does not notice, and works on.
    Waiting,  ///< What waits leaves its queue,
    All,      ///< and what is served is broken off.
};

/// How a backend answers health checks.
struct ProbeHandling {
    bool queues = false;   ///< As a request, through its queue and on a worker.
    Distribution service;  ///< Seconds that it takes.
};

/// How a backend knows of itself what it tells policies that live on it.
struct Reporting {
    /// Utilization and rates are those of the last whole window; latencies are so recent.
    Duration window = std::chrono::seconds{1};
    Duration delay{};  ///< After the end of a window, until its utilization and rates are known.
};

/// The more requests it serves at the same time, the longer each takes: the backend at 99 % of its
/// CPU, whose work goes on after the client left, until all it does is in vain.  A service that
/// begins as the nth takes 1 + factor max(0, n - beyond) times as long.
struct Saturation {
    std::int64_t beyond = 0;
    double factor = 0.01;
};

/// A process that has just started is slow at first, as caches and compilers are cold: `factor`
/// times as slow, linearly less over so many requests or so long, or half as much more every
/// half-life.
struct WarmUp {
    double factor = 1;
    std::optional<std::int64_t> requests;
    std::optional<Duration> over;
    std::optional<Duration> half_life{};
};

/// What a backend keeps of what it was asked for, by keys: the last `entries` (LRU).  What is not
/// there it asks for, after its own service and while its worker waits: a request to another tier.
struct Cache {
    std::int64_t entries = 1;
    bool prefill = false;             ///< It begins with what its balancers would have sent it.
    std::string on_miss;              ///< The name of that tier,
    std::size_t tier = 0;             ///< and its number: see Scenario::tier().
    std::optional<Duration> timeout;  /// How long it waits; then, as for an error, it answers 502.
};

/// What a request makes elsewhere once it was served: requests to another tier of balancers, all at
/// once, for the same key.  Its worker waits until all are answered; if one fails, it answers 502.
struct Call {
    std::string to;                   ///< The name of that tier,
    std::size_t tier = 0;             ///< and its number: see Scenario::tier().
    std::int64_t count = 1;           ///< So many requests.
    std::optional<Duration> timeout;  ///< How long it waits for each; then it failed.
};

/// A group of like backends.
struct Backends {
    std::string name;                  ///< Of the group.
    std::vector<std::string> members;  ///< Their names: b0, b1, … or the bare name.
    std::string pool, zone;
    std::int64_t priority = 0;
    double weight = 1;
    lb::Limit max_in_flight;  ///< Balancers send no more at the same time.
    lb::Limit workers{1};     ///< Served at the same time.
    lb::Limit queue;          ///< Waiting places beyond the workers.
    Discipline discipline = Discipline::Fifo;
    std::optional<Duration> queue_timeout;  ///< Who has waited longer is answered 503 instead.
    Cancellation cancellation = Cancellation::None;
    Distribution service;  ///< Seconds, for work 1.
    Distribution network;  ///< Seconds, one way, between balancer and backend.
    Distribution connect;  ///< Seconds that each attempt takes to open its connection.
    std::optional<Saturation> saturation;
    std::optional<WarmUp> warm_up;
    ProbeHandling probes;
    Reporting report;
    std::optional<Error> errors;  ///< What part of the requests fails at any time.
    std::optional<Cache> cache;
    std::vector<Call> calls;  ///< Not beside a cache, which calls for what it misses.
    bool sessions = false;    ///< What a key asks for lives on the backend that had it first.
    std::size_t tier = 0;     ///< Which sends to it: see Scenario::tier().
};

struct Window {
    std::string name;
    Duration from{}, to{};  ///< [from, to): what arrives then.
};

/// A service level: `good` of all requests are to succeed within `latency`.
struct Slo {
    Duration latency{};
    double good = 0.999;
};

/// One assertion about the result, as written.
struct Expect {
    std::string text;
    std::string pointer;  ///< Where it stands.
};

/// A whole experiment, as plain values.  Whatever is said of a field here was checked when it was
/// loaded.
struct Scenario {
    static constexpr auto kAllOfThem = std::numeric_limits<std::int64_t>::max();

    std::string name, question, lesson;
    std::vector<std::string> source;  ///< Where the question or its numbers come from.
    std::uint64_t seed = 1;
    std::int64_t replications = 5;
    Duration warmup{};
    bool detect_warmup = false;                    ///< It is to be found first: see with_warm_up().
    Duration duration = std::chrono::seconds{60};  ///< If `requests` is set: not used.
    std::optional<std::int64_t>
        requests;                   ///< Measure so many arrivals instead; of traces maybe all.
    std::optional<Duration> drain;  ///< How long after the end the rest may take.
    Duration series_step = std::chrono::seconds{1};
    bool overload = false;  ///< More load than capacity is meant.
    /// The how manieth measured request is to be explained, from 1.
    std::optional<std::uint64_t> explain;
    std::size_t picks = 0;        ///< So many of the first picks are kept: see Replication::picks.
    bool most_in_flight = false;  ///< Noted of each backend: see BackendTally::in_flight_max.
    std::optional<Slo> slo;
    std::vector<Clients> clients;
    Balancers balancers;            ///< To whom clients talk,
    std::vector<Balancers> behind;  ///< and to whom backends do.
    std::vector<Backends> backends;
    std::vector<TimelineEntry> timeline;
    std::vector<Window> windows;  ///< before:, during: and after: each entry, then the user's own.
    std::vector<Expect> expect;

    std::size_t tiers() const { return 1 + behind.size(); }
    /// 0: balancers; 1: the first behind them.
    const Balancers& tier(std::size_t number) const {
        return number == 0 ? balancers : behind[number - 1];
    }
};

/// Of a scenario with mistakes: which of the names that assertions use are all known.
struct Known {
    bool variants = true, backends = true, windows = true;
};

/// One of the things compared, as a scenario of its own.
struct Variant {
    std::string label;
    Scenario scenario;
};

}  // namespace lbsim
