#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "balancer/request.hpp"

namespace lb {

/// The two halves of a SipHash key.
struct SipKey {
    std::uint64_t low, high;
};

/// Hashes one 32-bit word as hsiphash() of Linux does on 64-bit machines: SipHash-1-3 (Aumasson and
/// Bernstein, SipHash: a fast short-input PRF, INDOCRYPT 2012), cut to its low 32 bits.
std::uint32_t hsiphash(std::uint32_t word, const SipKey& key);

/// The table of IPVS's Maglev hashing scheduler, mh: 251 to 131071 entries, each a destination's.
///
/// Each destination has an order of its own in which it would like the entries.  They take turns in
/// the order of the list, and in its turn one takes as many as its weight says, divided by the
/// common divisor of all weights and then halved until six bits (table index 12) hold the greatest.
///
/// Source: Linux 6.1, net/netfilter/ipvs/ip_vs_mh.c (ip_vs_mh_hashkey, ip_vs_mh_permutate,
/// ip_vs_mh_populate, ip_vs_mh_shift_weight), whose two keys are constants.  We differ: with more
/// destinations than entries the kernel refuses the change; here the last ones get none.
class MhTable {
public:
    struct Destination {
        std::uint32_t word;   ///< See word_of().
        std::int64_t weight;  ///< Above 0.
    };

    /// An address as mh hashes it: the IPv4 address as a number, or the four parts of an IPv6
    /// address joined by exclusive or, plus the port.
    static std::uint32_t word_of(const Address& address, bool with_port);
    /// That of a destination named "10.0.0.1:80" (no port counts as 0).  A name that is no IPv4
    /// address stands for 32 bits of hash_of() it; the kernel has no such destinations.
    static std::uint32_t word_of(std::string_view name);

    /// `index` is CONFIG_IP_VS_MH_TAB_INDEX, from 8 to 17; the kernel's default 12 makes 4093
    /// entries.  O(entries log entries) on average.
    void build(std::span<const Destination> destinations, unsigned index);

    /// The entry of a word.
    std::size_t find(std::uint32_t word) const;
    /// Whose it is: a place in the list.
    std::uint32_t owner(std::size_t entry) const { return table_[entry]; }
    std::size_t size() const { return table_.size(); }

private:
    std::vector<std::uint32_t> table_;
};

}  // namespace lb
