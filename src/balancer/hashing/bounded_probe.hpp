#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace lb {

/// How full a backend is under Envoy's bound: its requests in flight, divided by the slots it has.
/// Above 1 it is overloaded.
///
/// All together have `factor` percent of the requests in flight (and the one to come), and a
/// backend has its share of those slots, rounded up, and one at least.  A backend may be full
/// before it gets one more: HAProxy stops one earlier.
/// Source: Envoy, thread_aware_lb_impl.cc (BoundedLoadHashingLoadBalancer::hostOverloadFactor).
inline double overload_factor(std::uint32_t in_flight, double share, std::uint32_t total_in_flight,
                              std::uint32_t factor) {
    const std::uint32_t total_slots = ((total_in_flight + 1) * factor + 99) / 100;
    const auto slots = static_cast<std::uint32_t>(std::ceil(total_slots * share));
    return static_cast<double>(in_flight) / std::max<std::uint32_t>(slots, 1);
}

/// Looks for another backend for a hash whose own is overloaded, as Envoy does: in an order that
/// the hash alone determines, so that a key spills over to the same backends each time, and
/// different keys of one backend to different others (Chen, Coleman & Shrivastava, Revisiting
/// Consistent Hashing with Bounded Loads, arXiv:1908.08762).
///
/// O(n) for an overloaded backend, else O(1).
/// Source: Envoy, thread_aware_lb_impl.cc (BoundedLoadHashingLoadBalancer::chooseHost):
/// std::mt19937 seeded with the low 32 bits of the hash, and a Fisher-Yates shuffle as far as it is
/// needed.
class BoundedProbe {
public:
    /// Among the places 0 ... n - 1: `own` if it is not overloaded, else the first in the order of
    /// the hash that is not, else the least overloaded.  overload(place) is what
    /// overload_factor() says of it.
    template <class Overload>
    std::uint32_t pick(std::uint64_t hash, std::uint32_t own, std::uint32_t n, Overload overload) {
        looked_at_ = 0;
        std::uint32_t best = own;
        double least = overload(own);
        if (least <= 1) return own;
        order_.resize(n);
        std::iota(order_.begin(), order_.end(), 0u);
        std::mt19937 random{static_cast<std::uint32_t>(hash)};
        while (looked_at_ != n) {
            const auto at = looked_at_++;
            std::swap(order_[at], order_[at + below(random, n - at)]);
            const auto place = order_[at];
            if (place == own) continue;
            const double load = overload(place);
            if (load <= 1) return place;
            if (load < least) best = place, least = load;
        }
        return best;
    }
    /// The places that the last pick drew, in order, its own among them.
    std::vector<std::uint32_t> looked_at() const {
        return {order_.begin(), order_.begin() + looked_at_};
    }

private:
    /// Uniform in [0, k), as Envoy draws it.
    static std::uint32_t below(std::mt19937& random, std::uint32_t k) {
        const auto width = static_cast<std::uint32_t>((std::uint64_t{1} << 32) / k);
        std::uint32_t drawn = k;
        if (k == 1) return random(), 0;
        while (drawn >= k) drawn = static_cast<std::uint32_t>(random() / width);
        return drawn;
    }

    std::vector<std::uint32_t> order_;  // Shuffled as far as looked_at_.
    std::uint32_t looked_at_ = 0;
};

}  // namespace lb
