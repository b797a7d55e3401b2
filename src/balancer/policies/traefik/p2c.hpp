#pragma once

#include <algorithm>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::traefik {

/// The one of two healthy servers drawn at random with fewer requests in flight; the first drawn if
/// they are equal.  Weights do not count.
///
/// Both are drawn from all; if the second is the first, its neighbour in the order of configuration
/// takes its place.  So neighbours are compared twice as often as others.
///
/// Source: nextServer in pkg/server/service/loadbalancer/p2c/p2c.go.  (Its comment promises draws
/// without replacement, which later versions make.)
class P2c final : public Policy {
public:
    static constexpr std::string_view kName = "traefik/p2c";
    static constexpr std::string_view kSummary =
        "Traefik: the less busy of two drawn at random, neighbours more often";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1) a pick; a change of eligibility O(n)";
    static constexpr std::string_view kSource =
        "Traefik v3 at fd5a576, loadbalancer/p2c/p2c.go: nextServer";
    static constexpr std::string_view kDiffers =
        "Weights are ignored, and a second draw equal to the first takes the next server, where "
        "p2c draws two distinct ones evenly.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit P2c(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto n = healthy_.size();
        const auto a = n == 1 ? 0 : c.rng.below(n);
        auto b = n == 1 ? 0 : c.rng.below(n);
        if (b == a) b = (b + 1) % n;
        const BackendId first = healthy_[a], second = healthy_[b];
        c.explain([&](Explanation& why) {
            why.rule = "The fewer requests in flight of two; the first drawn among equals.";
            why.score = "requests in flight";
            for (const auto id : {first, second})
                why.candidates.push_back({id, static_cast<double>(c.view.in_flight(id))});
        });
        return c.view.in_flight(second) < c.view.in_flight(first) ? second : first;
    }
    void on_added(BackendId id, const View& view, Instant) override {
        order_.resize(std::max(order_.size(), view.slots()));
        order_[index(id)] = joined_++;
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        if (!eligible) {
            std::erase(healthy_, id);
            return;
        }
        const auto at = std::upper_bound(
            healthy_.begin(), healthy_.end(), id,
            [&](BackendId a, BackendId b) { return order_[index(a)] < order_[index(b)]; });
        healthy_.insert(at, id);
    }

private:
    std::vector<BackendId> healthy_;    // In the order of joining.
    std::vector<std::uint64_t> order_;  // By slot.
    std::uint64_t joined_ = 0;
};

}  // namespace lb::traefik
