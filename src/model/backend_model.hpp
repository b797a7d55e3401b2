#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balancer/fleet.hpp"
#include "base/time.hpp"
#include "model/event.hpp"
#include "model/requests.hpp"
#include "model/tally.hpp"
#include "scenario/scenario.hpp"
#include "sim/event_queue.hpp"

namespace lbsim {

/// One backend: its workers, its queue, its discipline and what is wrong with it.
///
/// It schedules the ends of its services in the world's queue; the world calls finish() when one
/// comes.
class alignas(64) BackendModel {
public:
    BackendModel(std::uint32_t number, std::shared_ptr<const lb::Backend> who,
                 const Backends& config, std::uint32_t group_number, EventQueue<Event>& queue,
                 Instant now);

    /// False if there is no worker and no waiting place for it.  `service_ns` is the time it takes
    /// at full speed.  Requires !crashed().
    bool accept(RequestState& r, double service_ns, Instant now);

    /// The service of that request ended: takes it out and starts the next.
    void finish(RequestState& r, Instant now);
    /// It was held after its service, and is to finish now.
    void resume(RequestState& r, Instant now) {
        r.held = false;
        r.left_ns = 0;
        r.finish = now;
        schedule_finish(r, now);
    }
    /// The same with processor sharing, where the backend knows whose it was.
    RequestState& finish_sharer(Instant now);

    /// Takes out a request that nobody waits for, whose spent_ns is known then.  False, and nothing
    /// happens, if it is in service and `served` is not asked for.  O(1); of processor sharing
    /// O(n).  Requires that it is there.
    bool cancel(RequestState& r, bool served, Instant now);

    /// Takes out every request it holds: those in service, then those that wait.  (With processor
    /// sharing, what was spent on them is reckoned at the present speed.)
    std::vector<RequestState*> evict(Instant now);

    /// What services take from now on, relative to full speed; those in progress stretch.
    /// Infinity stops all work.  Requires factor > 0.
    void set_factor(double factor, Instant now);
    double factor() const { return factor_; }

    /// Requests in it,
    std::size_t held() const {
        return sharing_ == nullptr ? serving_ + waiting_ : sharing_->heap.size();
    }
    /// and of these: more than there are workers, which with processor sharing is no queue.
    std::size_t waiting() const {
        const auto n = static_cast<double>(held());
        return n > workers_ ? static_cast<std::size_t>(n - workers_) : 0;
    }
    /// Those that are served, however slowly.
    std::size_t served() const { return sharing_ == nullptr ? serving_ : held(); }
    bool idle() const { return held() == 0; }
    double workers() const { return workers_; }
    /// It has this part of its workers from now on, and of whole ones at least one; those that go
    /// end what they are at.  Requires 0 < part <= 1.
    void set_part_of_workers(double part, Instant now);
    /// Workers at work.
    double busy() const { return busy_; }

    /// Tickets to it, of all balancers, have become one more, or one less.
    void ticket_out(Instant now) {
        integrate(now);
        in_flight_ += 1;
    }
    /// How many are out is noted, if somebody wants to know the most.
    void note_in_flight() {
        slowly_.in_flight_max =
            std::max(slowly_.in_flight_max, static_cast<std::uint64_t>(in_flight_));
    }
    void ticket_back(Instant now) {
        integrate(now);
        in_flight_ -= 1;
    }

    /// Over the time since they were last taken.
    struct Integrals {
        double busy_ns = 0;       ///< Of the workers at work,
        double worker_ns = 0;     ///< of those there are,
        double in_flight_ns = 0;  ///< of the tickets out,
        double excluded_ns = 0;   ///< of the part of the balancers that exclude it,
        double spared_ns = 0;     ///< of those that send it nothing for that: none in panic,
        double open_ns = 0;       ///< and of those whose circuit to it is not closed.
        std::uint64_t queue_max = 0;
        std::uint64_t in_flight_max = 0;  ///< Of what note_in_flight() noted.
    };
    Integrals take_integrals(Instant now);

