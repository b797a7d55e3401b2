#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lb {

/// Sums up bytes as they come: CRC-32 of IEEE 802.3 (ISO-HDLC, the one of zlib and PNG; polynomial
/// 0x04c11db7, reflected).
///
/// A copy taken half way goes on from there, so that texts with one stem share its cost.  O(1) a
/// byte, by a table of 256 words (Sarwate, CACM 31(8), 1988).
class Crc32 {
public:
    constexpr Crc32& add(std::string_view bytes) {
        for (const char c : bytes)
            state_ = kTable[(state_ ^ static_cast<unsigned char>(c)) & 0xffu] ^ (state_ >> 8);
        return *this;
    }
    /// Of all that was added so far.
    constexpr std::uint32_t value() const { return ~state_; }

private:
    static constexpr std::array<std::uint32_t, 256> kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t byte = 0; byte != 256; ++byte) {
            std::uint32_t rest = byte;
            for (int bit = 0; bit != 8; ++bit)
                rest = (rest & 1u) != 0 ? 0xedb88320u ^ (rest >> 1) : rest >> 1;
            table[byte] = rest;
        }
        return table;
    }();

    std::uint32_t state_ = 0xffffffffu;
};

/// The CRC-32 of a text.
constexpr std::uint32_t crc32_of(std::string_view bytes) { return Crc32{}.add(bytes).value(); }

}  // namespace lb
