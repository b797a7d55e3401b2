#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "balancer/policies/ipvs/scheduler.hpp"
#include "balancer/ranking.hpp"

namespace lb::ipvs {

/// What the kernel counts at a destination.
struct Connections {
    std::int64_t active = 0;
    std::int64_t inactive = 0;  ///< Closed, and not yet forgotten.
};

/// A request is an active connection while it is in flight, and gone with its answer: there are no
/// inactive ones.  Whoever has others counts by a class of its own.
struct InFlightOnly {
    Connections operator()(BackendId id, const View& view) const { return {view.in_flight(id), 0}; }
};

/// A destination as a rule sees it.
struct Destination {
    std::int64_t weight = 0;
    Connections connections{};
};

/// A part of something, compared by products: the kernel has no fractions.
struct Part {
    std::int64_t of = 0;
    std::int64_t by = 1;  ///< Above 0.
    bool operator<(const Part& other) const { return of * other.by < other.of * by; }
};

/// What a rule says if it says nothing of its own.
struct TakesAll {
    static bool admits(const Destination&) { return true; }
    static bool settles(const Destination&) { return false; }
};

/// The schedulers that look at every destination, from the head of the list, and keep the first of
/// the best.  A rule says whether a destination takes one more, and its Key, of which the least is
/// the best; and whether it settles the matter, so that those behind it are not looked at.
///
/// There is no state, so that a tie always goes to the same one: alone and idle, the first of the
/// list gets everything.
///
/// Many destinations are not looked at but ranked: a pick costs O(log n).
template <class Rule, class Count = InFlightOnly>
class Best : public Policy {
public:
    static constexpr WeightRule kWeights = Scheduler::kWeights;
    struct Config {
        void describe(Fields&) {}
    };
    using Key = typename Rule::Key;
    explicit Best(const Config&, std::size_t few = Ranking<Key>::kFew, Count count = {})
        : count_{std::move(count)}, ranking_{few} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) { tell(why, c); });
        return ranking_.first(
            c.now,
            [&](BackendId id) {
                return c.view.is_eligible(id) && Rule::admits(destination(id, c));
            },
            [&](BackendId id) { return Rule::key(destination(id, c)); }, Rule::kLowest);
    }
    void on_added(BackendId id, const View& view, Instant) override { ranking_.on_added(id, view); }
    void on_eligible(BackendId id, bool, const View&, Instant) override { recount(id); }
    void on_weight(BackendId id, const View&, Instant) override { recount(id); }
    void on_ramp(BackendId id, const View&, Instant) override { recount(id); }
    void on_removed(BackendId id, const View&, Instant) override { ranking_.on_removed(id); }

    /// To be called when Count says something else of it, and its requests in flight are the same.
    void recount(BackendId id) { ranking_.touch(id); }

private:
    Destination destination(BackendId id, const PickContext& c) const {
        return {weight_of(c.view.weight(id, c.now)), count_(id, c.view)};
    }
    void tell(Explanation& why, const PickContext& c) const {
        why.rule = Rule::kRule;
        why.score = Rule::kScore;
        for (const auto id : ranking_.all()) {
            if (!c.view.is_eligible(id)) continue;
            const auto d = destination(id, c);
            why.candidates.push_back({id, Rule::score(d), Rule::admits(d) ? "" : "full"});
            if (Rule::settles(d)) break;
        }
    }

    Count count_;
    Ranking<Key> ranking_;  // The list of destinations.
};

}  // namespace lb::ipvs
