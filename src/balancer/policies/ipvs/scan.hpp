#pragma once

#include <utility>

#include "balancer/policies/ipvs/scheduler.hpp"

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

/// What a rule says if it says nothing of its own.
struct TakesAll {
    static bool admits(const Destination&) { return true; }
    /// Whether it is taken without looking at those behind it.
    static bool settles(const Destination&) { return false; }
};

/// The schedulers that look at every destination, from the head of the list, and keep the first of
/// the best.  A rule says which is strictly better.
///
/// There is no state, so that a tie always goes to the same one: alone and idle, the first of the
/// list gets everything.
template <class Rule, class Count = InFlightOnly>
class Scan : public Scheduler {
public:
    struct Config {
        void describe(Fields&) {}
    };
    explicit Scan(const Config&, Count count = {}) : count_{std::move(count)} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        std::optional<BackendId> best;
        Destination of_best;
        for (const auto id : destinations()) {
            if (!c.view.is_eligible(id)) continue;
            const Destination d{weight_of(c.view.weight(id, c.now)), count_(id, c.view)};
            const bool admitted = Rule::admits(d);
            c.explain([&](Explanation& why) {
                why.candidates.push_back({id, Rule::score(d), admitted ? "" : "full"});
            });
            if (!admitted || (best && !Rule::better(d, of_best) && !Rule::settles(d))) continue;
            best = id;
            of_best = d;
            if (Rule::settles(d)) break;
        }
        c.explain([](Explanation& why) { why.rule = Rule::kRule, why.score = Rule::kScore; });
        return best;
    }

private:
    Count count_;
};

}  // namespace lb::ipvs
