#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/expects.hpp"

namespace lb {

/// Earliest deadline first: weighted round robin for weights that need not be whole and may change
/// from pick to pick.  Each entrant is due 1 / weight after it was last picked; the earliest
/// deadline wins, and among equal ones whoever entered (or was picked) first.
///
/// A pick costs O(log n).  A weight is looked at when its entrant is picked and put back, so a
/// change of weight shows after the entrant's next turn.
///
/// Source: Envoy, source/common/upstream/edf_scheduler.h (EdfScheduler, createWithPicks).  We
/// differ: it can pass over entrants that may not be picked now.  They keep their deadlines, so
/// that they are next once they may be picked again.
template <class Entrant>
class Edf {
public:
    struct Turn {
        double deadline;
        std::uint64_t order;  // Of equal deadlines.
        Entrant entrant;
        bool after(const Turn& other) const {
            return deadline != other.deadline ? deadline > other.deadline : order > other.order;
        }
    };

    bool empty() const { return turns_.empty(); }
    void clear() { turns_.clear(); }
    /// In no particular order: for explanations.
    std::span<const Turn> turns() const { return turns_; }

    /// Starts over with these entrants, as if `picks` modulo 429496729 picks had been made: each
    /// has had its whole share of them, and the few that rounding leaves are made one by one.
    /// That gives the order of real picks, except perhaps among equal deadlines.  O(n log n).
    /// Requires weight_of(entrant) > 0.
    template <class WeightOf>
    void build(std::span<const Entrant> entrants, WeightOf weight_of, std::uint64_t picks) {
        constexpr double kApart =
            1e-13;  // So that rounding never puts equal deadlines out of turn.
        const auto wanted = static_cast<std::uint32_t>(picks % 429'496'729);
        double sum = 0;
        for (const auto& e : entrants) sum += weight_of(e) + kApart;
        turns_.clear();
        now_ = 0;
        next_order_ = 0;
        std::uint32_t made = 0;
        for (const auto& e : entrants) {
            const double weight = weight_of(e) + kApart;
            expects(weight > kApart);
            auto share = static_cast<std::uint32_t>(weight * wanted / sum);
            if (share > 0 && share / weight >= wanted / sum) --share;  // It was rounded up.
            now_ = std::max(now_, share / weight);
            turns_.push_back({(share + 1) / weight, next_order_++, e});
            made += share;
        }
        std::make_heap(turns_.begin(), turns_.end(), later);
        for (; made < wanted && !empty(); ++made)
            pick(weight_of, [](const Entrant&) { return true; });
    }

    /// Takes the first that `may` be picked and puts it back with its weight of now.
    /// O((1 + those passed over) log n).  Requires that there is one.
    template <class WeightOf, class May>
    Entrant pick(WeightOf weight_of, May may) {
        auto end = turns_.end();  // From there on: those taken out.
        do {
            expects(end != turns_.begin());
            std::pop_heap(turns_.begin(), end--, later);
        } while (!may(end->entrant));
        now_ = std::max(now_, end->deadline);
        const Entrant picked = end->entrant;
        *end = {now_ + 1 / weight_of(picked), next_order_++, picked};
        while (end != turns_.end()) std::push_heap(turns_.begin(), ++end, later);
        return picked;
    }

private:
    static bool later(const Turn& a, const Turn& b) { return a.after(b); }

    std::vector<Turn> turns_;  // A heap.
    double now_ = 0;           // The deadline of the last pick.
    std::uint64_t next_order_ = 0;
};

}  // namespace lb
