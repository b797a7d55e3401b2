#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/guard.hpp"
#include "base/rng.hpp"
#include "model/arrivals.hpp"
#include "model/backend_model.hpp"
#include "model/cookie_jar.hpp"
#include "model/event.hpp"
#include "model/links.hpp"
#include "model/load_meter.hpp"
#include "model/lru_cache.hpp"
#include "model/recorder.hpp"
#include "model/request_classes.hpp"
#include "model/requests.hpp"
#include "model/sampler.hpp"
#include "model/tally.hpp"
#include "model/timeouts.hpp"
#include "model/trace_arrivals.hpp"
#include "scenario/scenario.hpp"
#include "sim/event_queue.hpp"

namespace lbsim {

/// One replication of a scenario while it runs: clients, balancers and backends around the queue of
/// events.  The balancers are the real ones of `lb`.
///
///     client --AtBalancer--> balancer --AtBackend--> backend (queue, service: Finished)
///     client <--Received---- balancer <--Answered--- backend
///
/// A balancer has workers; what these know together is a Fleet, and whose turn it is, a Balancer of
/// `lb`: as many of each as the scenario's `share` makes.
/// A leg without network latency takes no event: the next function is called at once.
class World {
public:
    /// The scenario outlives the world.
    World(const Scenario& scenario, std::uint64_t replication);

    EventQueue<Event> queue;
    void handle(const Event& event, Instant now);

    /// All that was to be measured has been, or the time for it is up.
    bool over() const { return !measuring_ && (measured_open_ == 0 || late_); }

    /// What an entry of the timeline does at an instant: of a restart, step by step.
    enum class Step : std::uint8_t { Begin, End, Drain, Stop, Start };

    /// Requests measured so far, done or not.
    std::uint64_t measured() const { return measured_; }
    /// What was measured.  Call once, at the end.
    Replication result();

private:
    static constexpr Instant kStart{};  // t = 0, the end of warm-up.
    static constexpr lb::BackendId kNobody{~std::uint32_t{0}};
    /// The latency of one way.
    struct Network {
        explicit Network(const Distribution& d)
            : sampler{d},
              fixed{sampler.constant()},
              delay{fixed ? lb::duration_of(sampler.mean()) : Duration::zero()} {}
        Sampler sampler;
        bool fixed;
        Duration delay;
    };
    /// From a balancer to a backend, and back.
    struct Path {
        std::uint32_t balancer, backend;
    };
    /// Which of the network's draws of a request.
    enum Leg : std::uint64_t { kToBalancer, kToBackend, kFromBackend, kFromBalancer };
    /// Its draws for a connection, beside those of the legs.
    static constexpr std::uint64_t kConnect = std::uint64_t{1} << 63;
    /// Who makes several attempts for a request: a group of clients, or a balancer.
    struct Tries {
        explicit Tries(const Attempts& attempts);
        const Attempts* config;
        std::optional<lb::Retry> retry{};
        std::optional<lb::RetryBudget> budget{};
        std::int64_t requests = 0, retries = 0;  // Under way.
    };
    /// The attempts of a request.
    struct Family {
        bool of_client = false;  // Who makes them: else the balancer.
        std::vector<lb::BackendId> tried;
        RequestState* first = nullptr;  // Of those that are out, the last to be made.
        std::uint16_t made = 0, open = 0;
        std::uint16_t numbered = 0;  // Of the client's request: all of its attempts.
        std::int32_t in_budget = 0;  // Those beside the first.
        std::int32_t hedges = 0;
        EventId again{}, hedge{};
    };
    /// Sessions by their place: each place has one after the other.
    struct Sessions {
        Sampler lasts;
        lb::Stream stream;
        struct Place {
            Instant ends{};
            std::uint64_t begun = 0;  // So many, the one of now among them.
        };
        std::vector<Place> places{};

