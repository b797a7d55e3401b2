#pragma once

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::grpc {

/// gRPC's least request: of a few ready backends drawn at random, with replacement, the one with
/// the fewest requests in flight.  A pick costs O(choices).
class LeastRequest final : public Policy {
public:
    static constexpr std::string_view kName = "grpc/least_request";
    static constexpr std::string_view kSummary = "The fewest in flight of two drawn";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(choices)";
    static constexpr std::string_view kSource =
        "gRFC A48; grpc-go, balancer/leastrequest (picker.Pick)";
    static constexpr std::string_view kDiffers =
        "p2c draws distinct backends and looks at weights, this one draws with replacement and "
        "does not. As Envoy's with equal weights";
    struct Config {
        std::int64_t choices = 2;
        void describe(Fields& f) {
            f.field("choice_count", choices, "How many are drawn, with replacement",
                    {.low = 2, .high = 10});
        }
    };
    explicit LeastRequest(const Config& config) : choices_{config.choices} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([](Explanation& why) {
            why.rule = "the fewest in flight of those drawn, of equal ones the first drawn";
            why.score = "requests in flight";
        });
        BackendId best = drawn(c);
        for (std::int64_t i = 1; i < choices_; ++i) {
            const BackendId other = drawn(c);
            if (c.view.in_flight(other) < c.view.in_flight(best)) best = other;
        }
        return best;
    }

private:
    static BackendId drawn(const PickContext& c) {
        const auto pool = c.view.eligible();
        const auto id = pool[c.rng.below(pool.size())];
        c.explain([&](Explanation& why) {
            why.candidates.push_back({id, static_cast<double>(c.view.in_flight(id))});
        });
        return id;
    }

    std::int64_t choices_;
};

}  // namespace lb::grpc
