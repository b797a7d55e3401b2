#pragma once

#include <optional>
#include <span>
#include <string>

#include "balancer/load.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::finagle {

/// Requests in flight: Finagle's leastLoaded.
struct Pending {
    static constexpr std::string_view kScore = "requests in flight";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Pending(const Config&) {}
    double of(BackendId id, const View& view, Instant) const { return view.in_flight(id); }
    void on_added(BackendId, Instant) {}
    void on_done(BackendId, const Response&, Instant) {}
};

/// How hard Finagle tries to find a node that is open, before it panics.
struct Effort {
    std::int64_t max_effort = 4;
    void describe(Fields& f) {
        f.field("max_effort", max_effort, "How often two are drawn in search of an eligible one",
                Range{.low = 0, .high = 1000});
    }
};

/// Of two, the one that is open if the other is not; else the less loaded, a if they are equal.
/// Loads are looked at, by `load`, only if they matter.
template <class Load>
BackendId better(const PickContext& c, BackendId a, BackendId b, Load load) {
    const auto note = [&](BackendId id, double score, const char* what) {
        c.explain([&](Explanation& why) { why.candidates.push_back({id, score, what}); });
    };
    const bool a_open = c.view.is_eligible(a), b_open = c.view.is_eligible(b);
    if (a_open != b_open) {
        note(a_open ? a : b, 0, "the other one drawn is not eligible");
        return a_open ? a : b;
    }
    const double load_a = load(a), load_b = load(b);
    note(a, load_a, a_open ? "" : "not eligible");
    note(b, load_b, b_open ? "" : "not eligible");
    return load_a <= load_b ? a : b;
}

/// Draws until what was drawn is eligible, at most max_effort times.
template <class Draw>
std::optional<BackendId> search(const PickContext& c, const Effort& effort, Draw draw) {
    for (std::int64_t left = effort.max_effort; left != 0; --left)
        if (const BackendId drawn = draw(); c.view.is_eligible(drawn)) return drawn;
    return std::nullopt;
}

/// Where the request goes when the effort was in vain: to any of the eligible, uniformly; nowhere
/// if there is none.
///
/// Finagle sends it to the last one drawn, open or not: it panics.  Here nobody may be picked who
/// is excluded.  As in a panic, it is sent, and nothing is compared.
inline std::optional<BackendId> panic(const PickContext& c, std::span<const BackendId> eligible) {
    if (eligible.empty()) return std::nullopt;
    const BackendId any = eligible[c.rng.below(eligible.size())];
    c.explain([&](Explanation& why) {
        why.candidates.push_back({any, 0, "any: none of those drawn was eligible"});
    });
    return any;
}

/// The better of two distinct nodes drawn at random: Finagle's P2C, by any load metric.
///
/// The draw is from all members, as Finagle's is from all endpoints whatever their status.  So the
/// more of them are excluded, the more often an eligible one is picked without being compared: the
/// choice of two becomes a choice of one.  Weights are ignored: Finagle keeps a balancer for each
/// class of weight.
///
/// Source: Finagle, loadbalancer/p2c/P2CPick.scala, Balancer.scala (pick) and PanicMode.scala.
template <LoadMetric Load>
class TwoChoices : public Policy {
public:
    struct Config : Load::Config, Effort {
        void describe(Fields& f) {
            Effort::describe(f);
            Load::Config::describe(f);
        }
    };
    explicit TwoChoices(const Config& config) : load_{config}, effort_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) {
            why.rule =
                "of two distinct members drawn at random the eligible one, then the less loaded, "
                "then the first drawn; drawn anew until one is eligible, " +
                std::to_string(effort_.max_effort) + " times at most";
            why.score = Load::kScore;
        });
        const auto found = search(c, effort_, [&] { return better_of_two(c); });
        return found ? found : panic(c, c.view.eligible());
    }
    void on_added(BackendId id, const View&, Instant now) override { load_.on_added(id, now); }
    void on_done(BackendId id, const Response& r, Instant now) override {
        load_.on_done(id, r, now);
    }

private:
    BackendId better_of_two(const PickContext& c) {
        const auto all = c.view.members();
        if (all.size() == 1) {
            c.explain([&](Explanation& why) {
                why.candidates.push_back({all.front(), 0, "the only one"});
            });
            return all.front();
        }
        const auto a = c.rng.below(all.size());
        auto b = c.rng.below(all.size() - 1);
        if (b >= a) ++b;
        return better(c, all[a], all[b], [&](BackendId id) { return load_.of(id, c.view, c.now); });
    }

    Load load_;
    Effort effort_;
};

}  // namespace lb::finagle
