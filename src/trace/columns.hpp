#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "trace/date.hpp"
#include "trace/decimal.hpp"

namespace lbsim {

/// The unit of bare numbers that stand for a time.
enum class TimeUnit { automatic, s, ms, us, ns };

/// Which column (of a CSV) or field (of a JSON line) tells what.  An empty name stands for the
/// usual ones (kUsual), the first of them that the file has.  In JSON, `hash_ids[1]` is the second
/// element of an array.
struct TraceColumns {
    std::string time, work, key, path, method, status;
};

namespace columns {

enum Column : std::size_t { time, work, key, path, method, status, count };

inline constexpr std::array<std::string_view, count> kNames{"time", "work",   "key",
                                                            "path", "method", "status"};

/// The usual names, without a suffix of unit (`_s`, `_ms`, `_us`, `_ns`) and in small letters, best
/// first: what Azure's LLM traces, Mooncake's, Envoy's and Traefik's JSON and most spreadsheets
/// say.
inline constexpr std::array<std::array<std::string_view, 10>, count> kUsual{{
    {"time", "arrival", "arrival_time", "at", "timestamp", "start_time", "startutc", "ts", "date"},
    {"work", "service", "service_time", "upstream_service_time", "upstream_response_time",
     "generatedtokens", "output_length", "latency", "duration", "request_time"},
    {"key", "client", "client_ip", "remote_addr", "x_forwarded_for", "session_id", "session",
     "user_id", "user"},
    {"path", "uri", "url", "requestpath", "request_uri"},
    {"method", "requestmethod", "request_method"},
    {"status", "status_code", "response_code", "downstreamstatus"},
}};

constexpr bool same_but_for_case(std::string_view a, std::string_view b) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return small(x) == small(y); });
}

/// "arrival_ms" is "arrival" in milliseconds.
struct Unit {
    std::string_view name;
    TimeUnit unit = TimeUnit::automatic;
};

constexpr Unit unit_of(std::string_view name) {
    using Suffix = std::pair<std::string_view, TimeUnit>;
    for (const auto& [suffix, unit] : {Suffix{"_s", TimeUnit::s}, Suffix{"_ms", TimeUnit::ms},
                                       Suffix{"_us", TimeUnit::us}, Suffix{"_ns", TimeUnit::ns}})
        if (name.size() > suffix.size() && name.ends_with(suffix))
            return {name.substr(0, name.size() - suffix.size()), unit};
    return {name, TimeUnit::automatic};
}

/// How good a name is for a column: 0 is best, none if it does not fit.
constexpr std::optional<std::size_t> usual(Column column, std::string_view name) {
    const std::string_view bare = unit_of(name).name;
    for (std::size_t rank = 0; rank < kUsual[column].size(); ++rank)
        if (!bare.empty() && same_but_for_case(bare, kUsual[column][rank])) return rank;
    return std::nullopt;
}

inline std::array<const std::string*, count> asked_for(const TraceColumns& names) {
    return {&names.time, &names.work, &names.key, &names.path, &names.method, &names.status};
}

/// What a unit is in nanoseconds, as a power of ten.
constexpr int power_of(TimeUnit unit) {
    switch (unit) {
        case TimeUnit::ms: return 6;
        case TimeUnit::us: return 3;
        case TimeUnit::ns: return 0;
        default: return 9;
    }
}

/// What to divide a work column by to get seconds, from the unit in its name; else 1.  Envoy's
/// upstream_service_time is in milliseconds without saying so.
constexpr double work_divisor(std::string_view name) {
    if (same_but_for_case(name, "upstream_service_time")) return 1e3;
    switch (unit_of(name).unit) {
        case TimeUnit::ms: return 1e3;
        case TimeUnit::us: return 1e6;
        case TimeUnit::ns: return 1e9;
        default: return 1;
    }
}

}  // namespace columns

/// Reads the time column: numbers in one unit, or ISO dates.
///
/// A unit that is neither given nor in the column's name is settled by the first number: below 1e11
/// it is seconds (1e11 s would be 3000 years), below 1e14 milliseconds, below 1e17 microseconds,
/// else nanoseconds.  So times that count from 0 are seconds unless someone says otherwise.
class TimeColumn {
public:
    void set(TimeUnit unit) { unit_ = unit; }
    TimeUnit unit() const { return unit_; }

    std::optional<LogTime> read(std::string_view text) {
        if (text.size() > 10 && text[4] == '-' && text[7] == '-') return read_date(text);
        if (unit_ == TimeUnit::automatic) settle(text);
        const auto nanos = nanos_of(text, columns::power_of(unit_));
        if (!nanos) return std::nullopt;
        return LogTime{*nanos, false};
    }

private:
    /// Programs leave out a fraction that is zero, so a date without one is only known to be cut to
    /// its second as long as no other date had one.
    std::optional<LogTime> read_date(std::string_view text) {
        auto date = iso_date(text);
        if (date && !date->whole_second) saw_fraction_ = true;
        if (date && saw_fraction_) date->whole_second = false;
        return date;
    }

    void settle(std::string_view text) {
        const auto digits = decimal::read(text);
        if (!digits) return;
        std::uint64_t whole = digits->integer;
        for (int scale = digits->exponent; scale < 0 && whole != 0; ++scale) whole /= 10;
        unit_ = whole < 100'000'000'000           ? TimeUnit::s
                : whole < 100'000'000'000'000     ? TimeUnit::ms
                : whole < 100'000'000'000'000'000 ? TimeUnit::us
                                                  : TimeUnit::ns;
    }

    TimeUnit unit_ = TimeUnit::automatic;
    bool saw_fraction_ = false;
};

/// As in a scenario or a message: "s", "ms", "us", "ns".
constexpr std::string_view name_of(TimeUnit unit) {
    switch (unit) {
        case TimeUnit::s: return "s";
        case TimeUnit::ms: return "ms";
        case TimeUnit::us: return "us";
        case TimeUnit::ns: return "ns";
        case TimeUnit::automatic: break;
    }
    return "automatic";
}

}  // namespace lbsim
