#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policies/haproxy/servers.hpp"

namespace lb::haproxy {

/// HAProxy's `balance roundrobin`: each in turn by weight, heavy ones first, as HAProxy 2.6
/// (src/lb_fwrr.c).  Weights 5, 1, 1 give a a a b a a c.
///
/// A wheel of as many positions as the weights add up to, in sixteenths.  Each server waits for the
/// position at which its turn is, one weight's share of the wheel after its last; whoever's turn
/// has come is picked, and while nobody's has, those that did not have one on this wheel yet are,
/// the heaviest first.  Servers whose turn is past the end wait for the next wheel.
///
/// A server that comes up waits about one of its own turns; one whose weight changes keeps its turn
/// unless the new one comes earlier.  A full server, or the one a redispatch avoids, loses its turn
/// and is passed over.  A pick costs O(log n), and as much for each server passed over.
class RoundRobin final : public Servers {
public:
    static constexpr std::string_view kName = "haproxy/roundrobin";
    static constexpr std::string_view kSummary = "HAProxy's roundrobin: in turn, heavy ones first";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights = kWholeWeights;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource = "HAProxy 2.6, fwrr_get_next_server";
    static constexpr std::string_view kDiffers =
        "Less smooth than nginx's, but weights may change at run time without starting over. 3.x "
        "places a server anew after such a change in another way.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit RoundRobin(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override;
    void on_added(BackendId id, const View& view, Instant now) override {
        Servers::on_added(id, view, now);
        turns_.resize(slots());
        Turn& turn = turns_[index(id)];
        turn.next = turn.last = turn.rest = 0;
        turn.fresh = true;
    }

private:
    struct Turn {
        std::uint32_t next = 0;  // The position at which its turn is; 0: not on this wheel yet.
        std::uint32_t last = 0;  // At which it was.
        std::uint32_t rest = 0;  // The fraction of `next`, over its weight.
        bool fresh = true;       // It never was up.
        Seat seat{};
    };
    /// Who was passed over in a pick, and who wins if nobody else can.
    struct Passed {
        std::vector<BackendId> servers{};
        std::optional<BackendId> avoided{};
        bool wheel_changed = false;
    };

    void up(BackendId id) override;
    void down(BackendId id) override {
        next_weight_ -= server(id).weight;
        turns_[index(id)].seat.rise();
    }
    void reweighed(BackendId id, std::uint32_t before) override;

    std::optional<BackendId> first();
    std::optional<BackendId> first(Passed& passed);
    void advance(BackendId id);
    void take(BackendId id);
    void queue(BackendId id);
    void queue_by_weight(Queue& queue, BackendId id) {
        turns_[index(id)].seat.sit(queue, 4096 - server(id).weight, id);
    }
    void requeue(const Passed& passed);
    void tell(Explanation& why, const PickContext& c) const;

