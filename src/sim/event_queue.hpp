#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/expects.hpp"
#include "base/time.hpp"

namespace lbsim {

using lb::Duration;
using lb::Instant;

/// Names one scheduled event.  Outlives it harmlessly.
struct EventId {
    std::uint32_t slot = ~std::uint32_t{0};
    std::uint32_t order = 0;
};

/// Events to come, earliest first; those of one instant in the order in which they were scheduled.
///
/// The tie rule is part of the contract: without it a run would depend on the shape of the heap.
///
/// push, pop and cancel take O(log n); cancelling removes, it leaves no tombstone.  A heap of four
/// children a node over 16-byte keys, with the events beside it.  pop() leaves a hole at the root
/// that the next push() fills, since most events schedule another: one walk instead of two.
/// At most 2^24 events may be pending, and 2^40 scheduled in all.
///
/// Beside the heap stand lanes, for the few that always have one event to come, such as the next
/// arrival of a group of clients: set() costs O(lanes) and pop() one comparison more, instead of a
/// walk through the heap each.  The order of events is the same as if they had been pushed.
template <class Event>
class EventQueue {
public:
    /// Requires at >= the time of the last pop().
    EventId push(Instant at, const Event& event) {
        lb::expects(at >= now_);
        const std::uint32_t slot = take_slot(event);
        const std::uint64_t order = next_order_++;
        slots_[slot].order = static_cast<std::uint32_t>(order);
        const Key key = key_of(at, order << kSlotBits | slot);
        if (hole_) {
            hole_ = false;
            sink(0, key);
        } else {
            heap_.push_back(key);
            rise(heap_.size() - 1, key);
        }
        return {slot, slots_[slot].order};
    }

    /// A new lane, empty.
    std::size_t add_lane() {
        lanes_.push_back({kNever, {}});
        return lanes_.size() - 1;
    }

    /// The lane's next event.  Requires that it has none, and at >= the time of the last pop().
    void set(std::size_t lane, Instant at, const Event& event) {
        lb::expects(at >= now_ && lanes_[lane].key == kNever);
        lanes_[lane] = {key_of(at, next_order_++ << kSlotBits), event};
        ++in_lanes_;
        if (lanes_[lane].key < lanes_[first_lane_].key) first_lane_ = lane;
    }

    /// False if it already happened or was cancelled.
    bool cancel(EventId id) {
        if (id.slot >= slots_.size() || slots_[id.slot].order != id.order ||
            slots_[id.slot].place == kFree)
            return false;
        fill_hole();
        const std::size_t place = slots_[id.slot].place;
        release(id.slot);
        const Key last = heap_.back();
        heap_.pop_back();
        if (place == heap_.size()) return true;
        if (place != 0 && last < heap_[(place - 1) / kArity])
            rise(place, last);
        else
            sink(place, last);
        return true;
    }

    bool empty() const { return size() == 0; }
    std::size_t size() const { return heap_.size() - (hole_ ? 1 : 0) + in_lanes_; }

    /// The instant of the next event; Instant::max() if there is none.
    Instant next() {
        fill_hole();
        const Key heap = heap_.empty() ? kNever : heap_.front();
        const Key lane = in_lanes_ == 0 ? kNever : lanes_[first_lane_].key;
        const Key first = lane < heap ? lane : heap;
        return first == kNever ? Instant::max() : instant_of(first);
    }

    /// Takes the next event and moves the clock to it.  Requires !empty().
    std::pair<Instant, Event> pop() {
        fill_hole();
        if (in_lanes_ != 0 && (heap_.empty() || lanes_[first_lane_].key < heap_.front()))
            return pop_lane();
        lb::expects(!heap_.empty());
        const Key top = heap_.front();
        now_ = instant_of(top);
        const std::uint32_t slot = slot_of(top);
        std::pair<Instant, Event> result{now_, slots_[slot].event};
        release(slot);
        hole_ = true;
        return result;
    }

private:
    // The instant above, the order of scheduling and the slot below: one comparison orders both.
    __extension__ using Key = unsigned __int128;
    static constexpr unsigned kSlotBits = 24;
    static constexpr std::size_t kArity = 4;
    static constexpr std::uint32_t kFree = ~std::uint32_t{0};

    static constexpr Key kNever = ~Key{0};

    struct Lane {
        Key key;  // kNever: empty.
        Event event;
    };
    struct Slot {
        Event event;
        std::uint32_t place;  // In the heap, or kFree.
        std::uint32_t order;  // The low bits: tells an old EventId from the present tenant.
    };

    static Key key_of(Instant at, std::uint64_t low) {
        const auto biased = static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ kSignBit;
        return static_cast<Key>(biased) << 64 | low;
    }
    static Instant instant_of(Key key) {
        return Instant{
            Duration{static_cast<Duration::rep>(static_cast<std::uint64_t>(key >> 64) ^ kSignBit)}};
    }
    static std::uint32_t slot_of(Key key) {
        return static_cast<std::uint32_t>(key) & ((1u << kSlotBits) - 1);
    }
    static constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

    std::pair<Instant, Event> pop_lane() {
        Lane& first = lanes_[first_lane_];
        now_ = instant_of(first.key);
        first.key = kNever;
        --in_lanes_;
        std::pair<Instant, Event> result{now_, first.event};
        for (std::size_t i = 0; i != lanes_.size(); ++i)
            if (lanes_[i].key < lanes_[first_lane_].key) first_lane_ = i;
        return result;
    }
    std::uint32_t take_slot(const Event& event) {
        if (free_.empty()) {
            lb::expects(slots_.size() < (1u << kSlotBits));
            slots_.push_back({event, kFree, 0});
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        slots_[slot].event = event;
        return slot;
    }
    void release(std::uint32_t slot) {
        slots_[slot].place = kFree;
        free_.push_back(slot);
    }
    void fill_hole() {
        if (!hole_) return;
        hole_ = false;
        const Key last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) sink(0, last);
    }
    void set(std::size_t place, Key key) {
        heap_[place] = key;
        slots_[slot_of(key)].place = static_cast<std::uint32_t>(place);
    }
    void rise(std::size_t place, Key key) {
        while (place != 0) {
            const std::size_t parent = (place - 1) / kArity;
            if (!(key < heap_[parent])) break;
            set(place, heap_[parent]);
            place = parent;
        }
        set(place, key);
    }
    void sink(std::size_t place, Key key) {
        const std::size_t n = heap_.size();
        for (;;) {
            const std::size_t first = kArity * place + 1;
            if (first >= n) break;
            const std::size_t end = first + kArity < n ? first + kArity : n;
            std::size_t least = first;
            for (std::size_t child = first + 1; child != end; ++child)
                if (heap_[child] < heap_[least]) least = child;
            if (!(heap_[least] < key)) break;
            set(place, heap_[least]);
            place = least;
        }
        set(place, key);
    }

    std::vector<Key> heap_;  // With hole_, the root is vacant.
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<Lane> lanes_;
    std::size_t first_lane_ = 0, in_lanes_ = 0;
    std::uint64_t next_order_ = 0;
    Instant now_ = Instant::min();
    bool hole_ = false;
};

/// Runs as fast as it can.  Another pace may sleep until the wall clock catches up.
inline constexpr auto unpaced = [](Instant) {};

/// Hands the world its events, one by one, until none is left or world.over().
template <class World, class Pace = decltype(unpaced)>
void run(World& world, Pace pace = unpaced) {
    while (!world.queue.empty() && !world.over()) {
        const auto [now, event] = world.queue.pop();
        pace(now);
        world.handle(event, now);
    }
}

}  // namespace lbsim
