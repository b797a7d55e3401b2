#pragma once

#include "balancer/hashing/jump.hpp"
#include "balancer/hashing/rehash.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a key to one of numbered buckets without any table: see jump_hash().
///
/// Backends take the buckets in the order in which they join, not in order of names, since only a
/// bucket at the end comes without moving other keys: one that joins gains its part and nobody else
/// loses.  When one leaves, the last takes over its bucket, so that two parts in n move and not all
/// from its place on; the price is that who has which bucket depends on history: balancers agree if
/// they heard of the same changes in the same order.
///
/// An excluded backend keeps its bucket, whose keys are hashed again (see rehash()).
class Jump final : public Policy {
public:
    static constexpr std::string_view kName = "jump";
    static constexpr std::string_view kSummary = "Jump consistent hash: even, and without a table";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kIndependent = true;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr bool kOrdered = true;
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "Lamping & Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, arXiv:1406.2294";
    static constexpr std::string_view kDiffers =
        "Buckets go by the order of joining, and only the last may leave: when another does, the "
        "last takes its place. No weights.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Jump(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        return found(c, *this, hash_of(c.request.key));
    }
    void on_added(BackendId id, const View&, Instant) override { buckets_.insert(id); }
    void on_removed(BackendId id, const View&, Instant) override { buckets_.erase(id); }

    // As a table: see lookups.hpp.
    static constexpr std::string_view kRule =
        "the key's bucket, hashed again while it is that of one that is excluded";
    static constexpr std::string_view kScore = "times hashed before";
    template <class Accepts>
    BackendId find(std::uint64_t hash, Accepts accepts) const {
        const auto all = buckets_.all();
        const auto place_of = [n = static_cast<std::uint32_t>(all.size())](std::uint64_t h) {
            return jump_hash(h, n);
        };
        return rehash(hash, all, place_of, accepts);
    }

private:
    BackendSet buckets_;
};

}  // namespace lb
