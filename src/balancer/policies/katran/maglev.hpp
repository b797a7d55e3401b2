#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "balancer/hashing/katran.hpp"
#include "balancer/hashing/maglev.hpp"
#include "balancer/hashing/ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::katran {

/// Sends a key to the real at its place of Katran's Maglev ring.
///
/// The ring holds the members that are not excluded, in the order of their hashes, so neither
/// their order nor who was there before matters.  A change builds it anew with the next pick, and
/// keys of others move too, a few.  A backend that is full stays on the ring, and its keys go to
/// the next place whose owner is not; Katran has no such limit.
///
/// A pick is a new connection.  Those Katran looks up in the ring without asking its connection
/// table (LRU), which only holds the later packets of a connection to its real; so there is no
/// table here.
///
/// We differ: a real's hash is hash_of() its name and not of its address, and a flow's is hash_of()
/// the request's key and not jhash of its addresses and ports, so that who gets a key is ours, and
/// how the ring is filled Katran's.
///
/// Source: Vip::batchRealsUpdate in katran/lib/Vip.cpp, and katran_ring.
class Maglev final : public Policy {
public:
    static constexpr std::string_view kName = "katran/maglev";
    static constexpr std::string_view kSummary = "Katran: a Maglev ring of 65537 places";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 65535};
    static constexpr std::string_view kCost = "O(1) a pick; a change of members O(places)";
    static constexpr std::string_view kSource =
        "facebookincubator/katran at 19f08fe, katran/lib/Maglev{Base,Hash,HashV2}.cpp and Vip.cpp";
    static constexpr std::string_view kDiffers =
        "An excluded backend leaves the ring, which is built anew; weights of V1 hardly matter. "
        "Reals and flows are hashed by name and key, not by address.";

    struct Config {
        static constexpr std::int64_t kMost = 10'000'019;
        katran_ring::Version version = katran_ring::Version::V1;
        std::int64_t ring = 65537;
        void describe(Fields& f) {
            static constexpr std::array<std::string_view, 2> kVersions{"v1", "v2"};
            word(f, "version", version, kVersions,
                 "v1: weights count in the first round only; v2: in proportion");
            f.field("ring", ring, "Places on the ring: a prime",
                    {.low = 3, .high = static_cast<double>(kMost)});
            const auto size = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ring, 3, kMost));
            if (next_prime(size) != size)
                f.problem("ring", std::to_string(size) + " is not a prime",
                          std::to_string(next_prime(size)));
        }
    };
    explicit Maglev(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (stale_) build(c.view);
        const auto home = static_cast<std::size_t>(hash_of(c.request.key) % ring_.size());
        auto place = home;
        for (std::size_t i = 0; i != ring_.size() && !c.view.is_eligible(ring_[place]); ++i)
            place = place + 1 == ring_.size() ? 0 : place + 1;
        c.explain([&](Explanation& why) {
            why.rule = "The owner of the key's place; while it is full, of the next place.";
            why.score = "place on the ring";
            why.candidates.push_back({ring_[home], static_cast<double>(home), "owner"});
            if (place != home)
                why.candidates.push_back({ring_[place], static_cast<double>(place), "next"});
        });
        if (!c.view.is_eligible(ring_[place])) return std::nullopt;
        return ring_[place];
    }
    void on_eligible(BackendId id, bool, const View& view, Instant) override {
        const bool serves = view.is_eligible(id) || view.is_only_full(id);
        if (serves == reals_.contains(id)) return;
        if (serves)
            reals_.insert(id);
        else
            reals_.erase(id);
        stale_ = true;
    }
    void on_weight(BackendId, const View&, Instant) override { stale_ = true; }
    void on_removed(BackendId id, const View&, Instant) override {
        stale_ = stale_ || reals_.contains(id);
        reals_.erase(id);
    }

private:
    void build(const View& view) {
        struct Real {
            katran_ring::Endpoint endpoint;
            BackendId id;
        };
        std::vector<Real> reals;
        for (const auto id : reals_.all()) {
            const double weight = std::clamp(view.weight(id) + 0.5, 1.0, 4e9);
            reals.push_back({{hash_of(view.name(id)), static_cast<std::uint32_t>(weight)}, id});
        }
        std::sort(reals.begin(), reals.end(), [](const Real& a, const Real& b) {
            const auto x = a.endpoint.hash, y = b.endpoint.hash;
            return x != y ? x < y : a.id < b.id;
        });
        std::vector<katran_ring::Endpoint> endpoints;
        for (const auto& real : reals) endpoints.push_back(real.endpoint);
        const auto size = static_cast<std::uint32_t>(config_.ring);
        ring_.clear();
        for (const auto who : katran_ring::build(endpoints, size, config_.version))
            ring_.push_back(reals[who].id);
        stale_ = false;
    }

    Config config_;
    BackendSet reals_;
    std::vector<BackendId> ring_;
    bool stale_ = true;
};

}  // namespace lb::katran