    std::vector<Turn> turns_;  // By backend.
    std::array<Queue, 2> by_weight_;
    Queue* fresh_ = &by_weight_[0];    // Without a turn on this wheel yet.
    Queue* waiting_ = &by_weight_[1];  // For the next wheel.
    Queue current_;                    // By turn.
    std::uint32_t weight_ = 0;         // Of this wheel: how many positions it has.
    std::uint32_t next_weight_ = 0;    // Of the next: the sum of the usable.
    std::uint32_t position_ = 0;
    bool started_ = false;  // Until the first pick, servers join a wheel that stands.
};

inline std::optional<BackendId> RoundRobin::pick(const PickContext& c) {
    settle(c.view);
    started_ = true;
    const auto avoid = Servers::avoided(c);
    c.explain([&](Explanation& why) { tell(why, c); });
    Passed passed;
    std::optional<BackendId> winner;
    while (true) {
        if (weight_ == 0) position_ = weight_ = next_weight_;
        winner = first(passed);
        if (!winner) break;
        advance(*winner);
        take(*winner);
        if (c.view.is_eligible(*winner)) {
            if (winner != avoid) break;
            passed.avoided = winner;
        }
        passed.servers.push_back(*winner);
    }
    if (!winner) winner = passed.avoided;
    if (winner) queue(*winner);
    requeue(passed);
    return winner;
}

/// Whose turn it is, or who has had none on this wheel.
inline std::optional<BackendId> RoundRobin::first() {
    const bool any = !current_.empty();
    if (any && turns_[index(current_.begin()->second)].next <= position_)
        return current_.begin()->second;
    if (!fresh_->empty()) {
        const auto id = fresh_->begin()->second;
        turns_[index(id)].next = turns_[index(id)].rest = 0;
        return id;
    }
    if (any) return current_.begin()->second;
    return std::nullopt;
}
/// On the next wheel if need be, which a pick comes to only once.
inline std::optional<BackendId> RoundRobin::first(Passed& passed) {
    const auto found = first();
    if (found || passed.wheel_changed) return found;
    passed.wheel_changed = true;
    std::swap(fresh_, waiting_);
    position_ = weight_ = next_weight_;
    return first();
}

inline void RoundRobin::advance(BackendId id) {
    const auto own = server(id).weight;
    Turn& turn = turns_[index(id)];
    turn.last = turn.next == 0 ? position_ : turn.next;
    turn.next = turn.last + next_weight_ / own;
    turn.rest += next_weight_ % own;
    if (turn.rest >= own) {
        turn.rest -= own;
        ++turn.next;
    }
}
inline void RoundRobin::take(BackendId id) {
    turns_[index(id)].seat.rise();
    ++position_;
}

/// Where its turn belongs: on this wheel or, by weight, the next.
inline void RoundRobin::queue(BackendId id) {
    Turn& turn = turns_[index(id)];
    if (turn.next >= 2 * weight_ || turn.next >= weight_ + next_weight_) {
        turn.next -= weight_;
        return queue_by_weight(*waiting_, id);
    }
    turn.seat.sit(current_, 256 * turn.next + (4096 + turn.rest - server(id).weight) / 16, id);
}
/// Those that were passed over: as if they had been picked, or, if the wheel changed meanwhile, by
/// weight alone.  The last first.
inline void RoundRobin::requeue(const Passed& passed) {
    for (auto id = passed.servers.rbegin(); id != passed.servers.rend(); ++id) {
        if (turns_[index(*id)].seat.in() != nullptr) continue;  // It won after all.
        if (passed.wheel_changed)
            queue_by_weight(*fresh_, *id);
        else
            queue(*id);
    }
}

inline void RoundRobin::up(BackendId id) {
    Turn& turn = turns_[index(id)];
    next_weight_ += server(id).weight;
    if (std::exchange(turn.fresh, false) && !started_) {
        position_ = weight_ = next_weight_;
        return queue_by_weight(*fresh_, id);
    }
    turn.next = position_ + (next_weight_ + weight_ - position_) / server(id).weight;
    queue(id);
}

inline void RoundRobin::reweighed(BackendId id, std::uint32_t before) {
    Turn& turn = turns_[index(id)];
    const auto* was_in = turn.seat.in();
    next_weight_ = next_weight_ - before + server(id).weight;
    turn.seat.rise();
    if (was_in == fresh_) return queue_by_weight(*fresh_, id);
    if (was_in == waiting_) turn.next += weight_;
    const auto step = next_weight_ / server(id).weight;
    turn.next = std::min(turn.last + step, turn.next);
    turn.rest = 0;
    if (turn.next < position_ + 2) turn.next = position_ + step;
    queue(id);
}

inline void RoundRobin::tell(Explanation& why, const PickContext& c) const {
    why.rule =
        "the earliest turn that has come; else, by weight, one that has not had a turn on this "
        "wheel; else the earliest turn; the first queued among equals";
    why.score = "position of its turn; the wheel stands at " + std::to_string(position_);
    for (const auto id : in_order()) {
        const Turn& turn = turns_[index(id)];
        if (turn.seat.in() == nullptr) continue;
        auto note = Servers::note(id, c);
        if (note.empty() && turn.seat.in() == fresh_) note = "no turn yet";
        if (note.empty() && turn.seat.in() == waiting_) note = "next wheel";
        why.candidates.push_back({id, static_cast<double>(turn.next), std::move(note)});
    }
}

}  // namespace lb::haproxy
