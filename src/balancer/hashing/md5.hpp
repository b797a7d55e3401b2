#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lb {

/// The sixteen octets of MD5 (Rivest, RFC 1321, 1992).  For placing and naming as other programs
/// do; it protects nothing.
using Md5 = std::array<std::uint8_t, 16>;

/// The MD5 of a text.  O(bytes).
Md5 md5_of(std::string_view bytes);

/// As 32 lower-case hexadecimal digits, the way it is printed.
std::string hex(const Md5& digest);

}  // namespace lb
