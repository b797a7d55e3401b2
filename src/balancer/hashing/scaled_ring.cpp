#include "balancer/hashing/scaled_ring.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "balancer/hashing/murmur2.hpp"

namespace lb {

void fill(Ring& ring, std::span<const NamedShare> shares, const RingScale& scale) {
    ring.clear();
    double smallest = 1;
    for (const auto& s : shares) smallest = std::min(smallest, s.share);
    const double points =
        std::min(std::ceil(smallest * static_cast<double>(scale.least)) / smallest,
                 static_cast<double>(scale.most));
    double placed = 0, wanted = 0;
    std::string text;
    for (const auto& s : shares) {
        wanted += points * s.share;
        for (std::uint64_t i = 0; placed < wanted; ++i, ++placed) {
            text.assign(s.name);
            text += '_';
            text += std::to_string(i);
            const bool murmur = scale.hash == RingScale::Hash::Murmur2;
            ring.add({murmur ? murmur2_64(text) : hash_of(text), s.backend});
        }
    }
    ring.seal();
}

}  // namespace lb
