#pragma once

#include <algorithm>

#include "balancer/hashing/ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "base/fields.hpp"

namespace lb {

/// Sends a key where it always goes: a consistent-hashing ring (see Ring), with a number of points
/// per unit of weight that does not depend on who else is there.
///
/// Built over all members, so that an excluded backend keeps its place: its keys go to the next
/// eligible point clockwise and come home when it does.  A look-up takes O(log points), and one
/// step more for each point of an excluded backend in the way; a change of membership or weight
/// rebuilds the ring at the next pick, O(points log points).  A request without a key is hashed as
/// the empty key.
class RingHash final : public Policy {
public:
    static constexpr std::string_view kName = "ring_hash";
    static constexpr std::string_view kSummary = "A consistent-hashing ring of many points each";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr std::string_view kCost = "O(log points)";
    static constexpr std::string_view kSource =
        "Karger et al., Consistent Hashing and Random Trees, STOC 1997";
    static constexpr std::string_view kDiffers =
        "The number of points of a backend depends on its weight alone, so that only the keys that "
        "somebody gains or loses move. Envoy and gRPC scale all when the lightest changes.";

    struct Config {
        std::int64_t vnodes = 160;
        void describe(Fields& f) {
            f.field("vnodes", vnodes, "Points on the ring per unit of weight",
                    {.low = 1, .high = 1e5});
        }
    };
    explicit RingHash(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        const auto first = ring_.find(hash_of(c.request.key));
        auto place = first;
        while (!c.view.is_eligible(ring_.owner(place))) place = ring_.after(place);
        c.explain([&](Explanation& why) { tell(why, first, place); });
        return ring_.owner(place);
    }
    void on_added(BackendId, const View&, Instant) override { stale_ = true; }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_removed(BackendId, const View&, Instant) override { stale_ = true; }

private:
    void tell(Explanation& why, std::size_t first, std::size_t last) const {
        why.rule = "the first point clockwise whose backend may be picked";
        why.score = "points clockwise from the key";
        double passed = 0;
        for (auto place = first; place != last; place = ring_.after(place))
            why.candidates.push_back({ring_.owner(place), passed++, "excluded"});
        why.candidates.push_back({ring_.owner(last), passed});
    }
    void build(const View& view) {
        ring_.clear();
        for (const auto id : view.members()) {
            const double points = static_cast<double>(config_.vnodes) * view.weight(id);
            ring_.add(view.name(id), id,
                      std::max<std::size_t>(1, static_cast<std::size_t>(points + 0.5)));
        }
        ring_.seal();
        stale_ = false;
    }

    Config config_;
    Ring ring_;
    bool stale_ = true;
};

}  // namespace lb
