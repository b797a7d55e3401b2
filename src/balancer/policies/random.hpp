#pragma once

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/weight_tree.hpp"

namespace lb {

/// Each request anywhere, with probability proportional to weight.
///
/// A pick costs O(1) while all weights are equal, O(log n) while they differ.
class Random final : public Policy {
public:
    static constexpr std::string_view kName = "random";
    static constexpr std::string_view kSummary = "Anywhere, in proportion to weight";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr bool kIndependent = true;
    static constexpr std::string_view kCost = "O(1), O(log n) while weights differ";
    static constexpr std::string_view kSource = "A tree of sums of weights";
    static constexpr std::string_view kDiffers =
        "It draws one and looks at nothing else, where p2c draws two and takes the less busy.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Random(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) {
            why.rule = "drawn with probability proportional to weight";
            why.score = "weight";
            for (const auto id : c.view.eligible())
                why.candidates.push_back({id, c.view.weight(id, c.now)});
        });
        if (c.view.uniform()) return c.view.eligible()[c.rng.below(c.view.eligible().size())];
        return BackendId{static_cast<std::uint32_t>(weights_.at(c.rng.unit()))};
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant now) override {
        weights_.resize(view.slots());
        weights_.set(index(id), eligible ? view.weight(id, now) : 0);
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        if (view.is_eligible(id)) weights_.set(index(id), view.weight(id, now));
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }

private:
    WeightTree weights_;
};

}  // namespace lb