        /// The key of one of now.
        template <class R>
        std::uint64_t draw(R& rng, Instant now) {
            const auto at = rng.below(places.size());
            auto& place = places[at];
            while (place.begun == 0 || place.ends <= now) {
                auto length = stream.at(places.size() * place.begun + at);
                place.ends += lb::duration_of(lasts(length));
                ++place.begun;
            }
            return places.size() * place.begun + at;
        }
    };
    struct Group {
        const Clients* config;
        std::unique_ptr<OpenArrivals> open;
        std::unique_ptr<TraceArrivals> trace;
        Sampler work, think;
        Network network;
        lb::Stream work_stream, key_stream, think_stream, proxy_stream, service_stream,
            network_stream, class_stream;
        std::unique_ptr<ZipfSampler> zipf;
        std::uint64_t uniform_keys = 0;
        const IpKeys* ips = nullptr;
        std::unique_ptr<RequestClasses> classes;  // If there are several.
        std::unique_ptr<Links> links;             // If connections carry several requests.
        CookieJar jar;
        bool has_keys = false;
        std::uint64_t next_number = 0;
        std::uint64_t number = 0;  // Of its draws: the place of its clients, or see kAskers.
        std::size_t tier = 0;      // To whose balancers it talks; 0: clients do.
        std::unique_ptr<Sessions> sessions{};
        std::size_t lane = 0;               // In the queue: the next arrival.
        std::uint32_t first_client = 0;     // Closed: in clients_.
        std::vector<std::uint64_t> rounds;  // Closed: requests so far, by client.
        Timeouts timeouts;
        bool patience_scheduled = false;
        std::unique_ptr<Tries> tries{};  // If its clients try several times.
        lb::Stream retry_stream{0};
        std::unique_ptr<lb::ClientThrottle> throttle{};
        lb::Rng throttle_rng{0};
    };
    /// Groups that are backends are numbered from here, however many groups of clients there are.
    static constexpr std::uint64_t kAskers = 0x8000;
    static constexpr std::uint64_t kMostGroups = 0x400;  // Beyond them draws repeat.
    /// Of a tier: its balancers' workers, among all, and how many know things by themselves.
    struct Tier {
        std::uint32_t first_worker = 0, workers = 0, knowns = 0;
    };
    /// What a backend holds for those who come back.
    struct Holdings {
        std::optional<LruCache> cache{};
        std::uint16_t group = 0;  // Which asks for what is not there, or makes the first call.
        std::uint32_t life = 0;   // How often it was started: what was held before is gone.
    };
    /// Where a session lives.
    struct Home {
        std::uint32_t backend, life;
    };
    /// What is so at times, counted up to `since`.
    struct Lasting {
        bool on = false;
        Instant since{};
        double ns = 0;
    };
    /// What some workers know together of the backends.
    struct Known {
        lb::Fleet fleet;
        std::vector<std::uint32_t> backend_of;  // By BackendId.
        std::vector<lb::BackendId> id_of;       // By backend; of a former member: as it was.
        std::uint32_t number = 0;               // Among all.
        std::size_t tier = 0;
        std::uint32_t balancer = ~0u;  // Whose knowledge it is,
        std::string name{};            // and what the log calls it.
        std::unique_ptr<lb::Guard> guard{};
        Instant wakes = Instant::max();  // When the guard's timer goes off,
        EventId timer{};                 // which is this event.
        lb::Stream probe_stream{0};
        std::uint64_t probes = 0;  // So far: what their draws are addressed by.
        std::deque<std::pair<std::uint32_t, std::uint32_t>> waiting{};  // Requests, generations.
        bool wake_pending = false;
        // By backend: whether the guard excludes it, did so before, is overridden there, so that
        // it is spared or not, and whether its circuit is not closed.
        std::vector<bool> out{}, was_out{}, overridden{}, spared{}, open{};
        std::vector<bool> probed{};  // By backend: a connection for probes is open.
        Lasting all_open{};          // The circuit of all of them is not closed.
        Lasting panic{};             // Some are overridden.
    };
    /// A health check on its way.
    struct Check {
        lb::HealthProbe probe{};
        std::uint32_t known = 0, backend = 0;
        std::uint64_t number = 0;  // Among those of its guard.
        lb::Response answer{};
    };
    /// What a policy asks of a backend, and its answer, while it is on its way.
    struct Probe {
        lb::Ask ask;
        std::uint32_t balancer = 0, backend = 0;
        std::uint64_t number = 0;  // Among those of its balancer.
        lb::LoadReport answer{};
    };
    /// A request at a backend that reports, and what its response says of the backend.
    struct Visit {
        Instant came{};
        std::uint32_t found = 0;  // How many others were there.
        lb::LoadReport report{};  // If the policy lives on those.
    };
    /// Who takes turns: a whole balancer, or one worker of it.
    struct Proxy {
        Known* known;
        std::unique_ptr<lb::Balancer> balancer;
        Instant wakes = Instant::max();  // When its timer goes off,
        EventId timer{};                 // which is this event.
        lb::Stream probe_stream{0};
        std::uint64_t probes = 0;        // So far: what their draws are addressed by.
        std::unique_ptr<Tries> tries{};  // If it tries several times.
    };
    struct Worker {
        std::uint32_t proxy;
        Instant free;  // When it is done with what it has begun.
    };
    /// A change of membership that balancers have not heard of yet.
    struct News {
        std::size_t entry;  // In Scenario::timeline.
        std::uint32_t backend;
        Step step;
    };
    struct BackendKind {
        Sampler service;
        Network network, connect;
        double mean_service_ns;
        double mean_network_ns;  // There and back.
        lb::Stream errors_stream;
        bool fails;  // Some requests do, at any time.
    };
    struct Action {
        Instant at;
        std::size_t entry;  // In Scenario::timeline.
        Step step;
        std::size_t first = 0, last = ~std::size_t{0};  // Of its targets.
    };
    /// Of an entry of the timeline: what its draws come from, and how much of it there is.
    struct FaultState {
        lb::Stream stream;  // By request.
        Sampler delay;      // Of a network, or of what is slow.
        double strength = 1;
        Instant began{};
    };
    /// A fault that comes and goes, at one target or at all of them.
    struct Episode {
        std::size_t entry;
        std::optional<std::size_t> target;  // Of the entry's.
        lb::Rng rng;
        Sampler between, lasts;
        bool on = false;
        EventId next{};
    };

