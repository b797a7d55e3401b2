#include "balancer/hashing/ring.hpp"

#include <algorithm>
#include <string>

#include "base/expects.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lb {

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) {
    return XXH64(bytes.data(), bytes.size(), seed);
}

void Ring::add(std::string_view name, BackendId backend, std::size_t points) {
    std::string text{name};
    text += '-';
    const auto stem = text.size();
    for (std::size_t i = 0; i != points; ++i) {
        text.resize(stem);
        text += std::to_string(i);
        points_.push_back({hash_of(text), backend});
    }
}

void Ring::seal() {
    std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
        return a.hash != b.hash ? a.hash < b.hash : a.backend < b.backend;
    });
}

std::size_t Ring::find(std::uint64_t hash) const {
    expects(!points_.empty());
    const auto at = std::lower_bound(points_.begin(), points_.end(), hash,
                                     [](const Point& p, std::uint64_t h) { return p.hash < h; });
    return at == points_.end() ? 0 : static_cast<std::size_t>(at - points_.begin());
}

}  // namespace lb
