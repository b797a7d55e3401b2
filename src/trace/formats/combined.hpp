#pragma once

#include <optional>
#include <string_view>

#include "trace/date.hpp"
#include "trace/field_cursor.hpp"

namespace lbsim {

/// The access log of Apache and nginx, common or combined, with whatever times stand at its end:
///
///     203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.5"
///       ... rt=0.031 uht="0.029" urt="0.030"       named; request_time= and so on as well
///       ... 0.031 0.030                            $request_time, $upstream_response_time
///       ... 312 0.031 [prod-api-80] [] 10.0.0.12:8080 5120 0.030 200 9f3c   ingress-nginx
///
/// A line that was cut inside the referrer or the user agent keeps its request.
///
/// A bare whole number at the end is not taken for a time: it may be bytes, a port, or Apache's %D.
/// Work is the service of the final try (see final_service), or the request time if the log knows
/// no upstream.  Dates lack the fraction of their second.  nginx logs when a request ends and
/// Apache when it began (%t); only if there is a request time does that matter, and then it is
/// nginx.
class Combined final : public LineFormat {
public:
    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        FieldCursor cursor{line};
        to.key = cursor.word("a client address");
        const std::string_view second = cursor.word("an identity or \"-\"");
        const std::string_view third = cursor.word("a user or \"-\"");
        if (third == "-" && second != "-") to.key = second;  // The virtual host came first.
        while (!cursor.at_end() && !cursor.next_is('[')) cursor.word("a date in brackets");
        const auto date = clf_date(cursor.bracketed('[', ']', "a date in brackets"));
        if (!date) cursor.fail("a date such as [31/Dec/2026:23:59:59 +0000]");
        read_request(cursor.quoted("a request in quotes"), to);
        to.status = cursor.status();
        if (!cursor.at_end()) cursor.word("a number of bytes");
        if (cursor.next_is('"')) cursor.quoted_or_cut("a referrer in quotes");
        if (cursor.next_is('"')) cursor.quoted_or_cut("a user agent in quotes");
        Times times;
        while (!cursor.at_end()) read_end(cursor, times);
        if (cursor.flaw()) return cursor.flaw();

        to.logged = date->nanos;
        to.whole_second = date->whole_second;
        to.took = times.request.value_or(0);
        if (!times.response.empty())
            to.work = final_service(times.response, times.header);
        else if (times.request)
            to.work = seconds_of(*times.request);
        return std::nullopt;
    }

private:
    struct Times {
        std::optional<Nanos> request;
        std::string_view response, header;  // Of the upstream.
    };

    /// One field behind the user agent.
    static void read_end(FieldCursor& cursor, Times& times) {
        if (cursor.next_is('"')) {
            const std::string_view text = cursor.quoted("a field in quotes");
            if (times.request && times.response.empty() && is_time(final_try(text)))
                times.response = text;
            return;
        }
        if (cursor.next_is('[')) {
            cursor.bracketed('[', ']', "an upstream's name in brackets");
            cursor.bracketed('[', ']', "an alternative upstream's name in brackets");
            cursor.tries("an upstream address");
            cursor.tries("an upstream's bytes");
            times.response = cursor.tries("an upstream's response time");
            return;
        }
        const std::string_view rest = cursor.rest();
        const std::size_t equals = rest.find_first_of("= \"");
        if (equals != rest.npos && rest[equals] == '=') {
            cursor.skip(equals + 1);
            read_named(rest.substr(0, equals), cursor, times);
            return;
        }
        const std::string_view text = cursor.tries("a field");
        if (!is_time(final_try(text))) return;
        if (!times.request)
            times.request = nanos_of(text);
        else if (times.response.empty())
            times.response = text;
    }

    static void read_named(std::string_view name, FieldCursor& cursor, Times& times) {
        if (cursor.rest().empty() || cursor.rest().front() == ' ') return;
        const std::string_view value =
            cursor.next_is('"') ? cursor.quoted("a value in quotes") : cursor.tries("a value");
        if (name == "rt" || name == "request_time") {
            const auto nanos = nanos_of(value);
            if (value != "-" && (!nanos || *nanos < 0)) cursor.fail("a request time in seconds");
            if (nanos) times.request = nanos;
        } else if (name == "urt" || name == "upstream_response_time") {
            times.response = value;
        } else if (name == "uht" || name == "upstream_header_time") {
            times.header = value;
        }
    }

    /// nginx writes times as seconds with three decimals.
    static constexpr bool is_time(std::string_view text) {
        const std::size_t point = text.find('.');
        if (point == text.npos || point == 0 || point + 1 == text.size()) return false;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (i != point && !is_digit(text[i])) return false;
        return true;
    }
};

}  // namespace lbsim
