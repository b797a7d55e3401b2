#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>

namespace lb {

/// One step of splitmix64: moves `state` on and returns its scrambled value (Steele, Lea & Flood,
/// Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
constexpr std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// What every generator of ours can draw, on top of its 64 random bits.
///
/// The standard fixes its engines but not its distributions (WG21 P2059R0), so these are ours: the
/// same bits give the same numbers on every compiler and machine.
template <class Bits>
class Draws {
public:
    using result_type = std::uint64_t;  // Bits is a std::uniform_random_bit_generator.
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    /// Uniform in [0, n), without bias (Lemire, ACM TOMACS 29(1), 2019).  Requires n > 0.
    constexpr std::uint64_t below(std::uint64_t n) {
        __extension__ using U128 = unsigned __int128;
        U128 wide = static_cast<U128>(bits()) * n;
        if (static_cast<std::uint64_t>(wide) < n) [[unlikely]]
            for (const std::uint64_t floor = (0 - n) % n; static_cast<std::uint64_t>(wide) < floor;)
                wide = static_cast<U128>(bits()) * n;
        return static_cast<std::uint64_t>(wide >> 64);
    }

    /// Uniform in [0, 1): the multiples of 2^-53.
    constexpr double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

    /// Uniform in (0, 1]: what a logarithm wants.
    constexpr double unit_open_below() {
        return static_cast<double>((bits() >> 11) + 1) * 0x1.0p-53;
    }

    /// True with probability p.  Always draws once, so that changing p shifts no later draw.
    constexpr bool chance(double p) { return unit() < p; }

private:
    constexpr std::uint64_t bits() { return static_cast<Bits&>(*this)(); }
};

/// Random numbers for one request, or any other numbered thing: splitmix64, started anywhere in
/// O(1).  See Stream.
class KeyedRng : public Draws<KeyedRng> {
public:
    explicit constexpr KeyedRng(std::uint64_t state) : state_{state} {}
    constexpr std::uint64_t operator()() { return splitmix(state_); }

private:
    std::uint64_t state_;
};

/// A family of generators, one for each number: what a request draws depends on (seed, purpose,
/// request) and on nothing that was drawn before, so every policy compared under one seed meets the
/// same requests, and a rejection or a retry shifts nobody else's.
class Stream {
public:
    explicit constexpr Stream(std::uint64_t key) : key_{key} {}

    /// The generator of thing number `index`.  The index is scrambled first: neighbours start
    /// 2^64/n apart on average, not one step apart.
    constexpr KeyedRng at(std::uint64_t index) const {
        std::uint64_t state = key_ + index * 0xd1342543de82ef95u;  // Odd: a bijection of the index.
        return KeyedRng{splitmix(state) ^ key_};
    }

private:
    std::uint64_t key_;
};

/// Reproducible random numbers: xoshiro256++ 1.0 (Blackman & Vigna, Scrambled Linear Pseudorandom
/// Number Generators, ACM TOMS 47(4), 2021), seeded through splitmix64.
///
/// Draws come from named streams.  A stream depends on the seed and its name, not on what was drawn
/// before or elsewhere, so adding a consumer of randomness changes nobody else's numbers.
class Rng : public Draws<Rng> {
public:
    explicit constexpr Rng(std::uint64_t seed) : seed_{seed} {
        for (auto& word : state_) word = splitmix(seed);
    }

    /// An independent generator for one purpose: rng.stream("pick", balancer).
    constexpr Rng stream(std::string_view purpose, std::uint64_t index = 0) const {
        return Rng{derived(purpose, index)};
    }

    /// Independent generators for the numbered things of one purpose:
    /// rng.numbered("service").at(request).
    constexpr Stream numbered(std::string_view purpose, std::uint64_t index = 0) const {
        return Stream{derived(purpose, index)};
    }

    constexpr std::uint64_t operator()() {
        const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

private:
    constexpr std::uint64_t derived(std::string_view purpose, std::uint64_t index) const {
        std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, offset basis.
        for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        std::uint64_t mix = seed_ ^ hash;
        const std::uint64_t named = splitmix(mix);
        mix = named ^ (index + 1) * 0x9e3779b97f4a7c15u;
        return splitmix(mix);
    }

    std::uint64_t seed_;
    std::uint64_t state_[4]{};
};

}  // namespace lb
