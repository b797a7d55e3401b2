#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "balancer/policies/finagle/two_choices.hpp"
#include "balancer/subset.hpp"
#include "balancer/weight_tree.hpp"

namespace lb::finagle {

/// The less busy of two, drawn from the part of all backends that this balancer of several looks
/// at: Finagle's deterministic aperture, weighted, with leastLoaded.
///
/// The members stand around a ring in the order in which they joined, each as wide as its part of
/// all weights; the balancer sees an arc of it (aperture_arc, aperture_weights).  Two are drawn
/// with probability proportional to how much of them lies in the arc, the second up to five times
/// until it is another one, and compared by requests in flight for that much; amounts that differ
/// by less than 1e-4 are taken for equal.  Nothing outside the arc is ever used: if nobody in it is
/// eligible, it declines.
///
/// Its Instance says which of the peers it is.  Alone, or with at most `min` members, it sees the
/// whole ring.  A pick costs O(max_effort log n), the first after members or weights changed O(n).
///
/// Source: Finagle, loadbalancer/aperture/WeightedAperture.scala, WeightedP2CPick.scala and
/// Alias.scala.  We differ in that peers agree on the order of joining, where Finagle sorts by a
/// hash of the address.
class Aperture final : public Policy {
public:
    static constexpr std::string_view kName = "finagle/aperture";
    static constexpr std::string_view kSummary =
        "As Finagle: the less busy of two in this balancer's part of the ring";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr bool kDeclines = true;
    static constexpr std::string_view kCost = "O(max_effort log n)";
    static constexpr std::string_view kSource =
        "Finagle 4feb34cb, loadbalancer/aperture/{WeightedAperture,WeightedP2CPick,"
        "DeterministicAperture}.scala";
    static constexpr std::string_view kDiffers =
        "As finagle/p2c over a part of the backends. Endpoints stand in the order of joining, "
        "where Finagle sorts them by a hash of their address; and when max_effort is spent Finagle "
        "uses "
        "a node that is not open, where here the request goes to any eligible one of the part.";
    struct Config : Effort {
        std::int64_t min = 12;
        void describe(Fields& f) {
            f.field("min", min, "How many backends it looks at, at least",
                    Range{.low = 1, .high = 1e6});
            Effort::describe(f);
        }
    };
    Aperture(const Config& config, const Instance& instance)
        : config_{config}, instance_{instance} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        c.explain([&](Explanation& why) {
            why.rule =
                "of two drawn from its part of the ring the eligible one, then the less loaded, "
                "then the first drawn; drawn anew until one is eligible, " +
                std::to_string(config_.max_effort) + " times at most";
            why.score = "requests in flight, per part in the aperture if the two differ in that";
        });
        const auto found = search(c, config_, [&] { return better_of_two(c); });
        return found ? found : panic(c, open(c));
    }
    void on_added(BackendId id, const View&, Instant) override {
        order_.push_back(id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_removed(BackendId id, const View&, Instant) override {
        std::erase(order_, id);
        stale_ = true;
    }

private:
    static constexpr int kTries = 5;  // For a second one that is not the first.
    static constexpr double kSameWeight = 1e-4;

    void build(const View& view) {
        std::vector<double> weights;
        for (const auto id : order_) weights.push_back(view.weight(id));
        const auto arc = aperture_arc(order_.size(), instance_.number, instance_.of,
                                      static_cast<std::uint64_t>(config_.min));
        within_ = aperture_weights(weights, arc);
        chances_ = {};
        chances_.resize(within_.size());
        for (std::size_t i = 0; i != within_.size(); ++i) chances_.set(i, within_[i]);
        stale_ = false;
    }
    BackendId better_of_two(const PickContext& c) {
        const auto a = chances_.at(c.rng.unit());
        auto b = a;
        for (int left = kTries; left != 0 && b == a; --left) b = chances_.at(c.rng.unit());
        if (b == a) {
            c.explain([&](Explanation& why) {
                why.candidates.push_back({order_[a], 0, "drawn again whenever a second was"});
            });
            return order_[a];
        }
        const bool same = std::fabs(within_[a] - within_[b]) < kSameWeight;
        return better(c, order_[a], order_[b], [&](BackendId id) {
            const double load = c.view.in_flight(id);
            return same ? load : load / within_[id == order_[a] ? a : b];
        });
    }
    std::vector<BackendId> open(const PickContext& c) const {
        std::vector<BackendId> out;
        for (std::size_t i = 0; i != order_.size(); ++i)
            if (within_[i] > 0 && c.view.is_eligible(order_[i])) out.push_back(order_[i]);
        return out;
    }

    Config config_;
    Instance instance_;
    std::vector<BackendId> order_;  // As they joined.
    std::vector<double> within_;    // How much of each lies in the aperture.
    WeightTree chances_;
    bool stale_ = true;
};

}  // namespace lb::finagle
