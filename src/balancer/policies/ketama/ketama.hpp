#pragma once

#include <algorithm>
#include <vector>

#include "balancer/hashing/ketama.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::ketama {

/// Sends a key to the server at its point of libketama's ring: see KetamaRing.
///
/// The ring is that of the servers file: all members with their weights.  libketama knows of no
/// failures and would send a dead server's keys there; here those of an excluded backend go to the
/// next eligible point clockwise, as most of its users do.  If no eligible backend has a point (its
/// weight is too small) the request is rejected.
///
/// A request without a key is hashed as the empty key.
class Ketama final : public Policy {
public:
    static constexpr std::string_view kName = "ketama/ketama";
    static constexpr std::string_view kSummary = "libketama: a ring of MD5 points";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole};
    static constexpr std::string_view kCost =
        "O(log points) a pick, one step more for each point of an excluded backend";
    static constexpr std::string_view kSource =
        "RJ/ketama at 18cf9a7, libketama/ketama.c: ketama_create_continuum, ketama_get_server";
    static constexpr std::string_view kDiffers =
        "160 points a server on average, fewer in sum as shares are rounded down, where ring_hash "
        "gives each its own number. Excluded backends are passed over, of which libketama knows "
        "nothing.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Ketama(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        const auto points = ring_.points();
        if (points.empty()) return std::nullopt;
        const auto home = ring_.find(ketama_hash(c.request.key));
        auto place = home;
        for (std::size_t i = 0; i != points.size() && !c.view.is_eligible(owner(place)); ++i)
            place = ring_.after(place);
        c.explain([&](Explanation& why) {
            why.rule = "The first point clockwise of the key's hash whose owner is eligible.";
            why.score = "point on the ring";
            why.candidates.push_back({owner(home), double(points[home].hash), "owner"});
            if (place != home)
                why.candidates.push_back({owner(place), double(points[place].hash), "next"});
        });
        if (!c.view.is_eligible(owner(place))) return std::nullopt;
        return owner(place);
    }
    void on_added(BackendId id, const View&, Instant) override {
        servers_.push_back(id);
        stale_ = true;
    }
    void on_removed(BackendId id, const View&, Instant) override {
        std::erase(servers_, id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    std::vector<RingPoint> ring() const override {
        std::vector<RingPoint> out;
        for (const auto& point : ring_.points())
            out.push_back({point.hash * 0x1p-32, servers_[point.server]});
        return out;
    }

private:
    BackendId owner(std::size_t place) const { return servers_[ring_.points()[place].server]; }
    void build(const View& view) {
        std::vector<KetamaRing::Server> servers;
        for (const auto id : servers_)
            servers.push_back(
                {view.name(id), static_cast<std::uint64_t>(std::max(1.0, view.weight(id) + 0.5))});
        ring_.build(servers);
        stale_ = false;
    }

    std::vector<BackendId>
        servers_;  // In the order of joining, which decides between equal points.
    KetamaRing ring_;
    bool stale_ = true;
};

}  // namespace lb::ketama
