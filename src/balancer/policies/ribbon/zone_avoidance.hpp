#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "balancer/policies/ribbon/servers.hpp"

namespace lb::ribbon {

/// Round robin over the servers of all zones but those that are dark and the busiest one: Ribbon's
/// ZoneAvoidanceRule, the default of Spring Cloud Netflix.
///
/// A zone's load is the requests of this client per server in use.  A zone is dark if at least the
/// share `blackout_share` of its servers is not in use: it cannot be reached, or is excluded.  If
/// no zone is dark and none has a load of `triggering_load`, all zones are used.  Else dark zones
/// are left out, and of the others the one with the highest load too, even if it is low: one
/// failing zone of two leaves none.  Among equally loaded zones the one to leave out is drawn for
/// each server anew, in proportion to their servers; so all of them lose some.  If nobody is left,
/// zones do not count; if then nobody is left, those that cannot be reached count as well.  A
/// server without a zone is never left out.  With one zone it is round robin.  A pick costs O(n),
/// as there.
///
/// Source: Ribbon, ZoneAvoidanceRule.java (getAvailableZones), ZoneAvoidancePredicate.java,
/// AvailabilityPredicate.java, CompositePredicate.java and LoadBalancerStats.java
/// (getZoneSnapshot).
class ZoneAvoidance final : public Rule {
public:
    static constexpr std::string_view kName = "ribbon/zone_avoidance";
    static constexpr std::string_view kSummary =
        "As Ribbon: in turn, but not in the busiest zone nor in dark ones";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource =
        "Ribbon 2a55b5da, ZoneAvoidanceRule.java, ZoneAvoidancePredicate.java and "
        "LoadBalancerStats.java";
    static constexpr std::string_view kDiffers =
        "Ribbon's rule does not look at what its health checks found: an excluded backend counts "
        "here as one whose breaker is open, and is never picked. The turn starts at the second "
        "server, as Ribbon's RoundRobinRule; in Ribbon this rule has a turn of its own that starts "
        "at the first.";
    struct Config : Breaker {
        double triggering_load = 0.2, blackout_share = 0.99999;
        void describe(Fields& f) {
            f.field("triggering_load", triggering_load,
                    "Requests in flight per server of a zone from which on zones are avoided",
                    kNotNegative);
            f.field("blackout_share", blackout_share,
                    "Share of a zone's servers out of use from which on it is dark", kProbability,
                    Unit::Fraction);
            Breaker::describe(f);
        }
    };
    explicit ZoneAvoidance(const Config& config) : Rule{config}, config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        look_at_zones(c);
        found_.clear();
        for (const auto id : servers_.all())
            if (in_good_zone(id, c.rng) && usable(id, c)) found_.push_back(id);
        if (found_.empty())
            for (const auto id : servers_.all())
                if (usable(id, c)) found_.push_back(id);
        if (found_.empty())
            for (const auto id : servers_.all())
                if (c.view.is_eligible(id)) found_.push_back(id);
        c.explain([&](Explanation& why) {
            why.rule = "the next in turn of those in no dark zone and not in the busiest";
            why.score = "requests in flight";
            for (const auto id : found_)
                why.candidates.push_back({id, static_cast<double>(servers_.active(id, c.now)),
                                          "zone \"" + c.view.backend(id).zone + '"'});
        });
        return found_[servers_.turn(found_.size())];
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        Rule::on_added(id, view, now);
        zone_of_.resize(std::max(zone_of_.size(), view.slots()));
        zone_of_[index(id)] = zone_named(view.backend(id).zone);
    }

private:
    static constexpr std::size_t kNoZone = ~std::size_t{0};
    struct Zone {
        std::string name;
        std::size_t servers = 0, out = 0;
        std::uint64_t active = 0;  // Of the servers in use.
        bool dark = false, worst = false;
        double load() const {
            return static_cast<double>(active) / static_cast<double>(servers - out);
        }
    };

    std::size_t zone_named(const std::string& name) {
        if (name.empty()) return kNoZone;
        const auto at = std::find_if(zones_.begin(), zones_.end(),
                                     [&](const Zone& zone) { return zone.name == name; });
        const auto place = static_cast<std::size_t>(at - zones_.begin());
        if (at == zones_.end()) zones_.push_back({.name = name});
        return place;
    }
    bool usable(BackendId id, const PickContext& c) const {
        return c.view.is_eligible(id) && !servers_.tripped(id, c.now);
    }
    /// A full one is not usable, and yet no sign of a dark zone.
    bool in_use(BackendId id, const PickContext& c) const {
        return (c.view.is_eligible(id) || c.view.is_only_full(id)) && !servers_.tripped(id, c.now);
    }

    void look_at_zones(const PickContext& c) {
        for (auto& zone : zones_)
            zone.servers = zone.out = zone.active = 0, zone.dark = zone.worst = false;
        for (const auto id : servers_.all()) {
            if (zone_of_[index(id)] == kNoZone) continue;
            auto& zone = zones_[zone_of_[index(id)]];
            ++zone.servers;
            if (in_use(id, c))
                zone.active += servers_.active(id, c.now);
            else
                ++zone.out;
        }
        std::size_t zones = 0;
        for (const auto& zone : zones_) zones += zone.servers != 0;
        if (zones > 1) judge_zones();
    }
    void judge_zones() {
        double most = 0;
        bool limited = false;
        for (auto& zone : zones_) {
            if (zone.servers == 0) continue;
            zone.dark = static_cast<double>(zone.out) / static_cast<double>(zone.servers) >=
                        config_.blackout_share;
            limited = limited || zone.dark;
            if (!zone.dark && zone.load() > most) most = zone.load();
        }
        if (most < config_.triggering_load && !limited) return;
        for (auto& zone : zones_)
            zone.worst = zone.servers != 0 && !zone.dark && std::fabs(zone.load() - most) < 1e-6;
    }
    bool in_good_zone(BackendId id, Rng& rng) const {
        const auto zone = zone_of_[index(id)];
        return zone == kNoZone || (!zones_[zone].dark && zone != avoided(rng));
    }
    /// One of the worst zones, in proportion to their servers.
    std::size_t avoided(Rng& rng) const {
        std::size_t servers = 0, zones = 0, last = kNoZone;
        for (std::size_t i = 0; i != zones_.size(); ++i)
            if (zones_[i].worst) servers += zones_[i].servers, ++zones, last = i;
        if (zones < 2) return last;
        auto drawn = rng.below(servers);
        for (std::size_t i = 0; i != zones_.size(); ++i) {
            if (!zones_[i].worst) continue;
            if (drawn < zones_[i].servers) return i;
            drawn -= zones_[i].servers;
        }
        return last;
    }

    Config config_;
    std::vector<Zone> zones_;           // That there ever were.
    std::vector<std::size_t> zone_of_;  // By slot.
    std::vector<BackendId> found_;      // Of the current pick.
};

}  // namespace lb::ribbon
