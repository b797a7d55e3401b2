#pragma once

#include <optional>
#include <string_view>

#include "trace/date.hpp"
#include "trace/field_cursor.hpp"

namespace lbsim {

/// HAProxy's `option httplog`, with or without what syslog writes before it:
///
///     Jan  1 00:00:00 lb1 haproxy[914]: 203.0.113.7:51234 [01/Jan/2026:00:00:00.092] fe_http
///       api/a2 0/12/1/29/43 200 5120 - - ---- 120/118/60/15/0 3/0 "GET /p/42 HTTP/1.1"
///
/// Arrival is the bracketed time (%tr), read as UTC since it has no zone.  Work is Tr, the time to
/// the backend's response headers: the time of the body is in Ta but depends on how fast the client
/// takes it.  Tr of -1 (no answer) is no work.  A request that was cut at the end of the line, as
/// syslog does, keeps what is left of it.
class Haproxy final : public LineFormat {
public:
    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        FieldCursor cursor{line.substr(client_at(line))};
        to.key = without_port(cursor.word("a client address and port"));
        const auto began = clf_date(cursor.bracketed('[', ']', "a date in brackets"));
        if (!began) cursor.fail("a date such as [31/Dec/2026:23:59:59.999]");
        cursor.word("a frontend");
        if (cursor.word("a backend and server").find('/') == std::string_view::npos)
            cursor.fail("a backend and server such as api/a2");
        const std::optional<Nanos> total = read_timers(cursor, to);
        to.status = cursor.status();
        cursor.word("a number of bytes");
        if (const std::size_t quote = cursor.rest().find('"'); quote != std::string_view::npos) {
            const std::string_view request = cursor.rest().substr(quote + 1);
            read_request(request.substr(0, request.rfind('"')), to);
        }
        if (cursor.flaw()) return within_line(*cursor.flaw(), client_at(line));
        to.took = total.value_or(0);
        to.logged = began->nanos + to.took;
        return std::nullopt;
    }

private:
    /// Behind "haproxy[914]: ", if the line begins so.
    static constexpr std::size_t client_at(std::string_view line) {
        const std::size_t date = line.find(" [");
        const std::size_t colon = line.find("]: ");
        return colon < date ? colon + 3 : 0;
    }

    static Flaw within_line(Flaw flaw, std::size_t before) {
        flaw.column += before;
        return flaw;
    }

    /// TR/Tw/Tc/Tr/Ta, in milliseconds, -1 for what did not happen; a + before Ta means that the
    /// line was logged before the end.  Gives Ta.
    static std::optional<Nanos> read_timers(FieldCursor& cursor, LogLine& to) {
        constexpr std::string_view what = "timers such as 0/12/1/29/43";
        std::string_view rest = cursor.word(what);
        std::optional<Nanos> timer;
        for (int i = 0; i < 5; ++i) {
            const std::size_t slash = i < 4 ? rest.find('/') : rest.size();
            if (slash == rest.npos) {
                cursor.fail(what);
                return std::nullopt;
            }
            const auto value = integer_of<std::int32_t>(
                rest.substr(0, slash).substr(rest.starts_with('+') ? 1 : 0));
            if (!value) cursor.fail(what);
            timer = value && *value >= 0 ? std::optional{Nanos{*value} * 1'000'000} : std::nullopt;
            if (i == 3 && timer) to.work = seconds_of(*timer);
            if (i < 4) rest.remove_prefix(slash + 1);
        }
        return timer;
    }
};

}  // namespace lbsim
