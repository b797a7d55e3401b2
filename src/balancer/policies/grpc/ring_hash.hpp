#pragma once

#include <algorithm>
#include <string>

#include "balancer/hashing/scaled_ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::grpc {

/// gRPC's ring hash: a ring of about so many points in all (see fill() of scaled_ring.hpp) over all
/// backends, connected or not, walked clockwise to the first that is.
///
/// So a backend that fails keeps its points, and its keys come home when it does; a change of
/// membership or weight builds the ring anew.  A request without a key starts anywhere.
/// A pick costs O(log points), and one step more for each point of an excluded backend in the way.
class RingHash final : public Policy {
public:
    static constexpr std::string_view kName = "grpc/ring_hash";
    static constexpr std::string_view kSummary =
        "A ring of so many points in all, walked to the first that is ready";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr std::string_view kCost = "O(log points)";
    static constexpr std::string_view kSource =
        "gRFC A42, A61 and A76; grpc-go, balancer/ringhash (newRing, picker.Pick)";
    static constexpr std::string_view kDiffers =
        "Envoy builds the same ring over the healthy only, in order of configuration; here it has "
        "all, in order of names, and 4096 points at most. ring_hash has so many points a backend";
    struct Config {
        std::int64_t min_ring_size = 1024, max_ring_size = 4096;
        void describe(Fields& f) {
            constexpr Range kSizes{.low = 1, .high = 4096};
            f.field("min_ring_size", min_ring_size, "Points there are in all, at least", kSizes);
            f.field("max_ring_size", max_ring_size,
                    "Points there are in all, at most; beyond it shares are rounded", kSizes);
            if (min_ring_size > max_ring_size)
                f.problem("min_ring_size", "more than max_ring_size",
                          std::to_string(max_ring_size));
        }
    };
    explicit RingHash(const Config& config)
        : scale_{static_cast<std::uint64_t>(config.min_ring_size),
                 static_cast<std::uint64_t>(config.max_ring_size)} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        auto place = ring_.find(c.request.key.empty() ? c.rng() : hash_of(c.request.key));
        c.explain([](Explanation& why) {
            why.rule = "the owner of the first point at or after the hash that may be picked";
            why.score = "points passed over";
        });
        for (std::size_t passed = 0; passed != ring_.size(); ++passed) {
            const auto owner = ring_.owner(place);
            const bool ready = c.view.is_eligible(owner);
            c.explain([&](Explanation& why) {
                why.candidates.push_back(
                    {owner, static_cast<double>(passed), ready ? "" : "excluded"});
            });
            if (ready) return owner;
            place = ring_.after(place);
        }
        return std::nullopt;  // So many backends that those who are ready have no point.
    }
    void on_added(BackendId, const View&, Instant) override { stale_ = true; }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_removed(BackendId, const View&, Instant) override { stale_ = true; }
    std::vector<RingPoint> ring() const override { return ring_.on_circle(); }

private:
    void build(const View& view) {
        auto shares = shares_of(view.members(), view);
        std::sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) {
            return a.name != b.name ? a.name < b.name : a.backend < b.backend;
        });
        fill(ring_, shares, scale_);
        stale_ = false;
    }

    RingScale scale_;
    Ring ring_;
    bool stale_ = true;
};

}  // namespace lb::grpc
