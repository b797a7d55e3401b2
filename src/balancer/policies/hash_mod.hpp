#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/hashed.hpp"

namespace lb {

/// Sends a key by its hash modulo the number of backends: see ModuloLookup.
///
/// Even, fast, and without a table; but when one of n backends comes or goes, all keys but one in n
/// move (n - 1 in n).  An excluded one keeps its remainders, so that only its own keys move.
class HashMod final : public Hashed<ByKey, ModuloLookup> {
public:
    static constexpr std::string_view kName = "hash_mod";
    static constexpr std::string_view kSummary = "Hash of the key modulo the number of backends";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kIndependent = true;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole};
    static constexpr std::string_view kCost = "O(1), O(log n) while weights differ";
    static constexpr std::string_view kSource = "Hashing by division: Knuth, TAOCP 3, section 6.4";
    static constexpr std::string_view kDiffers =
        "All 64 bits of the hash, members in order of names. nginx/hash takes 15 bits at a time "
        "and "
        "the order of configuration; haproxy/hash places only those that are up.";
    using Hashed::Hashed;
};

}  // namespace lb
