#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "trace/decimal.hpp"

namespace lbsim {

/// Days from 1970-01-01 to a date of the Gregorian calendar, by counting in eras of 400 years that
/// begin in March, so that the leap day comes last (Howard Hinnant, chrono-Compatible Low-Level
/// Date Algorithms, days_from_civil).  Requires 1 <= month <= 12.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
    if (month <= 2) --year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

/// A moment of a log, and whether the log told fractions of its second.
struct LogTime {
    Nanos nanos = 0;
    bool whole_second = false;
};

namespace date {

/// Eats a date from the left of a text.  After the first miss nothing is eaten any more.
class Eater {
public:
    explicit constexpr Eater(std::string_view text) : rest_{text} {}

    constexpr unsigned digits(std::size_t count) {
        unsigned value = 0;
        if (rest_.size() < count) good_ = false;
        for (std::size_t i = 0; good_ && i < count; ++i) {
            if (!is_digit(rest_[i])) good_ = false;
            value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
        }
        if (good_) rest_.remove_prefix(count);
        return value;
    }

    constexpr bool take(char c) {
        if (!good_ || rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    constexpr void must(char c) { good_ = take(c) && good_; }

    /// 1 to 12, or a miss.
    constexpr unsigned month_name() {
        constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
        const std::size_t at = rest_.size() < 3 ? names.npos : names.find(rest_.substr(0, 3));
        if (at == names.npos || at % 3 != 0) good_ = false;
        if (good_) rest_.remove_prefix(3);
        return good_ ? static_cast<unsigned>(at / 3 + 1) : 1;
    }

    /// The digits after a point or comma, if there are any, to the nanosecond; more are dropped.
    constexpr std::optional<Nanos> fraction() {
        if (!take('.') && !take(',')) return std::nullopt;
        Nanos nanos = 0;
        Nanos unit = 100'000'000;
        if (rest_.empty() || !is_digit(rest_.front())) good_ = false;
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
            nanos += unit * (rest_.front() - '0');
            unit /= 10;
        }
        return nanos;
    }

    /// Seconds east of Greenwich: Z, +0100, +01:00, +01 or nothing, which means UTC.
    constexpr std::int64_t zone() {
        take(' ');
        if (take('Z') || rest_.empty()) return 0;
        const bool west = take('-');
        if (!west) must('+');
        std::int64_t offset = digits(2) * 3600;
        if (take(':') || !rest_.empty()) offset += digits(2) * 60;
        return west ? -offset : offset;
    }

    constexpr bool finished() const { return good_ && rest_.empty(); }
    constexpr bool empty() const { return rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct Day {
    unsigned year, month, day;
};

/// The time of day and the zone, to the end of the text.
constexpr std::optional<LogTime> rest_of_date(Eater& eater, const Day& day) {
    const unsigned hour = eater.digits(2);
    eater.must(':');
    const unsigned minute = eater.digits(2);
    eater.must(':');
    const unsigned second = eater.digits(2);
    const std::optional<Nanos> fraction = eater.fraction();
    const std::int64_t zone = eater.zone();
    constexpr std::array<unsigned, 12> lengths{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!eater.finished() || day.month < 1 || day.month > 12) return std::nullopt;
    if (day.day < 1 || day.day > lengths[day.month - 1]) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 60) return std::nullopt;  // 60: a leap second.
    if (day.year < 1900 || day.year > 2115) return std::nullopt;       // kLatest is in 2116.
    const std::int64_t at = days_from_civil(day.year, day.month, day.day) * 86400 +
                            hour * std::int64_t{3600} + minute * 60 + second - zone;
    return LogTime{at * 1'000'000'000 + fraction.value_or(0), !fraction};
}

}  // namespace date

/// `2023-11-16 18:15:46.6805900`, `2026-01-01T00:00:00.092Z`, `2026-01-01T01:00:00+01:00`.  Without
/// a zone: UTC.
constexpr std::optional<LogTime> iso_date(std::string_view text) {
    date::Eater eater{text};
    date::Day day{};
    day.year = eater.digits(4);
    eater.must('-');
    day.month = eater.digits(2);
    eater.must('-');
    day.day = eater.digits(2);
    if (!eater.take('T')) eater.must(' ');
    return date::rest_of_date(eater, day);
}

/// The date of web servers: `01/Jan/2026:00:00:00 +0000`; HAProxy's `01/Jan/2026:00:00:00.092`,
/// which has no zone, is read as UTC.
constexpr std::optional<LogTime> clf_date(std::string_view text) {
    date::Eater eater{text};
    date::Day day{};
    day.day = eater.digits(2);
    eater.must('/');
    day.month = eater.month_name();
    eater.must('/');
    day.year = eater.digits(4);
    eater.must(':');
    return date::rest_of_date(eater, day);
}

}  // namespace lbsim
