#pragma once

#include <cstdint>
#include <string_view>

namespace lb {

/// MurmurHash64A, the 64-bit MurmurHash2 (Austin Appleby, github.com/aappleby/smhasher,
/// MurmurHash2.cpp), with words read as little endian.  The default seed is that of libstdc++'s
/// std::hash, with which Envoy builds rings that older ones built.
inline std::uint64_t murmur2_64(std::string_view bytes, std::uint64_t seed = 0xc70f6907u) {
    constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995u;
    const auto mixed = [](std::uint64_t x) { return x ^ (x >> 47); };
    std::uint64_t hash = seed ^ (bytes.size() * kMultiplier);
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        for (std::size_t i = 8; i != 0; --i)
            word = word << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
        hash = (hash ^ mixed(word * kMultiplier) * kMultiplier) * kMultiplier;
    }
    if (at != bytes.size()) {
        std::uint64_t rest = 0;
        for (std::size_t i = bytes.size(); i != at; --i)
            rest = rest << 8 | static_cast<unsigned char>(bytes[i - 1]);
        hash = (hash ^ rest) * kMultiplier;
    }
    return mixed(mixed(hash) * kMultiplier);
}

}  // namespace lb