    // Set-up.
    void set_up_balancers(const lb::Rng& rng);
    lb::Balancer::Config config_of(std::uint64_t balancer, std::size_t tier) const;
    void set_up_tier(std::size_t tier, const lb::Rng& rng);
    Group new_group(const Clients& clients, std::size_t number, const lb::Rng& rng);
    void set_up_holdings(const lb::Rng& rng);
    void hold(std::uint32_t backend);
    void prefill(std::size_t tier, const lb::Rng& rng);
    void join(Known& known, std::uint32_t backend, Instant now);
    void set_up_groups(const lb::Rng& rng);
    void set_up_edges();
    void set_up_backends(const lb::Rng& rng);
    std::uint32_t new_backend(const std::string& name, std::size_t group, Instant now);
    void start_arrivals();

    // The straight way.
    bool may_go_straight() const;
    void arrive_straight(std::uint16_t group, Instant now);
    void begin_straight(RequestState& r, const lb::Ticket& ticket, double work, Instant now);
    void finish_straight(const Event& event, Instant now);

    // Clients.
    void arrive(std::uint16_t group, Instant now);
    void keep_trace_key(const RequestState& r);
    void ask(std::uint32_t client, Instant now);
    RequestState& new_request(std::uint16_t group, std::uint64_t number, Instant now);
    void send(RequestState& r, Instant now);
    bool throttled(RequestState& r, Instant now);
    void patience_ends(const Event& event, Instant now);
    void give_up(std::uint16_t group, Instant now);
    void complete(RequestState& r, Outcome outcome, Instant now);
    void schedule_patience(std::uint16_t group);
    std::string_view key_of(const RequestState& request);
    lb::Address address_of(const RequestState& request) const;
    std::uint64_t draw_key(Group& group, std::uint64_t number, Instant now);
    std::uint64_t client_of(const RequestState& request) const;

