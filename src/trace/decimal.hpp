#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace lbsim {

/// Nanoseconds.  Times of a log are since 1970 if it has dates, else since whatever it counts from.
using Nanos = std::int64_t;

/// The latest (and, negated, the earliest) time a trace may have: the differences of any two still
/// fit into 64 bits.  Since 1970 that reaches to the year 2116.
inline constexpr Nanos kLatest = (Nanos{1} << 62) - 1;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

namespace decimal {

/// The digits of a plain decimal number as an integer, and the power of ten it must be scaled by.
struct Digits {
    std::uint64_t integer = 0;
    int exponent = 0;
    bool negative = false;
};

constexpr std::uint64_t kTenth = UINT64_MAX / 10 - 1;  // Below it one more digit still fits.

/// Digits past the nineteenth cannot reach a nanosecond and are dropped.
constexpr std::optional<Digits> read(std::string_view text) {
    Digits digits;
    std::size_t at = 0;
    if (at < text.size() && (text[at] == '-' || text[at] == '+'))
        digits.negative = text[at++] == '-';
    bool any = false;
    bool point = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(c)) break;
        any = true;
        if (digits.integer < kTenth) {
            digits.integer = digits.integer * 10 + static_cast<std::uint64_t>(c - '0');
            digits.exponent -= point ? 1 : 0;
        } else {
            digits.exponent += point ? 0 : 1;
        }
    }
    if (!any) return std::nullopt;
    if (at == text.size()) return digits;
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    if (++at < text.size() && text[at] == '+') ++at;
    int power = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + at, end, power);
    if (error != std::errc{} || rest != end || power > 1000 || power < -1000) return std::nullopt;
    digits.exponent += power;
    return digits;
}

}  // namespace decimal

/// A decimal number of units, each of 10^power nanoseconds ("1.5" with power 9 is 1.5 s), rounded
/// to the nearest nanosecond, halves away from zero.  In integers throughout: a time since 1970
/// needs more digits than a double has.  An exponent (1.5e3) is understood. None if it is no number
/// or beyond kLatest.
constexpr std::optional<Nanos> nanos_of(std::string_view text, int power = 9) {
    const auto digits = decimal::read(text);
    if (!digits) return std::nullopt;
    std::uint64_t value = digits->integer;
    int scale = digits->exponent + power;
    constexpr auto limit = static_cast<std::uint64_t>(kLatest);
    for (; scale > 0 && value != 0; --scale) {
        if (value > limit / 10) return std::nullopt;
        value *= 10;
    }
    for (; scale < -1 && value != 0; ++scale) value /= 10;
    if (scale < 0) value = (value + 5) / 10;
    if (value > limit) return std::nullopt;
    const auto nanos = static_cast<Nanos>(value);
    return digits->negative ? -nanos : nanos;
}

/// A size or a duration as a double, from 0 to 1e15; else none.
inline std::optional<double> amount_of(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || !(value >= 0 && value <= 1e15)) return std::nullopt;
    return value;
}

/// All of the text is one integer.
template <class Integer>
constexpr std::optional<Integer> integer_of(std::string_view text) {
    Integer value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return value;
}

/// As seconds, for the size of a request.
constexpr double seconds_of(Nanos nanos) { return static_cast<double>(nanos) / 1e9; }

}  // namespace lbsim
