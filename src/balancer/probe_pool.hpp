#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "balancer/request.hpp"
#include "base/expects.hpp"
#include "base/time.hpp"

namespace lb {

/// What a backend answered when it was asked, and what has happened since.
struct Probe {
    static constexpr std::uint32_t kEndless = std::numeric_limits<std::uint32_t>::max();

    BackendId from;
    std::uint32_t in_flight = 0;  ///< What it held, and what was sent to it by this since.
    Duration latency{};           ///< What a request that came to it would take.
    Instant at{};                 ///< When the answer came.
    std::uint32_t uses = 1;       ///< For so many more requests it may be used; kEndless: any.
};

/// The answers of backends that a balancer goes by, few and fresh.
///
/// Rule: hot is whoever holds more than `hot_above` requests.  The best is the cold one with the
/// least latency; if all are hot, the one with the fewest requests.  Among equals the other of the
/// two decides, then age.  The worst is the hot one with the most requests; if all are cold, the
/// one with the highest latency.  (Wydrowski et al., Load is not what you should balance:
/// Introducing Prequal, NSDI 2024, sections 4.2 and 4.3.)
///
/// We differ: a newer answer of the same backend replaces the older, which has nothing to tell
/// beside it.  In large fleets that is rare, and in small ones it keeps stale twins from being
/// used.  All take O(size); 16 are held in the paper.
class ProbePool {
public:
    /// Requires capacity > 0.
    explicit ProbePool(std::size_t capacity) : capacity_{capacity} {
        expects(capacity > 0);
        probes_.reserve(capacity);
    }

    /// By age, the oldest first.
    std::span<const Probe> all() const { return probes_; }

    /// If there is no place, the oldest leaves.
    void add(const Probe& probe) {
        erase(probe.from);
        if (probes_.size() == capacity_) remove(0);
        probes_.push_back(probe);
    }
    void erase(BackendId from) {
        std::erase_if(probes_, [&](const Probe& p) { return p.from == from; });
    }
    /// All leave but those that `keep` says to.
    template <class Keep>
    void retain(Keep keep) {
        std::erase_if(probes_, [&](const Probe& p) { return !keep(p); });
    }
    /// By place in all().
    void remove(std::size_t place) {
        probes_.erase(probes_.begin() + static_cast<std::ptrdiff_t>(place));
    }

    /// The place in all() of the best.  Requires that it holds any.
    std::size_t best(std::int64_t hot_above) const {
        return first([&](const Probe& a, const Probe& b) {
            const bool hot = is_hot(a, hot_above);
            if (hot != is_hot(b, hot_above)) return !hot;
            return hot ? fewer(a, b) : faster(a, b);
        });
    }
    std::size_t worst(std::int64_t hot_above) const {
        return first([&](const Probe& a, const Probe& b) {
            const bool hot = is_hot(a, hot_above);
            if (hot != is_hot(b, hot_above)) return hot;
            return hot ? fewer(b, a) : faster(b, a);
        });
    }

    /// A request goes to the backend that this is from: it holds one more, and can be used once
    /// less; after the last time it leaves.
    void use(std::size_t place) {
        auto& probe = probes_[place];
        ++probe.in_flight;
        if (probe.uses == Probe::kEndless) return;
        if (--probe.uses == 0) remove(place);
    }

    static bool is_hot(const Probe& p, std::int64_t hot_above) { return p.in_flight > hot_above; }

private:
    static bool fewer(const Probe& a, const Probe& b) {
        return a.in_flight != b.in_flight ? a.in_flight < b.in_flight : a.latency < b.latency;
    }
    static bool faster(const Probe& a, const Probe& b) {
        return a.latency != b.latency ? a.latency < b.latency : a.in_flight < b.in_flight;
    }
    /// The oldest of those before which nobody comes.
    template <class Before>
    std::size_t first(Before before) const {
        expects(!probes_.empty());
        return static_cast<std::size_t>(std::min_element(probes_.begin(), probes_.end(), before) -
                                        probes_.begin());
    }

    std::vector<Probe> probes_;
    std::size_t capacity_;
};

/// For how many requests an answer is used, on average, so that `capacity` places are kept filled
/// although every request takes `removals` answers out and brings `probes` new ones, some of them
/// from backends that are there already:
///
///     max(1, (1 + delta) / ((1 - capacity / backends) * probes - removals))
///
/// Infinite if the denominator is not positive: then too few come to let any go for its use.
/// (NSDI 2024, section 4.2.  prequal-rs has 1 + delta / ..., which is something else.)
inline double reuse_budget(double capacity, double backends, double probes, double removals,
                           double delta) {
    const double gain = (1 - capacity / backends) * probes - removals;
    if (!(gain > 0)) return std::numeric_limits<double>::infinity();
    return std::max(1.0, (1 + delta) / gain);
}

/// What share of the backends holds at most so many requests, as far as the last answers tell.
class RecentLoads {
public:
    /// It knows the last `size`.  Requires size > 0.
    explicit RecentLoads(std::size_t size) : size_{size} { expects(size > 0); }

    /// O(size), but no more than moving them over by one.
    void add(std::uint32_t in_flight) {
        if (ring_.size() < size_) {
            ring_.push_back(in_flight);
        } else {
            sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), ring_[oldest_]));
            ring_[oldest_] = in_flight;
            oldest_ = oldest_ + 1 == size_ ? 0 : oldest_ + 1;
        }
        sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), in_flight), in_flight);
    }

    /// The least number that at least a share q of them does not exceed.  All exceed that of
    /// q = 0, -1, and none that of q = 1.  If nothing is known nobody exceeds it.  O(1).
    std::int64_t quantile(double q) const {
        constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
        if (q <= 0) return -1;
        if (q >= 1 || sorted_.empty()) return kMost;
        const double rank = q * static_cast<double>(sorted_.size());
        const auto below = static_cast<std::size_t>(rank);
        return sorted_[static_cast<double>(below) == rank ? below - 1 : below];
    }

private:
    std::vector<std::uint32_t> ring_, sorted_;
    std::size_t size_, oldest_ = 0;
};

}  // namespace lb
