#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>

#include "balancer/hashing/crc32.hpp"

namespace lb::haproxy {

/// Bob Jenkins' full-avalanche hash of a 32-bit integer (burtleburtle.net/bob/hash/integer.html,
/// public domain), times a prime near three quarters of 2^32, as HAProxy spreads points and, with
/// the modifier "avalanche", keys: full_hash() in include/haproxy/intops.h.  A bijection.
constexpr std::uint32_t full_hash(std::uint32_t a) {
    a = a + 0x7ed55d16u + (a << 12);
    a = a ^ 0xc761c23cu ^ (a >> 19);
    a = a + 0x165667b1u + (a << 5);
    a = (a + 0xd3a2646cu) ^ (a << 9);
    a = a + 0xfd7046c5u + (a << 3);
    a = a ^ 0xb55a4f09u ^ (a >> 16);
    return a * 3221225473u;
}

/// Of the sdbm database library: h = c + 65599 h.  Fast, and poor where short keys are alike.
constexpr std::uint32_t sdbm(std::string_view bytes) {
    std::uint32_t h = 0;
    for (const char c : bytes) h = static_cast<unsigned char>(c) + 65599u * h;
    return h;
}

/// D. J. Bernstein's: h = 33 h + c, from 5381.
constexpr std::uint32_t djb2(std::string_view bytes) {
    std::uint32_t h = 5381;
    for (const char c : bytes) h = 33u * h + static_cast<unsigned char>(c);
    return h;
}

/// HAProxy's own: two words that are stirred into each other, each turned by as many bits as the
/// other says.
constexpr std::uint32_t wt6(std::string_view bytes) {
    std::uint32_t a = 0xa53c965au, b = 0x5ca6953au;
    int turn_b = 6, turn_a = 18;
    for (const char c : bytes) {
        a = ~(a ^ static_cast<unsigned char>(c));
        b = ~(b + static_cast<unsigned char>(c));
        const std::uint32_t turned = std::rotl(b, turn_b);
        b = std::rotl(a, turn_a);
        a = turned;
        const std::uint32_t turns = ((a >> 16) ^ b) & 0xffffu;
        turn_b = static_cast<int>(turns & 31u);
        turn_a = static_cast<int>(turns >> 11);
    }
    return a ^ b;
}

/// The decimal number that a key begins with, saturated at 64 bits, of which the low 32 count; 0 if
/// there is none.  HAProxy 3.x calls it the function "none".
constexpr std::uint32_t number_in(std::string_view bytes) {
    const bool negative = !bytes.empty() && bytes.front() == '-';
    if (negative) bytes.remove_prefix(1);
    const std::uint64_t most = std::numeric_limits<std::int64_t>::max() + std::uint64_t{negative};
    std::uint64_t number = 0;
    for (const char c : bytes) {
        if (c < '0' || c > '9') break;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > (most - digit) / 10) {
            number = most;
            break;
        }
        number = 10 * number + digit;
    }
    return static_cast<std::uint32_t>(negative ? 0 - number : number);
}

/// What `hash-type` calls its function.  Default is sdbm.
enum class Function : std::uint8_t { Default, Sdbm, Djb2, Wt6, Crc32, None };

/// The hash of a key before any avalanche: gen_hash() in src/backend.c.  O(bytes).
constexpr std::uint32_t hash_of(Function function, std::string_view bytes) {
    switch (function) {
        case Function::Djb2: return djb2(bytes);
        case Function::Wt6: return wt6(bytes);
        case Function::Crc32: return crc32_of(bytes);
        case Function::None: return number_in(bytes);
        case Function::Default:
        case Function::Sdbm: break;
    }
    return sdbm(bytes);
}

}  // namespace lb::haproxy
