#pragma once

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::envoy {

/// Envoy's random: any healthy host, uniformly.  Weights of hosts are not looked at.
/// A pick costs O(1).
class Random final : public Policy {
public:
    static constexpr std::string_view kName = "envoy/random";
    static constexpr std::string_view kSummary = "Anywhere, uniformly";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr bool kIndependent = true;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource = "Envoy, random_lb.cc (RandomLoadBalancer)";
    static constexpr std::string_view kDiffers = "random goes by weight, this one does not";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Random(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto pool = c.view.eligible();
        c.explain([&](Explanation& why) {
            why.rule = "any, uniformly";
            why.score = "probability";
            for (const auto id : pool)
                why.candidates.push_back({id, 1 / static_cast<double>(pool.size())});
        });
        return pool[c.rng.below(pool.size())];
    }
};

}  // namespace lb::envoy
