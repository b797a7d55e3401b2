#include "balancer/hashing/md5.hpp"

#include <bit>
#include <cstddef>

namespace lb {
namespace {

using State = std::array<std::uint32_t, 4>;
using Block = std::array<std::uint8_t, 64>;

/// Step i adds the whole part of 2^32 |sin(i + 1)| (section 3.4).
constexpr std::array<std::uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
/// By how many bits a step rotates: four of each round, in turn.
constexpr int kTurns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

std::uint32_t word(const Block& block, std::uint32_t i) {
    const auto at = [&](std::uint32_t octet) { return std::uint32_t{block[4 * i + octet]}; };
    return at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;
}

void absorb(State& state, const Block& block) {
    auto [a, b, c, d] = state;
    for (std::uint32_t i = 0; i != 64; ++i) {
        std::uint32_t mix = 0, from = 0;
        switch (i / 16) {
            case 0: mix = (b & c) | (~b & d), from = i; break;
            case 1: mix = (b & d) | (c & ~d), from = 5 * i + 1; break;
            case 2: mix = b ^ c ^ d, from = 3 * i + 5; break;
            default: mix = c ^ (b | ~d), from = 7 * i; break;
        }
        const std::uint32_t sum = a + mix + word(block, from % 16) + kSines[i];
        a = d, d = c, c = b;
        b += std::rotl(sum, kTurns[i / 16][i % 4]);
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

Md5 md5_of(std::string_view bytes) {
    State state{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
    Block block{};
    std::size_t filled = 0;
    const auto put = [&](std::uint8_t octet) {
        block[filled++] = octet;
        if (filled != block.size()) return;
        absorb(state, block);
        filled = 0;
    };
    for (const char c : bytes) put(static_cast<std::uint8_t>(c));
    // A one bit, zeros, and the length in bits fill up the last block.
    put(0x80);
    while (filled != 56) put(0);
    const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
    for (int shift = 0; shift != 64; shift += 8) put(static_cast<std::uint8_t>(bits >> shift));

    Md5 digest{};
    for (std::size_t i = 0; i != digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (i % 4)));
    return digest;
}

std::string hex(const Md5& digest) {
    std::string out;
    for (const auto octet : digest) {
        out += "0123456789abcdef"[octet >> 4];
        out += "0123456789abcdef"[octet & 15];
    }
    return out;
}

}  // namespace lb
