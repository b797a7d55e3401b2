#include "balancer/hashing/ipvs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>

#include "balancer/hashing/ring.hpp"
#include "base/expects.hpp"

namespace lb {
namespace {

constexpr SipKey kFirst{2654435761u, 2654435761u}, kSecond{2654446892u, 2654446892u};
constexpr std::array<std::uint32_t, 10> kPrimes{251,  509,   1021,  2039,  4093,
                                                8191, 16381, 32749, 65521, 131071};
constexpr std::uint32_t kFree = ~std::uint32_t{0};

struct Sip {
    std::array<std::uint64_t, 4> v;

    void round() {
        v[0] += v[1], v[2] += v[3];
        v[1] = std::rotl(v[1], 13) ^ v[0];
        v[3] = std::rotl(v[3], 16) ^ v[2];
        v[0] = std::rotl(v[0], 32);
        v[2] += v[1], v[0] += v[3];
        v[1] = std::rotl(v[1], 17) ^ v[2];
        v[3] = std::rotl(v[3], 21) ^ v[0];
        v[2] = std::rotl(v[2], 32);
    }
};

/// Digits at the front of `text`, which it takes off; nothing if there are none, or the number is
/// more than `most`.
std::optional<std::uint32_t> number(std::string_view& text, std::uint32_t most) {
    std::uint32_t value = 0;
    std::size_t digits = 0;
    for (; digits != text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        value = value * 10 + static_cast<std::uint32_t>(text[digits] - '0');
        if (value > most) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

/// "10.0.0.1" or "10.0.0.1:80".
std::optional<Address> ipv4(std::string_view text) {
    std::uint32_t address = 0;
    for (int part = 0; part != 4; ++part) {
        if (part != 0) {
            if (!text.starts_with('.')) return std::nullopt;
            text.remove_prefix(1);
        }
        const auto octet = number(text, 255);
        if (!octet) return std::nullopt;
        address = address << 8 | *octet;
    }
    if (text.empty()) return Address::v4(address);
    if (!text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    const auto port = number(text, 65535);
    if (!port || !text.empty()) return std::nullopt;
    return Address::v4(address, static_cast<std::uint16_t>(*port));
}

/// How many entries a turn is, before what all have in common is taken out.
struct Scale {
    std::int64_t divisor = 0;
    int shift = 0;

    Scale(std::span<const MhTable::Destination> destinations, unsigned index) {
        std::int64_t greatest = 0;
        for (const auto& d : destinations) {
            divisor = std::gcd(divisor, d.weight);
            greatest = std::max(greatest, d.weight);
        }
        const auto bits = std::bit_width(static_cast<std::uint64_t>(greatest / divisor));
        shift = std::max(0, static_cast<int>(bits) - static_cast<int>(index / 2));
    }
    std::int64_t turns(std::int64_t weight) const {
        return std::max<std::int64_t>(1, weight / divisor >> shift);
    }
};

}  // namespace

std::uint32_t hsiphash(std::uint32_t word, const SipKey& key) {
    Sip sip{{0x736f6d6570736575u ^ key.low, 0x646f72616e646f6du ^ key.high,
             0x6c7967656e657261u ^ key.low, 0x7465646279746573u ^ key.high}};
    const std::uint64_t block = std::uint64_t{4} << 56 | word;  // Four bytes and their number.
    sip.v[3] ^= block;
    sip.round();
    sip.v[0] ^= block;
    sip.v[2] ^= 0xff;
    for (int i = 0; i != 3; ++i) sip.round();
    return static_cast<std::uint32_t>(sip.v[0] ^ sip.v[1] ^ sip.v[2] ^ sip.v[3]);
}

std::uint32_t MhTable::word_of(const Address& address, bool with_port) {
    std::uint32_t folded = 0;
    for (std::size_t i = 0; i != address.size; ++i)
        folded ^= std::uint32_t{address.bytes[i]} << (24 - 8 * (i % 4));
    return folded + (with_port ? address.port : 0u);
}

std::uint32_t MhTable::word_of(std::string_view name) {
    if (const auto address = ipv4(name)) return word_of(*address, true);
    return static_cast<std::uint32_t>(hash_of(name));
}

void MhTable::build(std::span<const Destination> destinations, unsigned index) {
    expects(!destinations.empty() && index >= 8 && index < 8 + kPrimes.size());
    const std::uint32_t size = kPrimes[index - 8];
    const Scale scale{destinations, index};
    struct Wish {
        std::uint32_t entry, skip;
        std::int64_t turns;
    };
    std::vector<Wish> wishes;
    for (const auto& d : destinations)
        wishes.push_back({hsiphash(d.word, kFirst) % size,
                          hsiphash(d.word, kSecond) % (size - 1) + 1, scale.turns(d.weight)});
    table_.assign(size, kFree);
    std::uint32_t taken = 0;
    for (std::uint32_t who = 0;; who = who + 1 == wishes.size() ? 0 : who + 1) {
        auto& wish = wishes[who];
        for (std::int64_t turn = 0; turn != wish.turns; ++turn) {
            while (table_[wish.entry] != kFree) wish.entry = (wish.entry + wish.skip) % size;
            table_[wish.entry] = who;
            if (++taken == size) return;
        }
    }
}

std::size_t MhTable::find(std::uint32_t word) const { return hsiphash(word, kFirst) % size(); }

}  // namespace lb
