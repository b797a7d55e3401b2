#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace lbsim {

// Quantities as people write them: a decimal number and a unit, without a blank between.  A number
// is -?digits(.digits)?(e[+-]?digits)?, and is understood exactly: "0.1ms" is 100000 nanoseconds
// and "100/h" is the double nearest to 1/36.

/// The longest duration a scenario may name: ten years of 365 days.  The sums and multiples that
/// the simulation makes of it still fit into a Duration.
inline constexpr lb::Duration kLongestDuration = std::chrono::hours{24 * 365 * 10};

enum class Mistake {
    NotOne,  ///< Not a number with something behind it.
    NoUnit,  ///< Only a number.
    UnknownUnit,
    TooLarge,  ///< Or a rate or fraction too close to 0.
    TooFine,   ///< Not a whole number of nanoseconds, or more than 19 digits.
};

/// What was read, or what is wrong with it.
template <class T>
struct Parsed {
    std::optional<T> value = {};
    Mistake mistake = {};
    std::string_view number = {}, unit = {};  ///< Parts of the text, if it has them.
};

/// "250us": whole nanoseconds, with ns, us, ms, s, min or h.
Parsed<lb::Duration> parse_duration(std::string_view text);
/// "800/s", also per ms, min or h: the nearest double, ties to even.
Parsed<double> parse_rate(std::string_view text);
/// "99.9%": the nearest double, ties to even.
Parsed<double> parse_percentage(std::string_view text);

/// "0.25", without a unit: the nearest double, ties to even.
Parsed<double> parse_plain(std::string_view text);

/// Seconds as the nearest double, which the product of nanoseconds and 1e-9 is not always.
constexpr double exact_seconds(lb::Duration d) { return static_cast<double>(d.count()) / 1e9; }

/// The shortest way to write a duration with one unit of ns, us, ms or s: "1500ms", "60s".
std::string text_of(lb::Duration d);
/// The shortest decimal that reads back as the same double: "0.1", "800".
std::string text_of(double x);

}  // namespace lbsim
