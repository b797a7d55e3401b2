#pragma once

#include <cstdint>
#include <cstring>

#include "balancer/policies.hpp"
#include "balancer/policies/envoy/hashing.hpp"

namespace lb::envoy {

/// How much a host wants a key: -weight / ln(u), where u in [0, 1) comes from key and host, and the
/// logarithm is a rational approximation with an error of some 1e-4, so that scores are Envoy's.
/// Greater is better.
inline double rendezvous_score(std::uint64_t key_hash, std::uint64_t host_hash, double weight) {
    std::uint64_t x = key_hash ^ host_hash;  // Mixed by xorshift*.
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    x *= 2'685'821'657'736'338'717u;
    const double u = static_cast<double>(x & ((std::uint64_t{1} << 53) - 1)) * 0x1.0p-53;

    // u = m * 2^e with m in [0.75, 1.5), and log2(m) by m - 1.
    std::uint64_t bits;
    std::memcpy(&bits, &u, sizeof bits);
    const std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
    const std::uint64_t exponent = 1023 ^ (mantissa >> 51);
    const std::uint64_t scaled = exponent << 52 | mantissa;
    double m;
    std::memcpy(&m, &scaled, sizeof m);
    const double e = static_cast<double>(bits >> 52) - static_cast<double>(exponent);
    const double t = m - 1;
    const double log2 = e + t * (0.338953 * t + 2.198599) / (t + 1.523692);
    return -weight / (log2 * 0.6931471805599453);
}

class RendezvousHosts {
public:
    static constexpr std::string_view kRule =
        "whoever scores highest for the hash, for a retry for another hash";
    struct Config {
        void describe(Fields&) {}
    };
    explicit RendezvousHosts(const Config&) {}

    void build(std::span<const NamedShare> shares) {
        hosts_.clear();
        for (const auto& s : shares) hosts_.push_back({s.backend, hash_of(s.name), s.share});
    }
    std::size_t find(std::uint64_t hash, std::size_t attempt) const {
        if (attempt != 0) hash ^= ~std::uint64_t{0} - attempt + 1;
        std::size_t best = 0;
        double most = 0;
        for (std::size_t i = 0; i != hosts_.size(); ++i) {
            const double score = rendezvous_score(hash, hosts_[i].hash, hosts_[i].share);
            if (i == 0 || score > most) best = i, most = score;
        }
        return best;
    }
    std::size_t size() const { return hosts_.size(); }
    BackendId owner(std::size_t place) const { return hosts_[place].backend; }

private:
    struct Host {
        BackendId backend;
        std::uint64_t hash;
        double share;
    };
    std::vector<Host> hosts_;
};

/// Envoy's rendezvous hash: every healthy host bids for the key (see rendezvous_score()), and
/// optionally a bound on the load of each.  Only keys of hosts that come or go move.
/// A pick costs O(n).
class RendezvousHash final : public Hashed<RendezvousHosts> {
public:
    static constexpr std::string_view kName = "envoy/rendezvous_hash";
    static constexpr std::string_view kSummary = "Whoever bids highest for the key";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr std::string_view kCost = "O(n)";
    static constexpr std::string_view kSource = "Envoy, rendezvous_hash_lb.cc (computeScore)";
    static constexpr std::string_view kDiffers =
        "rendezvous takes an exact logarithm, this one Envoy's approximation. A full backend's "
        "keys go to the next configured where Envoy's circuit breaker would fail the request";
    using Hashed::Hashed;
};

}  // namespace lb::envoy
