#pragma once

#include <cstdint>
#include <span>

#include "balancer/request.hpp"
#include "base/rng.hpp"

namespace lb {

/// Of `all`, the one at place_of(hash); while it is not accepted, the one at the place of the hash
/// hashed again.
///
/// So the keys of one that is not accepted spread evenly over the others, and nobody else's move.
/// With a part e of them accepted that takes 1 / e tries on average; after 64 it goes through them
/// in order.  accepts(backend, tries before).  Requires that one is accepted.
template <class PlaceOf, class Accepts>
BackendId rehash(std::uint64_t hash, std::span<const BackendId> all, PlaceOf place_of,
                 Accepts accepts) {
    constexpr int kTries = 64;  // All miss with probability 1e-3 if a tenth is accepted.
    std::size_t place = 0;
    int tries = 0;
    for (; tries != kTries; ++tries) {
        place = place_of(hash);
        if (accepts(all[place], tries)) return all[place];
        std::uint64_t state = hash;
        hash = splitmix(state);
    }
    for (;; ++tries) {
        place = place + 1 == all.size() ? 0 : place + 1;
        if (accepts(all[place], tries)) return all[place];
    }
}

}  // namespace lb
