#pragma once

#include <algorithm>
#include <cstddef>
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
/// push and pop take O(log n), cancel O(1) amortized: a cancelled key stays in the heap until it
/// comes to the front or half of the heap is such, when they are swept out.  A heap of four
/// children a node over 16-byte keys, so that the children of a node share a line of the cache,
/// with the events beside it.  pop() leaves a hole at the root that the next push() fills, since
/// most events schedule another: one walk instead of two.  At most 2^24 events may be pending, and
/// 2^40 scheduled in all.
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
        const std::uint32_t slot = take_slot();
        const std::uint64_t order = next_order_++;
        slots_[slot] = {event, order};
        const Key key = key_of(at, order << kSlotBits | slot);
        if (hole_) {
            hole_ = false;
            sink(kRoot, key);
        } else {
            if (end_ == kPerLine * lines_.size()) lines_.emplace_back();
            rise(end_++, key);
        }
        return {slot, static_cast<std::uint32_t>(order)};
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
        if (id.slot >= slots_.size() || slots_[id.slot].order == kFree ||
            static_cast<std::uint32_t>(slots_[id.slot].order) != id.order)
            return false;
        release(id.slot);
        if (++cancelled_ > kFewCancelled && 2 * cancelled_ > end_ - kRoot) sweep();
        return true;
    }

    bool empty() const { return size() == 0; }
    std::size_t size() const { return end_ - kRoot - (hole_ ? 1 : 0) - cancelled_ + in_lanes_; }

    /// The instant of the next event; Instant::max() if there is none.
    Instant next() {
        settle();
        const Key first = std::min(front(), first_in_lanes());
        return first == kNever ? Instant::max() : instant_of(first);
    }

    /// Takes the next event and moves the clock to it.  Requires !empty().
    std::pair<Instant, Event> pop() {
        settle();
        const Key top = front();
        if (first_in_lanes() < top) return pop_lane();
        lb::expects(top != kNever);
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
    static constexpr std::size_t kPerLine = 4;
    static constexpr std::uint64_t kFree = ~std::uint64_t{0};
    static constexpr std::size_t kFewCancelled = 64;
    // Places are counted so that the children of a node begin a line: those of p are 4p - 8 and
    // the three after it.
    static constexpr std::size_t kRoot = 3;
    static constexpr std::size_t first_child(std::size_t place) { return kPerLine * place - 8; }
    static constexpr std::size_t parent(std::size_t place) { return place / kPerLine + 2; }

    static constexpr Key kNever = ~Key{0};

    struct alignas(64) Line {
        Key keys[kPerLine] = {kNever, kNever, kNever, kNever};  // As those beyond the end are.
    };
    struct Lane {
        Key key;  // kNever: empty.
        Event event;
    };
    struct Slot {
        Event event;
        std::uint64_t order;  // kFree, or that of its key: tells it from a cancelled one.
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

    Key& at(std::size_t place) { return lines_[place / kPerLine].keys[place % kPerLine]; }
    Key front() const { return end_ == kRoot ? kNever : lines_[0].keys[kRoot]; }
    Key first_in_lanes() const { return in_lanes_ == 0 ? kNever : lanes_[first_lane_].key; }
    bool is_cancelled(Key key) const {
        return slots_[slot_of(key)].order != static_cast<std::uint64_t>(key) >> kSlotBits;
    }

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
    std::uint32_t take_slot() {
        if (free_.empty()) {
            lb::expects(slots_.size() < (1u << kSlotBits));
            slots_.push_back({{}, kFree});
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        return slot;
    }
    void release(std::uint32_t slot) {
        slots_[slot].order = kFree;
        free_.push_back(slot);
    }
    // The root is there and not cancelled, or the heap is empty.
    void settle() {
        if (hole_) drop_root();
        while (cancelled_ != 0 && end_ != kRoot && is_cancelled(front())) {
            --cancelled_;
            drop_root();
        }
    }
    void drop_root() {
        hole_ = false;
        const Key last = std::exchange(at(--end_), kNever);
        if (end_ != kRoot) sink(kRoot, last);
    }
    void sweep() {
        if (hole_) drop_root();
        std::size_t kept = kRoot;
        for (std::size_t place = kRoot; place != end_; ++place)
            if (!is_cancelled(at(place))) at(kept++) = at(place);
        while (end_ != kept) at(--end_) = kNever;
        for (std::size_t place = kRoot; place != end_; ++place) rise(place, Key{at(place)});
        cancelled_ = 0;
    }
    void rise(std::size_t place, Key key) {
        for (; place != kRoot && key < at(parent(place)); place = parent(place))
            at(place) = at(parent(place));
        at(place) = key;
    }
    void sink(std::size_t place, Key key) {
        for (std::size_t child = first_child(place); child < end_; child = first_child(place)) {
            // Of four, without a branch that the processor would guess wrongly.
            const Key* const keys = lines_[child / kPerLine].keys;
            const std::size_t one = keys[1] < keys[0] ? 1 : 0, two = keys[3] < keys[2] ? 3 : 2;
            const std::size_t least = keys[two] < keys[one] ? two : one;
            if (!(keys[least] < key)) break;
            at(place) = keys[least];
            place = child + least;
        }
        at(place) = key;
    }

    std::vector<Line> lines_ = std::vector<Line>(1);
    std::size_t end_ = kRoot;  // Places in use: from kRoot to it.  With hole_, the root is vacant.
    std::size_t cancelled_ = 0;  // Keys in the heap whose events will not happen.
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
