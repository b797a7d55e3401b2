#pragma once

#include "balancer/policies/ribbon/servers.hpp"
#include "balancer/ranking.hpp"

namespace lb::ribbon {

/// The server with the fewest requests of this client, the first that joined among equals; those
/// that cannot be reached are left alone for a while: Ribbon's BestAvailableRule.
///
/// If all eligible ones are being left alone it is round robin, which may then give up after ten
/// servers.  An idle client always asks the first.  Ribbon walks over all servers at each pick;
/// here that is so of few, and many are ranked, at O(log n).
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
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Ribbon 2a55b5da, BestAvailableRule.java and ServerStats.java";
    static constexpr std::string_view kDiffers =
        "Unlike least_connections it takes the first among equals, so a fleet with little to do is "
        "uneven. Ribbon's rule does not look at what its health checks found; excluded backends "
        "are left out here.";
    using Config = Breaker;
    explicit BestAvailable(const Config& config, std::size_t few = Ranking<std::int64_t>::kFew)
        : Rule{config}, ranking_{few} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto best = ranking_.first(
            c.now, [&](BackendId id) { return may(id, c); },
            [&](BackendId id) { return active(id, c.now); });
        if (!best) return next(c);
        c.explain([&](Explanation& why) {
            why.rule = "the fewest requests of this client; the first that joined among equals";
            why.score = "requests in flight";
            for (const auto id : servers_.all())
                if (may(id, c))
                    why.candidates.push_back({id, static_cast<double>(active(id, c.now))});
        });
        return best;
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Rule::on_added(id, view, now);
        ranking_.on_added(id, view);
    }
    void on_eligible(BackendId id, bool, const View&, Instant) override { ranking_.touch(id); }
    void on_removed(BackendId id, const View& view, Instant now) override {
        Rule::on_removed(id, view, now);
        ranking_.on_removed(id);
    }
    void on_sent(BackendId id, Instant now) override {
        Rule::on_sent(id, now);
        ranking_.touch(id);
    }
    void on_done(BackendId id, const Response& response, Instant now) override {
        Rule::on_done(id, response, now);
        ranking_.touch(id);
    }

private:
    bool may(BackendId id, const PickContext& c) {
        if (!c.view.is_eligible(id)) return false;
        const bool tripped = servers_.tripped(id, c.now);
        if (tripped) ranking_.wake(id, servers_.tripped_until(id));
        return !tripped;
    }
    std::int64_t active(BackendId id, Instant now) {
        const std::int64_t requests = servers_.active(id, now);
        if (requests != 0) ranking_.wake(id, servers_.lost_after(id) + Duration{1});
        return requests;
    }

    Ranking<std::int64_t> ranking_;  // By requests in flight.
};

}  // namespace lb::ribbon