    // Balancers.
    void at_balancer(RequestState& r, Instant now);
    void inspected(RequestState& r, Instant now);
    void forward(RequestState& r, Instant now);
    void route(RequestState& r, Instant now);
    void proceed(RequestState& r, const lb::Decision& decision, Instant now);
    void dispatch(RequestState& r, Instant now);
    void answer_client(RequestState& r, Instant now);
    void connect_ends(RequestState& r, Instant now);
    lb::Decision pick(RequestState& attempt, Instant now);
    lb::Decision explained_pick(const RequestState& r, const lb::Request& request, Instant now);
    void explain_pinned(const RequestState& r, Instant now);
    Explained& begin_explained(const RequestState& r, std::string_view key, Instant now);
    void reject(RequestState& r, lb::Rejection why, Instant now);
    bool take_link(RequestState& r, Instant now);
    void leave_link(RequestState& r, Instant now);
    bool leaves_zone(const RequestState& r);
    void end_link(Links& links, Links::Id id, Instant now);
    void keep_cookie(RequestState& attempt, Instant now);
    Proxy& proxy_of(const RequestState& r) { return proxies_[r.proxy]; }
    void return_ticket(RequestState& r, lb::Response::End end, Instant now);
    void answered(RequestState& r, Instant now);
    void received(RequestState& r, Instant now);

    // Guards.
    void set_up_guard(Known& known, const lb::Rng& rng, Instant now);
    void attend_guard(Known& known, Instant now);
    void guard_timer(std::uint32_t known, Instant now);
    bool only_background() const;
    void note_verdicts(Known& known, Instant now);
    void note_excluded(Known& known, std::uint32_t backend, lb::BackendId id, Instant now);
    void note_panic(Known& known, Instant now);
    void settle_spared(Known& known, std::uint32_t backend, Instant now);
    void note_open(Known& known, std::uint32_t backend, bool open, Instant now);
    void become(Lasting& what, bool on, const Known& known, Instant now) const;
    bool has_trouble(std::uint32_t backend, Instant now) const;
    void send_check(Known& known, const lb::HealthProbe& probe, Instant now);
    lb::KeyedRng check_rng(const Check& check, std::uint64_t purpose) const;
    void check_at_backend(std::uint32_t check, Instant now);
    const ProbeLie* lie_of(std::uint32_t backend) const;
    const Hang* befall_check(const Check& check, double& service_ns) const;
    std::uint16_t status_of_check(const Check& check, lb::KeyedRng& rng) const;
    void enqueue_check(std::uint32_t check, double service_ns, Instant now);
    void check_left(RequestState& r, bool answered, Instant now);
    void check_served(std::uint32_t check, Instant now);
    void check_answered(std::uint32_t check, Instant now);
    void end_check(std::uint32_t check);
    std::optional<Duration> check_leg(const Check& check, Leg which) const;
    std::optional<Duration> aside_leg(const Known& known, std::uint32_t backend, Leg which,
                                      lb::KeyedRng rng) const;
    void close_in_flight(std::uint32_t which, Instant now);
    bool waits(const Known& known) const;
    bool waits_for_backend(const Known& known, lb::Rejection why) const;
    void wait(RequestState& r, Instant now);
    void end_wait(RequestState& r);
    void wait_ends(RequestState& r, Instant now);
    void wake_waiting(Known& known, Instant now);
    void wake(std::uint32_t known, Instant now);

    // Several attempts for one request.
    void give_up_attempt(RequestState& r, lb::Rejection why, Instant now);
    static RequestState& origin_of(RequestState& r);
    static const RequestState& origin_of(const RequestState& r);
    bool asks_again(const RequestState& p) const;
    Tries& tries_of(const RequestState& p);
    void begin_attempts(RequestState& p, bool of_client, Instant now);
    void make_attempt(RequestState& p, Instant now);
    void ask_balancer(RequestState& r, Instant now);
    void attempt_ended(RequestState& r, Instant now);
    void after_attempt(RequestState& p, Instant now);
    bool enter_budget(RequestState& p);
    void leave_budget(RequestState& p);
    void try_ends(RequestState& r, Instant now);
    void give_up_on(RequestState& r, lb::Response::End end, Instant now);
    void hedge_due(RequestState& p, Instant now);
    void conclude(RequestState& p, Instant now);
    void end_family(RequestState& p, Instant now);
    void leave_family(RequestState& r);
    void abandon(RequestState& r, lb::Response::End end, Instant now);
    bool cancel(RequestState& r, Instant now);