    /// So many more of the balancers exclude it, send it nothing, or open the circuit to it.
    void exclude(double more, Instant now) {
        integrate_slowly(now);
        excluded_by += more;
    }
    void spare(double more, Instant now) {
        integrate_slowly(now);
        spared_by += more;
    }
    void open_circuit(double more, Instant now) {
        integrate_slowly(now);
        open_by += more;
    }

    /// A process starts that is slow at first.
    void start_cold(Instant now) {
        cold = true;
        started = now;
        begun = 0;
    }

    /// How many probes are here of which no event is to come: they wait, or it hangs, or they share
    /// the processor, where one event stands for all.  O(what is here).
    std::size_t silent_probes() const;

    bool crashed() const { return crashed_refusing + crashed_dropping != 0; }
    Condition condition() const;

private:
    /// A request that shares the processor: done when the backend's virtual time reaches `until`.
    struct Sharer {
        double until;
        std::uint64_t order;
        RequestState* request;
    };
    static bool finishes_later(const Sharer& a, const Sharer& b) {
        return a.until != b.until ? a.until > b.until : a.order > b.order;
    }

    void start(RequestState& r, Instant now);
    void schedule_finish(RequestState& r, Instant now);
    void take_from_service(RequestState& r, Instant now);
    void enqueue(RequestState& r, Instant now);
    void leave_queue(const RequestState& r);
    RequestState& dequeue();
    bool share(RequestState& r, Instant now);
    double sharer_spent(const Sharer& sharer) const;
    double share_rate() const;
    void advance_sharing(Instant now);
    void schedule_sharing(Instant now);

    void integrate_slowly(Instant now);
    void integrate(Instant now) {
        if (now == since_) return;
        const auto dt = static_cast<double>((now - since_).count());
        since_ = now;
        busy_ns_ += dt * busy_;
        in_flight_ns_ += dt * in_flight_;
    }

    // What each request touches stands together, in two lines of the cache.
    EventQueue<Event>& queue_;
    Instant since_;
    double busy_ = 0;                        // Workers at work.
    double in_flight_ = 0;                   // Tickets out.
    double busy_ns_ = 0, in_flight_ns_ = 0;  // Their integrals up to since_.
    double factor_ = 1, workers_;
    // Fifo and Lifo: requests in service and those that wait, linked through their states.
    RequestState* in_service_ = nullptr;
    RequestState *first_ = nullptr, *last_ = nullptr;
    std::uint32_t serving_ = 0, waiting_ = 0;
    std::uint32_t number_;
    Discipline discipline_;

public:
    bool member = true;
    // What is wrong with it, as many faults as there are at once.
    std::uint16_t hung = 0, crashed_refusing = 0, crashed_dropping = 0;
    std::uint16_t befalling = 0;  // Faults in force that befall requests one by one,
    std::uint16_t networks = 0;   // and those of the network to it.
    std::uint32_t group;
    double slow_add_ns = 0;

    double slow_factor = 1;
    double leaked = 0;  // The part of what it bears.
    // Since it started, if it is still warming up.
    bool cold = false;
    Instant started{};
    std::uint64_t begun = 0;

    // The part of the balancers that leave it out, as far as they know together, and of those whose
    // circuit to it is not closed.
    double excluded_by = 0, spared_by = 0, open_by = 0;

    Instant left_at = Instant::max();  // When it ceased to be a member.
    bool drained = false;
    double weight;
    std::shared_ptr<const lb::Backend> identity;

private:
    double all_workers_;
    lb::Limit waiting_places_;
    std::optional<Duration> queue_timeout_;
    Instant slowly_since_;
    Integrals slowly_;  // Of what seldom changes.

    /// Of Ps.
    struct Sharing {
        explicit Sharing(Instant now) : until{now} {}
        std::vector<Sharer> heap;  // The next to finish at the front.
        double virtual_ns = 0;     // Service that each sharer has had.
        Instant until;
        std::uint64_t next_order = 0;
        EventId next_finish{};
    };
    std::unique_ptr<Sharing> sharing_;
};

}  // namespace lbsim
