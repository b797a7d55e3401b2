#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "balancer/edf.hpp"
#include "balancer/policy.hpp"
#include "balancer/roster.hpp"

namespace lb::envoy {

/// What Envoy's round robin and least request share: while all weights are equal, and nobody is
/// starting slowly, each has a way of its own; otherwise an EDF scheduler, built anew whenever
/// hosts or configured weights change, as if as many picks as a random seed says had been made.
///
/// The seed is drawn once, so that several Envoys do not start in step; a change of hosts makes the
/// scheduler start over from it.
/// Source: Envoy, load_balancer_impl.cc (EdfLoadBalancerBase).
class Schedule {
public:
    const Roster& hosts() const { return hosts_; }
    const Edf<BackendId>& edf() const { return edf_; }
    /// The seed; known from the first refresh() on.
    std::uint64_t seed() const { return seed_; }

    void on_added(BackendId id) { hosts_.on_added(id); }
    void on_eligible(BackendId id, bool eligible, const View& view) {
        stale_ |= hosts_.on_eligible(id, eligible, view);
    }
    void on_weight() { stale_ = true; }
    /// Who starts slowly while there is no scheduler makes one necessary.  One that there is looks
    /// at weights by itself.
    void on_ramp() { stale_ |= edf_.empty(); }
    void on_removed(BackendId id) { stale_ |= hosts_.on_removed(id); }

    /// Takes changes in.  Whether there is a scheduler, by weight_of(id).  O(n log n) after a
    /// change, else O(1).
    template <class WeightOf>
    bool refresh(const PickContext& c, WeightOf weight_of) {
        if (!seeded_) {
            seed_ = c.rng();
            seeded_ = true;
        }
        if (stale_) {
            stale_ = false;
            edf_.clear();
            if (differ(c.view, c.now)) edf_.build(hosts_.all(), weight_of, seed_);
        }
        return !edf_.empty();
    }
    /// Requires that there is a scheduler.
    template <class WeightOf>
    BackendId pick(const PickContext& c, WeightOf weight_of) {
        return edf_.pick(weight_of, [&](BackendId id) { return c.view.is_eligible(id); });
    }

    /// Says how the scheduler is about to pick: `again` is what a backend waits after its turn.
    void explain(const PickContext& c, std::string_view again) const {
        c.explain([&](Explanation& why) {
            why.rule =
                "weights differ: the earliest deadline, of equal ones the first to be put "
                "back; due again after ";
            why.rule += again;
            why.score = "deadline";
            for (const auto& turn : edf_.turns())
                why.candidates.push_back(
                    {turn.entrant, turn.deadline, c.view.is_eligible(turn.entrant) ? "" : "full"});
        });
    }

private:
    /// Whether weights differ among the hosts, or from what they are configured to be.
    bool differ(const View& view, Instant now) const {
        const auto hosts = hosts_.all();
        if (hosts.size() < 2) return false;
        const double first = view.weight(hosts.front());
        return std::any_of(hosts.begin(), hosts.end(), [&](BackendId id) {
            return view.weight(id) != first || view.weight(id, now) != first;
        });
    }

    Roster hosts_;
    Edf<BackendId> edf_;  // Empty: weights are equal.
    std::uint64_t seed_ = 0;
    bool seeded_ = false;
    bool stale_ = false;
};

}  // namespace lb::envoy