    // Reports of backends, probes and timers of policies.
    void set_up_reports(const lb::Rng& rng);
    void report_idle(std::uint32_t backend, Instant now);
    void idle_reported(std::uint16_t balancer, std::uint32_t backend, Instant now);
    void visit_begins(const RequestState& r, Instant now);
    void visit_ends(const RequestState& r, Instant now);
    void add_meter(std::uint32_t backend, Instant now);
    void meter(std::uint32_t backend, Instant now);
    lb::LoadReport report_of(std::uint32_t backend, Instant now);
    void attend(std::uint32_t balancer, Instant now);
    void timer(std::uint32_t balancer, Instant now);
    void send_probe(std::uint32_t balancer, const lb::Ask& ask, Instant now);
    void probe_at_backend(std::uint32_t probe, Instant now);
    void probe_answered(std::uint32_t probe, Instant now);
    void end_probe(std::uint32_t probe);
    std::optional<Duration> probe_leg(const Probe& probe, Leg which) const;

    // What backends hold, and ask for.
    const Balancers& tier_of(const RequestState& r) const {
        return scenario_.tier(proxies_[r.proxy].known->tier);
    }
    double part_of(const Known& known) const { return 1.0 / tiers_[known.tier].knowns; }
    std::uint64_t thing_of(const RequestState& attempt) const;
    bool waits_for_fetch(RequestState& r, Instant now);
    void fetch(RequestState& cause, std::uint16_t asker, std::uint64_t number, Instant now);
    void fetched(const RequestState& r, bool found, Instant now);
    void find_session(const RequestState& r);

    // Backends.
    void at_backend(RequestState& r, Instant now);
    void finished(const Event& event, Instant now);
    void answer(RequestState& r, lb::Response::End end, std::uint16_t status, Instant now,
                Duration later = Duration::zero());

    // The timeline.
    void edge(Instant now);
    void apply(const Action& action, Instant now);
    bool concerns(const Action& action, std::uint32_t backend) const;
    void apply_to(std::uint32_t backend, const Action& action, Instant now);
    void restart(std::uint32_t backend, const Action& action, Instant now);
    void add_backend(const std::string& name, const Action& action, std::size_t group, Instant now);
    void tell(const Action& action, std::uint32_t backend, Instant now);
    void hear(const News& news, Instant now);
    void note(const TimelineEntry& entry, Step step, const std::string& backend, Instant now);

    // Faults.
    void set_up_faults(const lb::Rng& rng);
    void set_fault(std::uint32_t backend, std::size_t entry, bool in_force, Instant now);
    void set_crashed(std::uint32_t backend, const Crash& how, bool begins, Instant now);
    void refresh(std::uint32_t backend, Instant now);
    void begin_ramp(std::size_t entry, Instant now);
    void ramp(std::size_t entry, Instant now);
    void begin_episodes(std::size_t entry, Instant now);
    void end_episodes(std::size_t entry, Instant now);
    void turn_episode(std::uint32_t episode, Instant now);
    void set_episode(Episode& episode, bool on, Instant now);
    bool befalls(std::size_t entry, const RequestState* request, lb::KeyedRng& rng) const;
    const Hang* befall(RequestState& r, double& service_ns);
    void swallow(RequestState& r, const Hang& hang, Instant now);
    void slow_down(const Slow& slow, std::size_t entry, double& service_ns,
                   lb::KeyedRng& rng) const;
    static void fail(RequestState& r, const Error& error, double strength, lb::KeyedRng& rng,
                     double& service_ns);
    void fail_some(RequestState& r, double& service_ns);
    double warmth(const BackendModel& backend, Instant now) const;
    double slowness(std::uint32_t backend, Instant now) const;
    double slowness_of_next(std::uint32_t backend, Instant now);
    std::optional<Duration> troubled_leg(const RequestState& request, Leg which, Duration delay);
    std::optional<Duration> troubled(Path path, const RequestState* request, Leg which,
                                     Duration delay, lb::KeyedRng& rng) const;
    void leak(std::uint32_t backend, Instant now);
    void leak_mended(std::uint32_t backend, Instant now);
    std::string causes_at(std::uint32_t backend) const;
    void lose(RequestState& r, Instant now);
    void lose_connection(RequestState& r, Instant now);

    // Measuring.
    void open_segment(Instant now);
    void close_segment(Instant now);
    void stop_measuring(Instant now);
    std::vector<Condition> conditions() const;

