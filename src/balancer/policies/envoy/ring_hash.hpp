#pragma once

#include "balancer/hashing/scaled_ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/envoy/hashing.hpp"

namespace lb::envoy {

class RingHosts {
public:
    static constexpr std::string_view kRule =
        "the owner of the first point at or after the hash, for the k-th retry k points on";
    struct Config {
        std::int64_t minimum_ring_size = 1024, maximum_ring_size = 8'388'608;
        RingScale::Hash hash_function = RingScale::Hash::XxHash;
        void describe(Fields& f) {
            static constexpr std::string_view kHashes[] = {"xx_hash", "murmur_hash_2"};
            constexpr Range kSizes{.low = 1, .high = 8'388'608};
            f.field("minimum_ring_size", minimum_ring_size, "Points there are in all, at least",
                    kSizes);
            f.field("maximum_ring_size", maximum_ring_size,
                    "Points there are in all, at most; beyond it shares are rounded", kSizes);
            word(f, "hash_function", hash_function, kHashes, "What places points on the ring");
            if (minimum_ring_size > maximum_ring_size)
                f.problem("minimum_ring_size", "more than maximum_ring_size",
                          std::to_string(maximum_ring_size));
        }
    };
    explicit RingHosts(const Config& config)
        : scale_{static_cast<std::uint64_t>(config.minimum_ring_size),
                 static_cast<std::uint64_t>(config.maximum_ring_size), config.hash_function} {}

    void build(std::span<const NamedShare> shares) { fill(ring_, shares, scale_); }
    std::size_t find(std::uint64_t hash, std::size_t attempt) const {
        return (ring_.find(hash) + attempt) % ring_.size();
    }
    std::size_t size() const { return ring_.size(); }
    BackendId owner(std::size_t place) const { return ring_.owner(place); }
    std::span<const Ring::Point> points() const { return ring_.points(); }
    const Ring& ring() const { return ring_; }

private:
    RingScale scale_;
    Ring ring_;
};

/// Envoy's ring hash: a ring of about so many points in all (see fill() of scaled_ring.hpp), built
/// anew over the healthy hosts whenever they change, and optionally a bound on the load of each.
///
/// A retry goes to a later point, which may well be the same host's.  A pick costs O(log points),
/// with an overloaded host O(n); a change O(points log points).
class RingHash final : public Hashed<RingHosts> {
public:
    static constexpr std::string_view kName = "envoy/ring_hash";
    static constexpr std::string_view kSummary =
        "A ring of so many points in all, built over the healthy";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr bool kOrdered = true;
    static constexpr std::string_view kCost = "O(log points); a change of hosts builds the ring";
    static constexpr std::string_view kSource = "Envoy, ring_hash_lb.cc, thread_aware_lb_impl.cc";
    static constexpr std::string_view kDiffers =
        "ring_hash has so many points a backend, whoever else is there, and keeps those of the "
        "excluded. A full backend is passed over where Envoy's circuit breaker would fail the "
        "request";
    using Hashed::Hashed;
};

}  // namespace lb::envoy
