#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb::ipvs {

/// What a destination weighs to the kernel: a whole number from 1 (rounded, if it is not).
inline std::int64_t weight_of(double weight) {
    return weight < 1 ? 1 : static_cast<std::int64_t>(weight + 0.5);
}

/// What the schedulers of Linux IPVS (net/netfilter/ipvs of 6.1.192) have in common: the list of a
/// virtual service's destinations.
///
/// An eligible backend is a destination with its weight.  One that holds max_in_flight is a
/// destination past its upper threshold ("overloaded"): it keeps its weight and is passed over.
/// One that is excluded for any other reason has weight 0, which is how IPVS quiesces: it stays in
/// the list.  So a destination may be scheduled exactly if it is eligible.
///
/// We differ: the kernel puts a destination that is added in front of the others; here the list is
/// in the order in which they joined.
class Scheduler : public Policy {
public:
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 65535};

    void on_added(BackendId id, const View&, Instant) override { list_.push_back(id); }
    void on_removed(BackendId id, const View&, Instant) override { std::erase(list_, id); }

protected:
    std::span<const BackendId> destinations() const { return list_; }

private:
    std::vector<BackendId> list_;
};

}  // namespace lb::ipvs
