#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>

namespace lb {

/// What one rule of a hash policy made of a request: the hash of a header, a cookie, an address.
struct HashPart {
    std::optional<std::uint64_t> hash;  ///< Nothing if the request has no such thing.
    bool terminal = false;              ///< If it has, later rules are not looked at.
};

/// The hash of a request by several rules: each that applies turns what there was by one bit and is
/// mixed in, so that the order of the rules matters and a value that comes twice does not vanish.
/// Nothing if none applies: the request then goes anywhere.
///
/// Source: Envoy, hash_policy.cc (HashPolicyImpl::generateHash); gRFC A42 has the same rule.
inline std::optional<std::uint64_t> combined_hash(std::span<const HashPart> parts) {
    std::optional<std::uint64_t> all;
    for (const auto& part : parts) {
        if (!part.hash) continue;
        all = all ? std::rotl(*all, 1) ^ *part.hash : *part.hash;
        if (part.terminal) break;
    }
    return all;
}

}  // namespace lb
