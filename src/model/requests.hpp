#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "balancer/balancer.hpp"
#include "base/expects.hpp"
#include "base/time.hpp"
#include "sim/event_queue.hpp"

namespace lbsim {

/// One request under way.
struct alignas(64) RequestState {
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    /// The group of probes that take a worker: `worker` says which.
    static constexpr std::uint16_t kProbe = 0xffff;

    // What every request needs, in the order in which it is touched.
    std::uint64_t number = 0;  ///< In its client group: what its draws are addressed by.
    Instant arrived{};         ///< At the client's.
    double work = 1;
    lb::Ticket ticket{};     ///< Or, on a connection that leads somewhere, a copy of its ticket.
    std::uint32_t slot = 0;  ///< Where it is, for good.
    std::uint32_t backend = kNone;  ///< In the world's list.
    std::uint32_t proxy = 0;        ///< Whose turn it takes.
    std::uint32_t link = kNone;     ///< The connection it is on, of its group's.
    std::uint32_t segment = 0;
    std::uint16_t step = 0;      ///< Of the series,
    std::uint8_t doublings = 0;  ///< counted when its steps had been doubled so often.
    enum class Stage : std::uint8_t {
        Free,
        ToBalancer,
        ToBackend,
        AtBackend,
        ToBalancerBack,
        ToClient,
        Waiting,  ///< For limits, at its balancer.
        Trying,   ///< Its attempts are under way.
        Lost
    };
    Stage stage = Stage::Free;
    bool measured = false;
    bool waited_for = false;  ///< The client still waits.
    bool ticket_out = false;
    bool begun = false;         ///< The beginning of its answer was sent before it broke off.
    bool inner = false;         ///< A backend asks, for what `cause` wants, and no client.
    bool held = false;          ///< Its worker waits for what it asked another tier,
    bool fetched = false;       ///< or has it.
    bool admitted = false;      ///< Its balancer let it in before, and it waits for a backend.
    std::uint16_t attempt = 0;  ///< The how manieth of its request, from 0.
    std::uint16_t status = 0;   ///< What the answer is, or at the backend, is to be.
    lb::Response::End end{};
    lb::Rejection rejection{};  ///< If no backend was picked.
    std::uint16_t group = 0;
    std::uint16_t class_place = 0;      ///< Among its group's classes of requests.
    RequestState* parent = nullptr;     ///< The request of which this is an attempt,
    Instant deadline = Instant::max();  ///< Who finds it over drops the request.
    double service_ns = 0;              ///< What the backend is to spend on it, at full speed,
    double spent_ns = 0;  ///< and what worker time it did, known when it leaves the backend.
    // Fifo and Lifo, in service: what was left at full speed when `finish` was set.
    double left_ns = 0;
    Instant started{}, finish{};
    EventId finished{};
    // In its backend: among those in service, or in the queue.  `next` also: in the free list.
    RequestState *next = nullptr, *previous = nullptr;
    std::uint32_t generation = 0;  ///< Tells this tenant of the slot from the next.

    // What few need.
    std::uint32_t worker = 0;                           ///< Of all balancers' workers,
    std::uint32_t client = 0;                           ///< Of a closed group: which client.
    std::uint64_t key = 0;                              ///< The number of its key.
    RequestState* sibling = nullptr;                    ///< The attempt before it that is out, too.
    std::uint32_t cause = kNone, cause_generation = 0;  ///< Of an inner one: whose slot.
    EventId try_ends{};         ///< An attempt that takes no longer than that.
    std::uint32_t awaited = 0;  ///< How many answers of other tiers, while it is held.
};

/// The requests under way, in reused slots that stay where they are: no allocation per request
/// once warm.
class Requests {
public:
    RequestState& take() {
        if (free_ == nullptr) [[unlikely]]
            grow();
        return *std::exchange(free_, free_->next);
    }
    void release(RequestState& r) {
        lb::expects(!r.ticket_out);  // A ticket that is never returned counts for ever.
        ++r.generation;
        r.held = r.fetched = false;
        r.stage = RequestState::Stage::Free;
        r.next = std::exchange(free_, &r);
    }
    RequestState& operator[](std::uint32_t slot) { return blocks_[slot / kBlock][slot % kBlock]; }
    const RequestState& operator[](std::uint32_t slot) const {
        return blocks_[slot / kBlock][slot % kBlock];
    }
    std::size_t slots() const { return blocks_.size() * kBlock; }

private:
    static constexpr std::uint32_t kBlock = 256;

    void grow() {
        const auto first = static_cast<std::uint32_t>(slots());
        auto& block = blocks_.emplace_back(std::make_unique<RequestState[]>(kBlock));
        for (std::uint32_t i = kBlock; i-- != 0;) {
            block[i].slot = first + i;
            block[i].next = std::exchange(free_, &block[i]);
        }
    }

    std::vector<std::unique_ptr<RequestState[]>> blocks_;
    RequestState* free_ = nullptr;
};

}  // namespace lbsim
