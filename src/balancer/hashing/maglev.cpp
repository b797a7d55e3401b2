#include "balancer/hashing/maglev.hpp"

#include <algorithm>

#include "base/expects.hpp"

namespace lb {
namespace {

constexpr BackendId kFree{~std::uint32_t{0}};

struct Player {
    MaglevTable::Entrant entrant;
    std::uint64_t wish;  // The next entry on its list.
    double owes = 0;
};

/// Steps on; both are below `size`.
std::uint64_t stepped(std::uint64_t place, std::uint64_t skip, std::uint64_t size) {
    return place >= size - skip ? place - (size - skip) : place + skip;
}

bool is_prime(std::uint64_t n) {
    for (std::uint64_t d = 2; d <= n / d; ++d)
        if (n % d == 0) return false;
    return n >= 2;
}

}  // namespace

void MaglevTable::build(std::uint64_t size, std::span<const Entrant> entrants) {
    expects(!entrants.empty() && size >= 2);
    std::vector<Player> players;
    double greatest = 0;
    for (const auto& e : entrants) {
        expects(e.offset < size && e.skip > 0 && e.skip < size && e.weight > 0);
        players.push_back({e, e.offset});
        greatest = std::max(greatest, e.weight);
    }
    table_.assign(size, kFree);
    std::uint64_t taken = 0;
    for (double round = 1; taken != size; ++round) {
        for (auto& p : players) {
            if (round * p.entrant.weight < p.owes) continue;
            p.owes += greatest;
            while (table_[p.wish] != kFree) p.wish = stepped(p.wish, p.entrant.skip, size);
            table_[p.wish] = p.entrant.backend;
            if (++taken == size) break;
        }
    }
}

std::uint64_t next_prime(std::uint64_t n) {
    while (!is_prime(n)) ++n;
    return n;
}

}  // namespace lb
