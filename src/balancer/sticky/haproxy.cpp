#include "balancer/sticky/haproxy.hpp"

#include "balancer/routes/haproxy_headers.hpp"

namespace lb::haproxy {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::int64_t seconds_of(Instant now) { return now.time_since_epoch() / 1s; }

/// Five digits for the date, rounded up to four seconds.
std::string dated(std::int64_t date) {
    const auto quarters = static_cast<std::uint64_t>((date + 3) / 4);
    std::string out = "|";
    for (int shift = 24; shift >= 0; shift -= 6) out += kDigits[(quarters >> shift) & 63u];
    return out;
}

/// 0 if it is none.
std::int64_t date_of(std::string_view text) {
    if (text.size() < 5) return 0;
    std::int64_t quarters = 0;
    for (const char c : text.substr(0, 5)) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return 0;
        quarters = 64 * quarters + static_cast<std::int64_t>(digit);
    }
    return 4 * quarters;
}

/// Whether that is longer ago than allowed, or more than a day ahead.
bool has_passed(std::int64_t date, Duration allowed, std::int64_t now) {
    return date != 0 && allowed > 0s && (now - date > allowed / 1s || date - now > 86'400);
}

}  // namespace

bool Cookie::is_stale(const Seen& seen, std::int64_t now) const {
    return has_passed(seen.first, config_.maxlife, now) ||
           has_passed(seen.last, config_.maxidle, now);
}

Cookie::Seen Cookie::read(std::string_view header, Instant now) const {
    Seen seen;
    for (Cookies cookies{header}; cookies.next();) {
        if (cookies.name() != config_.name) continue;
        const auto value = cookies.value();
        const auto bar = value.find('|');
        seen = {value.substr(0, bar), 0, 0};
        if (bar == std::string_view::npos) continue;
        const auto dates = value.substr(bar + 1);
        seen.last = date_of(dates);
        if (const auto second = dates.find('|'); second != std::string_view::npos)
            seen.first = date_of(dates.substr(second + 1));
        if (is_stale(seen, seconds_of(now))) seen = {};
    }
    return seen;
}

std::optional<std::string> Cookie::write(std::string_view server, const Seen& seen, bool by_cookie,
                                         Instant now) const {
    const auto date = seconds_of(now);
    const bool idle_counts = config_.maxidle > 0s || seen.last != 0;
    const bool fresh = !idle_counts || (seen.last != 0 && seen.last >= date);
    if (by_cookie && fresh && (config_.maxlife > 0s) == (seen.first != 0)) return std::nullopt;
    std::string out = config_.name;
    out += '=';
    out += server;
    if (is_dated()) out += dated(date);
    if (config_.maxlife > 0s) out += dated(seen.first != 0 ? seen.first : date);
    out += "; path=/";
    return out;
}

}  // namespace lb::haproxy
