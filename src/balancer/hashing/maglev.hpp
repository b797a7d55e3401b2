#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balancer/fleet.hpp"

namespace lb {

/// A Maglev table (Eisenbud et al., Maglev: A Fast and Reliable Software Network Load Balancer,
/// NSDI 2016, section 3.4): every hash finds its backend in O(1), backends get parts of the table
/// that differ by about one entry, and when one leaves, few of the others' entries move.
///
/// Each backend has an order of its own in which it would like the entries: `offset`, then steps of
/// `skip`.  They take turns, and whose turn it is takes the first on its list that is free.
///
/// Weights: in round r (from 1) a backend takes its turn if r * weight has reached what it owes,
/// and then owes the greatest weight more; so in the first round all take one.  With equal weights
/// that is the paper's rule.  Source: Envoy, maglev_lb.cc (OriginalMaglevTable).
class MaglevTable {
public:
    struct Entrant {
        BackendId backend;
        std::uint64_t offset;  ///< Below the size of the table.
        std::uint64_t skip;    ///< Above 0, and below the size of the table.
        double weight = 1;     ///< Above 0.
    };

    /// Fills a table of `size` entries; turns go in the order of the entrants, which matters.
    /// O(size log size) on average while the weights are alike, and O(size * entrants) at worst.
    /// Requires a prime size and at least one entrant.
    void build(std::uint64_t size, std::span<const Entrant> entrants);

    BackendId at(std::uint64_t hash) const { return table_[hash % table_.size()]; }
    std::span<const BackendId> entries() const { return table_; }

private:
    std::vector<BackendId> table_;
};

/// The largest table worth having, as Envoy has it.
inline constexpr std::uint64_t kMostMaglevEntries = 5'000'011;

/// The least prime that is not below n.  O(sqrt(n) log n), by trial division.
std::uint64_t next_prime(std::uint64_t n);

}  // namespace lb
