#pragma once

#include "balancer/hashing/fnv.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "base/math.hpp"

namespace lb::traefik {

/// Highest random weight, weighted rendezvous hashing (Thaler and Ravishankar, IEEE/ACM ToN 6(1),
/// 1998): each backend's score for a key is weight / -ln(u), where u in (0, 1) is the FNV-1a hash
/// of the key with the backend's name behind it; the highest wins.
///
/// There is no table.  When a backend goes, its keys spread over the others by weight and nobody
/// else's move; when it is back they come home.  Traefik hashes the client's address as text;
/// here that is the request's key.
///
/// Source: getNodeScore, nextServer in pkg/server/service/loadbalancer/hrw/hrw.go.  FNV-1a mixes
/// the last bytes of a text poorly into its highest bits, so names that differ in their last
/// character only have scores that hang together; we keep that.  Where all scores are 0 the program
/// would crash; here the first backend wins.
class Hrw final : public Policy {
public:
    static constexpr std::string_view kName = "traefik/hrw";
    static constexpr std::string_view kSummary = "Traefik: rendezvous hashing, weighted";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole};
    static constexpr std::string_view kCost = "O(n) a pick";
    static constexpr std::string_view kSource =
        "Traefik v3 at fd5a576, loadbalancer/hrw/hrw.go: getNodeScore, nextServer";
    static constexpr std::string_view kDiffers =
        "No table and nothing to rebuild, but every backend is hashed for each request.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Hrw(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto stem = Fnv1a{}.add(c.request.key);
        std::optional<BackendId> best;
        double most = 0;
        for (const auto id : c.view.eligible()) {
            const double s = score(stem, c.view.name(id), c.view.weight(id, c.now));
            c.explain([&](Explanation& why) { why.candidates.push_back({id, s}); });
            if (best && !(s > most)) continue;
            best = id;
            most = s;
        }
        c.explain([](Explanation& why) {
            why.rule = "The highest score of the key with the backend's name.";
            why.score = "weight / -ln(hash / 2^64)";
        });
        return best;
    }

private:
    static double score(Fnv1a stem, std::string_view name, double weight) {
        const double u = static_cast<double>(stem.add(name).value()) * 0x1p-64;
        return 1.0 / -log(u) * weight;
    }
};

}  // namespace lb::traefik
