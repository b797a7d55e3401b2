#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lbsim {

/// A code point of a UTF-8 text, or one byte that is not part of any.
struct Letter {
    std::uint32_t code;
    std::uint32_t size;  ///< In bytes; 1 if not valid.
    bool valid;
};

/// Requires at < text.size().  As RFC 3629: shortest form only, no surrogates, up to U+10FFFF.
constexpr Letter letter_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t first = byte(at);
    if (first < 0x80) return {first, 1, true};
    const std::uint32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const Letter bad{first, 1, false};
    if (first < 0xc2 || first > 0xf4 || text.size() - at < size) return bad;
    std::uint32_t code = first & (0xffu >> (size + 1));
    for (std::uint32_t i = 1; i != size; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80) return bad;
        code = code << 6 | (byte(at + i) & 0x3fu);
    }
    const bool shortest = size == 2 || code >= (size == 3 ? 0x800u : 0x10000u);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (!shortest || surrogate || code > 0x10ffff) return bad;
    return {code, size, true};
}

/// Whether a terminal shows it where it stands and takes no order from it: no C0 or C1 control, no
/// line separator, nothing that reorders the text around it, no byte order mark.
constexpr bool harmless(const Letter& letter) {
    const auto in = [&](std::uint32_t low, std::uint32_t high) {
        return letter.code >= low && letter.code <= high;
    };
    return letter.valid && !in(0, 0x1f) && !in(0x7f, 0x9f) && !in(0x200e, 0x200f) &&
           !in(0x2028, 0x202e) && !in(0x2066, 0x2069) && letter.code != 0x61c &&
           letter.code != 0xfeff;
}

}  // namespace lbsim
