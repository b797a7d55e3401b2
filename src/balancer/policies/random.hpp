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
    struct Config {
        void describe(Fields&) {}
    };
    explicit Random(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
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
    void on_ramp(BackendId id, const View& view, Instant now) override {
        on_weight(id, view, now);
    }

private:
    WeightTree weights_;
};

}  // namespace lb
