#pragma once

#include "balancer/policies/ribbon/servers.hpp"

namespace lb::ribbon {

/// The server with the fewest requests of this client, the first that joined among equals; those
/// that cannot be reached are left alone for a while: Ribbon's BestAvailableRule.
///
/// If all eligible ones are being left alone it is round robin, which may then give up after ten
/// servers.  An idle client always asks the first.  A pick costs O(n).
///
/// Source: Ribbon, BestAvailableRule.java.
class BestAvailable final : public Rule {
public:
    static constexpr std::string_view kName = "ribbon/best_available";
    static constexpr std::string_view kSummary =
        "As Ribbon: the fewest requests in flight, the first among equals";
    static constexpr Equalises kEqualises = Equalises::InFlight;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr bool kDeclines = true;
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "Ribbon 2a55b5da, BestAvailableRule.java and ServerStats.java";
    static constexpr std::string_view kDiffers =
        "Unlike least_connections it takes the first among equals, so a fleet with little to do is "
        "uneven. Ribbon's rule does not look at what its health checks found; excluded backends "
        "are left out here.";
    using Config = Breaker;
    explicit BestAvailable(const Config& config) : Rule{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        std::optional<BackendId> best;
        std::uint32_t fewest = 0;
        for (const auto id : servers_.all()) {
            if (!c.view.is_eligible(id) || servers_.tripped(id, c.now)) continue;
            const auto active = servers_.active(id, c.now);
            c.explain([&](Explanation& why) {
                why.candidates.push_back({id, static_cast<double>(active)});
            });
            if (!best || active < fewest) best = id, fewest = active;
        }
        if (!best) return next(c);
        c.explain([](Explanation& why) {
            why.rule = "the fewest requests of this client; the first that joined among equals";
            why.score = "requests in flight";
        });
        return best;
    }
};

}  // namespace lb::ribbon
