#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "trace/line_format.hpp"

namespace lbsim {

/// Walks over the fields of a log line: words between spaces, texts in quotes or brackets.
///
/// The first field that is not as expected is remembered as the line's flaw; from then on every
/// field reads as empty.  So a format reads all its fields, and asks once at the end.
class FieldCursor {
public:
    explicit FieldCursor(std::string_view line) : line_{line} {}

    /// The next word; `what` names it in the flaw if there is none.
    std::string_view word(std::string_view what) {
        begin_field();
        const std::size_t end = std::min(line_.find(' ', at_), line_.size());
        if (end == at_) fail(what);
        return take(end, 0);
    }

    /// The next text in quotes, without them.  A backslash keeps a quote from ending it.
    std::string_view quoted(std::string_view what) {
        if (!opens('"', what)) return {};
        std::size_t end = at_;
        while (end < line_.size() && line_[end] != '"') end += line_[end] == '\\' ? 2 : 1;
        if (end >= line_.size()) fail(what, " in closed quotes");
        return take(end, 1);
    }

    /// The next text in quotes, or what is left of it if the line was cut inside.
    std::string_view quoted_or_cut(std::string_view what) {
        const FieldCursor before = *this;
        const std::string_view text = quoted(what);
        if (!flaw_ || before.flaw_) return text;
        *this = before;
        return take(line_.size(), 0);
    }

    /// The next text between brackets.
    std::string_view bracketed(char open, char close, std::string_view what) {
        if (!opens(open, what)) return {};
        const std::size_t end = line_.find(close, at_);
        if (end == line_.npos) fail(what, " in closed brackets");
        return take(end, 1);
    }

    /// What nginx writes for a request that several backends were tried for: one value, or more
    /// with ", " between tries and " : " between internal redirects.
    std::string_view tries(std::string_view what) {
        const std::string_view first = word(what);
        std::size_t end = at_;
        while (end < line_.size()) {
            if (line_.substr(end, 3) == " : ")
                end = line_.find(' ', end + 3);
            else if (line_[end - 1] == ',' && line_[end] == ' ')
                end = line_.find(' ', end + 1);
            else
                break;
        }
        if (flaw_ || first.empty()) return {};
        at_ = std::min(end, line_.size());
        return line_.substr(field_, at_ - field_);
    }

    /// A time in units of 10^power nanoseconds, not negative.
    Nanos time(std::string_view what, int power) {
        const auto nanos = nanos_of(word(what), power);
        if (!nanos || *nanos < 0) fail(what);
        return flaw_ ? 0 : *nanos;
    }

    /// A status: 0 for "-" (the log has none).
    std::int32_t status() {
        const std::string_view text = word("a status");
        if (text == "-") return 0;
        const auto value = integer_of<std::int32_t>(text);
        if (!value || *value < -1 || *value > 999) fail("a status");
        return flaw_ ? 0 : std::max(*value, 0);
    }

    /// Is `c` next, after spaces?
    bool next_is(char c) {
        skip_spaces();
        return !flaw_ && at_ < line_.size() && line_[at_] == c;
    }

    bool at_end() {
        skip_spaces();
        return flaw_ || at_ == line_.size();
    }

    std::string_view rest() const { return flaw_ ? std::string_view{} : line_.substr(at_); }
    void skip(std::size_t count) { at_ = std::min(at_ + count, line_.size()); }

    /// The field last read is not `what` it should be.  Only the first call counts.
    void fail(std::string_view what, std::string_view more = {}) {
        if (flaw_) return;
        const std::string_view found = line_.substr(std::min(field_, line_.size()));
        Flaw flaw{field_ + 1, "expected "};
        flaw.reason.append(what).append(more).append(", found ");
        if (found.empty())
            flaw.reason += "the end of the line";
        else
            flaw.reason += '"' + shortened(found, 24) + '"';
        flaw_ = std::move(flaw);
    }

    const std::optional<Flaw>& flaw() const { return flaw_; }

private:
    void skip_spaces() {
        while (at_ < line_.size() && line_[at_] == ' ') ++at_;
    }

    void begin_field() {
        skip_spaces();
        field_ = at_;
    }

    bool opens(char open, std::string_view what) {
        begin_field();
        if (at_ == line_.size() || line_[at_] != open) fail(what);
        if (!flaw_) ++at_;
        return !flaw_;
    }

    std::string_view take(std::size_t end, std::size_t closing) {
        if (flaw_) return {};
        const std::string_view text = line_.substr(at_, end - at_);
        at_ = end + closing;
        return text;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::size_t field_ = 0;
    std::optional<Flaw> flaw_;
};

/// The value of the final try of a multi-valued field: the last one.
constexpr std::string_view final_try(std::string_view tries) {
    const std::size_t before = tries.find_last_of(" ,");
    return before == tries.npos ? tries : tries.substr(before + 1);
}

/// The service time that the final try of a request tells, from nginx's $upstream_response_time
/// and, if the log has it, $upstream_header_time.
///
/// Of several tries only the final one was served; the earlier ones tell how long it took to give
/// up on somebody else, and the simulated balancer gives up by its own rules.  None if the final
/// try was never connected ("-") or never answered (no header time): what was measured then is a
/// time limit, not a service.
constexpr std::optional<double> final_service(std::string_view response_times,
                                              std::string_view header_times = {}) {
    if (!header_times.empty() && final_try(header_times) == "-") return std::nullopt;
    const auto nanos = nanos_of(final_try(response_times));
    if (!nanos || *nanos < 0) return std::nullopt;
    return seconds_of(*nanos);
}

/// "https://shop.example:443/p/1" is for path "/p/1", "https://shop.example" for "/".
constexpr std::string_view path_of(std::string_view target) {
    const std::size_t scheme = target.find("://");
    if (scheme == target.npos || target.starts_with('/')) return target;
    const std::size_t path = target.find('/', scheme + 3);
    return path == target.npos ? std::string_view{"/"} : target.substr(path);
}

/// Method and path from a request line, `GET /p/42 HTTP/1.1`.  What is no such line (a port scan,
/// "-", HAProxy's <BADREQ>) leaves both empty: it still is a request that arrived.
constexpr void read_request(std::string_view request, LogLine& to) {
    const std::size_t space = request.find(' ');
    if (space == request.npos || space == 0) return;
    for (const char c : request.substr(0, space))
        if (!((c >= 'A' && c <= 'Z') || c == '-' || c == '_')) return;
    std::string_view target = request.substr(space + 1);
    if (const std::size_t protocol = target.rfind(" HTTP/"); protocol != target.npos)
        target = target.substr(0, protocol);
    if (target.empty() || target == "-" || target.starts_with("- ")) return;
    to.method = request.substr(0, space);
    to.path = path_of(target);
}

/// "203.0.113.7:51234" without the port; an address in IPv6 keeps its colons.
constexpr std::string_view without_port(std::string_view client) {
    const std::size_t colon = client.rfind(':');
    if (colon != client.npos) client = client.substr(0, colon);
    if (client.size() > 1 && client.front() == '[' && client.back() == ']')
        client = client.substr(1, client.size() - 2);
    return client;
}

}  // namespace lbsim