    /// One way; 0 takes no event.
    Duration leg(const Network& network, const RequestState& request, std::uint64_t which) const {
        if (network.fixed) return network.delay;
        return drawn_leg(network, request, which);
    }
    Duration drawn_leg(const Network& network, const RequestState& request,
                       std::uint64_t which) const;
    /// What the draws of this attempt are addressed by.
    static std::uint64_t attempt_of(const RequestState& request);
    void mix(std::uint64_t word) {
        digest_ = ((digest_ << 23 | digest_ >> 41) ^ word) * 0x9e3779b97f4a7c15u;
    }

    const Scenario& scenario_;
    Requests requests_;
    std::vector<Group> groups_;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> clients_;  // Closed: group, number in it.
    std::vector<std::unique_ptr<Known>> known_;
    std::vector<Proxy> proxies_;
    std::vector<Worker> workers_;  // Of all balancers.
    std::vector<Tier> tiers_;
    std::size_t first_proxies_ = 0;        // Of the first tier.
    std::deque<Clients> askers_;           // What groups of backends are as clients of a tier.
    std::vector<Holdings> holdings_;       // By backend, if any of them has something to hold.
    std::map<std::uint64_t, Home> homes_;  // By session.
    std::vector<News> news_;
    std::vector<Family> families_;           // By request slot, if several attempts are made.
    bool straight_ = false;                  // Nothing lies on the way of any request.
    bool layer4_ = false, sticky_ = false;   // Of the tier,
    bool costs_ = false;                     // and whether its workers spend time.
    bool tries_ = false;                     // Balancers may make several attempts.
    bool throttles_ = false;                 // Clients turn requests away.
    bool queues_ = false;                    // Requests wait for backends that are full.
    bool connects_ = false;                  // Attempts take time to open their connections.
    bool slowable_ = false, leaks_ = false;  // Backends warm up, saturate or leak.
    const RequestState* explained_request_ = nullptr;  // The one to be explained.
    std::optional<Explained> explained_;
    std::vector<BackendKind> kinds_;      // By group of backends.
    std::vector<BackendModel> backends_;  // All that ever were; room for all that will be.
    std::vector<std::vector<std::size_t>> active_;  // By backend: faults in force, as entries.
    std::vector<FaultState> faults_;                // By entry of the timeline.
    std::vector<Episode> episodes_;
    std::vector<Action> actions_;  // By time.
    std::size_t next_action_ = 0;
    std::vector<LogEntry> log_;
    lb::Rng idle_rng_;
    lb::Policy::Reports reports_ = lb::Policy::Reports::None;
    bool attended_ = false;          // The policy has probes or timers,
    std::size_t background_ = 0;     // and so many events of the queue are theirs.
    std::vector<LoadMeter> meters_;  // By backend, if it tells how it is.
    std::vector<Visit> visits_;      // By request slot, likewise.
    std::vector<Probe> probes_;      // In reused slots.
    std::vector<std::uint32_t> free_probes_;
    std::vector<lb::Ask> asks_;  // Of attend().
    bool guarded_ = false;       // There are guards,
    bool panics_ = false;        // and what may override them.
    bool zoned_ = false;         // Balancers are in zones.
    std::vector<Check> checks_;  // In reused slots.
    std::vector<std::uint32_t> free_checks_;
    // Whose requests in flight to which backend are to be closed.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> closing_;
    std::vector<lb::HealthProbe> health_probes_;  // Of attend_guard(),
    std::vector<lb::Guard::Change> verdicts_;     // and of note_verdicts().
    bool keys_matter_ = true;              // A policy that does not hash needs no key made up.
    std::vector<std::string> trace_keys_;  // By request slot.
    char key_text_[24];

    Recorder recorder_;
    bool measuring_ = true;  // Arrivals from t = 0 on are measured, until it ends.
    std::uint64_t measured_ = 0, measured_open_ = 0;
    std::uint64_t waiting_clients_ = 0;
    std::size_t sources_ = 0;  // Groups of clients of which more requests will come.
    bool late_ = false;        // The deadline is over.
    std::uint64_t digest_ = 0, events_ = 0;
    Instant now_ = Instant::min();
};

}  // namespace lbsim
