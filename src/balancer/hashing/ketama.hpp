#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lb {

/// What libketama hashes a key to: the first four bytes of its MD5, least significant first
/// (ketama_hashi).
std::uint32_t ketama_hash(std::string_view key);

/// libketama's continuum (RJ/ketama, libketama/ketama.c): a ring of 32-bit points, where a key
/// belongs to the first point at or after its hash.
///
/// A server of share s among n gets the whole part of 40 n s hashes, "NAME-0", "NAME-1", …, each of
/// which makes four points.  The share is a float, and what the rounding cuts off is lost: weights
/// 600, 300, 200 make 472 points and not 480, and a share below 1 / (40 n) makes none.
class KetamaRing {
public:
    struct Server {
        std::string_view name;
        std::uint64_t weight = 1;  ///< Memory, in the program's words.
    };
    struct Point {
        std::uint32_t hash;
        std::uint32_t server;  ///< Its place in the list.
    };

    /// O(p log p) for p points.  Equal points stay in the order of the list.
    void build(std::span<const Server> servers);

    /// The place of a hash's point.  O(log p).  Requires a point.
    std::size_t find(std::uint32_t hash) const;
    /// The next place clockwise.
    std::size_t after(std::size_t place) const {
        return place + 1 == points_.size() ? 0 : place + 1;
    }
    std::span<const Point> points() const { return points_; }

private:
    std::vector<Point> points_;
};

}  // namespace lb
