#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "balancer/fleet.hpp"
#include "balancer/ring_point.hpp"

namespace lb {

/// Hashes bytes: XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), the same on every machine.
std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed = 0);

/// A consistent-hashing ring (Karger et al., STOC 1997): each backend owns points on a circle of
/// 64-bit hashes, and a key belongs to the first point at or after its own hash.
///
/// When a backend comes or goes, only the keys that it gains or loses move.
class Ring {
public:
    struct Point {
        std::uint64_t hash;
        BackendId backend;
    };

    /// Gives `points` points to a backend: the hashes of "NAME-0", "NAME-1", …  Call seal() before
    /// looking up.
    void add(std::string_view name, BackendId backend, std::size_t points);
    /// Gives it one point, hashed elsewhere.
    void add(const Point& point) { points_.push_back(point); }
    /// Sorts the points: O(p log p).  Equal hashes go to the lower slot.
    void seal();
    void clear() { points_.clear(); }

    /// The place of the key's point.  O(1) on average, since the hashes of points are about evenly
    /// spread: the leading bits of a hash lead near its place.  Requires a point.
    std::size_t find(std::uint64_t hash) const;
    /// The next place clockwise.
    std::size_t after(std::size_t place) const {
        return place + 1 == points_.size() ? 0 : place + 1;
    }
    BackendId owner(std::size_t place) const { return points_[place].backend; }
    std::uint64_t hash(std::size_t place) const { return points_[place].hash; }
    std::size_t size() const { return points_.size(); }
    std::span<const Point> points() const { return points_; }
    std::vector<RingPoint> on_circle() const;

private:
    std::vector<Point> points_;
    /// By the leading bits of a hash: the first place that does not lie before all such hashes.
    std::vector<std::uint32_t> starts_;
    int shift_ = 63;  // Leaves the leading bits.
};

}  // namespace lb
