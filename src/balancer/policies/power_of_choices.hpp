#pragma once

#include <algorithm>
#include <array>

#include "balancer/load.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// The least loaded of a few distinct backends drawn at random (Mitzenmacher, IEEE TPDS 12(10),
/// 2001), by any load metric.
///
/// With n backends at arrival rate λ per server and two choices, the share of queues with at least
/// i requests falls as λ^(2^i - 1), where random placement gives λ^i.  Ties go to the one drawn
/// first.  Of "all", every one is looked at and ties are broken uniformly.
/// A pick costs O(choices²), with two choices O(1), of all O(n).
template <LoadMetric Load>
class PowerOfChoices : public Policy {
public:
    struct Config : Load::Config {
        Limit choices{2};
        void describe(Fields& f) {
            f.field("choices", choices, "all", "How many distinct backends are drawn and compared",
                    {.low = 1, .high = kMost});
            Load::Config::describe(f);
        }
    };
    explicit PowerOfChoices(const Config& config) : load_{config}, choices_{config.choices} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto pool = c.view.eligible();
        const auto n = pool.size();
        c.explain([&](Explanation& why) {
            why.rule = choices_.none() ? "the least of all wins, drawn uniformly among equals"
                                       : "the least of those drawn wins, the first among equals";
            why.score = Load::kScore;
        });
        if (n == 1) {
            c.explain([&](Explanation& why) {
                why.candidates.push_back({pool.front(), 0, "the only one: not looked at"});
            });
            return pool.front();
        }
        if (choices_.none()) return least_of_all(c);
        if (choices_.value == 2) {
            // Without replacement: the second draw skips the first.
            const auto a = c.rng.below(n);
            auto b = c.rng.below(n - 1);
            if (b >= a) ++b;
            const double first = load(c, pool[a]);
            return load(c, pool[b]) < first ? pool[b] : pool[a];
        }
        return least_of_few(c, std::min(n, static_cast<std::size_t>(choices_.value)));
    }
    void on_added(BackendId id, const View&, Instant now) override { load_.on_added(id, now); }
    void on_done(BackendId id, const Response& r, Instant now) override {
        load_.on_done(id, r, now);
    }

private:
    static constexpr std::size_t kMost = 64;  // Beyond that, "all" is as good and costs less.

    /// Of one that is compared.
    double load(const PickContext& c, BackendId id) {
        const double load = load_.of(id, c.view, c.now);
        c.explain([&](Explanation& why) { why.candidates.push_back({id, load}); });
        return load;
    }

    [[gnu::noinline]] BackendId least_of_few(const PickContext& c, std::size_t choices) {
        const auto pool = c.view.eligible();
        std::array<std::uint64_t, kMost> drawn;  // Sorted places of those drawn so far.
        BackendId best{};
        double least = 0;
        for (std::size_t i = 0; i != choices; ++i) {
            auto place = c.rng.below(pool.size() - i);
            auto at = drawn.begin();
            for (; at != drawn.begin() + i && place >= *at; ++at) ++place;  // Skip the drawn.
            std::move_backward(at, drawn.begin() + i, drawn.begin() + i + 1);
            *at = place;
            const double mine = load(c, pool[place]);
            if (i == 0 || mine < least) best = pool[place], least = mine;
        }
        return best;
    }

    BackendId least_of_all(const PickContext& c) {
        BackendId best{};
        double least = 0;
        std::uint64_t ties = 0;
        for (const auto id : c.view.eligible()) {
            const double mine = load(c, id);
            if (ties != 0 && mine > least) continue;
            ties = ties != 0 && mine == least ? ties + 1 : 1;
            least = mine;
            if (ties == 1 || c.rng.below(ties) == 0) best = id;  // Each of k ties stays with 1/k.
        }
        return best;
    }

    Load load_;
    Limit choices_;
};

class P2c final : public PowerOfChoices<InFlight> {
public:
    static constexpr std::string_view kName = "p2c";
    static constexpr std::string_view kSummary = "The less busy of two drawn at random";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr std::string_view kCost = "O(1) of two, O(choices^2), O(n) of all";
    static constexpr std::string_view kSource = "Mitzenmacher, IEEE TPDS 12(10), 2001";
    static constexpr std::string_view kDiffers =
        "Two distinct backends, and weights count in the comparison. Envoy and gRPC may draw the "
        "same one twice; least_connections looks at all.";
    using PowerOfChoices::PowerOfChoices;
};

class PeakEwma final : public PowerOfChoices<PeakLatency> {
public:
    static constexpr std::string_view kName = "peak_ewma";
    static constexpr std::string_view kSummary =
        "The one of two drawn at random with the lower peak latency x in flight";
    static constexpr Equalises kEqualises = Equalises::LatencyTimesInFlight;
    static constexpr std::string_view kCost = "O(1) of two, O(choices^2), O(n) of all";
    static constexpr std::string_view kSource = "Finagle, loadbalancer/PeakEwma.scala: the metric";
    static constexpr std::string_view kDiffers =
        "Looking at a load changes nothing. In Finagle and tower each look lets the peak fade and "
        "answers below it pull it down; least_response_time takes the mean, not the worst.";
    using PowerOfChoices::PowerOfChoices;
};

}  // namespace lb
