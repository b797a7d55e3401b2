#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
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
/// comes.  Requests are named by their slots.
class BackendModel {
public:
    BackendModel(std::uint32_t number, std::shared_ptr<const lb::Backend> who,
                 const Backends& config, std::size_t group_number, Requests& requests,
                 EventQueue<Event>& queue, Instant now)
        : identity{std::move(who)},
          group{group_number},
          weight{config.weight},
          number_{number},
          workers_{config.workers.none() ? kUnlimited : static_cast<double>(config.workers.value)},
          waiting_places_{config.queue},
          discipline_{config.discipline},
          requests_{requests},
          queue_{queue},
          since_{now},
          shared_until_{now} {}

    /// False if there is no worker and no waiting place for it.  `service_ns` is the time it takes
    /// at full speed.  Requires serves().
    bool accept(std::uint32_t slot, double service_ns, Instant now);

    /// A service ended: takes the request out and starts the next.  Returns its slot.
    std::uint32_t finish(std::uint32_t event_index, Instant now);

    /// Takes out every request it holds: those in service, then those that wait.
    std::vector<std::uint32_t> evict(Instant now);

    /// What services take from now on, relative to full speed; those in progress stretch.
    /// Infinity stops all work.  Requires factor > 0.
    void set_factor(double factor, Instant now);
    double factor() const { return factor_; }

    std::size_t serving() const { return serving_.size() + sharing_.size(); }
    std::size_t waiting() const { return waiting_; }
    bool idle() const { return serving() + waiting_ == 0; }

    /// Integrals over time, brought up to `now`.
    void integrate(Instant now) {
        if (now == since_) return;
        const auto dt = static_cast<double>((now - since_).count());
        since_ = now;
        busy_ns += dt * busy_;
        in_flight_ns += dt * in_flight;
    }
    double workers() const { return workers_; }

    const std::shared_ptr<const lb::Backend> identity;
    const std::size_t group;
    double weight;
    bool member = true;
    bool drained = false;
    double in_flight = 0;  ///< Tickets out, of all balancers.  integrate() before changing it.
    double busy_ns = 0, in_flight_ns = 0;
    std::uint64_t queue_max = 0;

    // What is wrong with it, as many faults as there are at once.
    std::uint32_t hung = 0, crashed_refusing = 0, crashed_dropping = 0;
    double slow_factor = 1, slow_add_ns = 0;
    bool crashed() const { return crashed_refusing + crashed_dropping != 0; }
    Condition condition() const {
        if (!member) return Condition::Removed;
        if (crashed()) return Condition::Crashed;
        if (hung != 0) return Condition::Hung;
        if (drained) return Condition::Drained;
        return slow_factor != 1 || slow_add_ns != 0 ? Condition::Slow : Condition::Up;
    }

private:
    static constexpr double kUnlimited = 1e300;
    /// A request that shares the processor: done when the backend's virtual time reaches `until`.
    struct Sharer {
        double until;
        std::uint64_t order;
        std::uint32_t slot;
        bool before(const Sharer& o) const {
            return until != o.until ? until < o.until : order < o.order;
        }
    };

    void start(std::uint32_t slot, Instant now);
    void start_next(Instant now);
    void schedule_finish(std::uint32_t slot, Instant now);
    void take_from_service(std::uint32_t slot);
    void enqueue(std::uint32_t slot);
    std::uint32_t dequeue();
    std::uint32_t finish_sharer(Instant now);
    double share_rate() const;
    void advance_sharing(Instant now);
    void schedule_sharing(Instant now);

    const std::uint32_t number_;
    const double workers_;
    const lb::Limit waiting_places_;
    const Discipline discipline_;
    Requests& requests_;
    EventQueue<Event>& queue_;
    Instant since_;
    double factor_ = 1;
    double busy_ = 0;  // Workers at work.

    std::vector<std::uint32_t> serving_;                                      // Fifo and Lifo.
    std::uint32_t first_ = RequestState::kNone, last_ = RequestState::kNone;  // The queue.
    std::size_t waiting_ = 0;

    std::vector<Sharer> sharing_;  // Ps: a heap, the next to finish at the front.
    double virtual_ns_ = 0;        // Service that each sharer has had.
    Instant shared_until_;
    std::uint64_t next_order_ = 0;
    EventId next_share_{};
};

}  // namespace lbsim
