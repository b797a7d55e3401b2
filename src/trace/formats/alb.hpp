#pragma once

#include <optional>
#include <string_view>

#include "trace/date.hpp"
#include "trace/field_cursor.hpp"

namespace lbsim {

/// The access log of an AWS Application Load Balancer:
///
///     https 2026-01-01T00:00:00.123456Z app/prod/50dc 203.0.113.7:51234 10.0.0.12:8080
///       0.001 0.029 0.000 200 200 312 5120 "GET https://api.example:443/p/42 HTTP/2.0" ...
///
/// Arrival is request_creation_time; in lines that end before it, the time of the line less the
/// three processing times.  Work is target_processing_time; -1 means that the request was not
/// dispatched, or that its target hung up: no work.  Fields at the end that we do not know are
/// passed over.
class Alb final : public LineFormat {
public:
    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        FieldCursor cursor{line};
        read_type(cursor);
        const auto logged = iso_date(cursor.word("a date"));
        if (!logged) cursor.fail("a date such as 2026-12-31T23:59:59.999999Z");
        cursor.word("a load balancer");
        to.key = without_port(cursor.word("a client address and port"));
        cursor.word("a target or \"-\"");
        const auto until_sent = processing(cursor, "a request_processing_time");
        const auto served = processing(cursor, "a target_processing_time");
        const auto until_answered = processing(cursor, "a response_processing_time");
        to.status = cursor.status();
        cursor.word("a target status or \"-\"");
        cursor.word("a number of bytes received");
        cursor.word("a number of bytes sent");
        read_request(cursor.quoted("a request in quotes"), to);
        if (cursor.flaw()) return cursor.flaw();
        if (served) to.work = seconds_of(*served);
        to.logged = logged->nanos;
        to.whole_second = false;
        to.took = until_sent.value_or(0) + served.value_or(0) + until_answered.value_or(0);
        if (const auto created = creation(cursor)) to.took = to.logged - created->nanos;
        return std::nullopt;
    }

private:
    static void read_type(FieldCursor& cursor) {
        const std::string_view type = cursor.word("a type such as https");
        for (const std::string_view known : {"http", "https", "h2", "grpcs", "ws", "wss"})
            if (type == known) return;
        cursor.fail("a type such as https");
    }

    /// Seconds; none for -1.
    static std::optional<Nanos> processing(FieldCursor& cursor, std::string_view what) {
        const auto nanos = nanos_of(cursor.word(what));
        constexpr Nanos year = Nanos{366} * 86400 * 1'000'000'000;  // So that three add up.
        if (!nanos || *nanos > year) cursor.fail(what);
        return nanos && *nanos >= 0 ? nanos : std::nullopt;
    }

    /// Between the request and request_creation_time stand "user_agent" ssl_cipher ssl_protocol
    /// target_group_arn "trace_id" "domain_name" "chosen_cert_arn" matched_rule_priority.
    static std::optional<LogTime> creation(FieldCursor& cursor) {
        std::string_view text;
        for (int field = 0; field < 9 && !cursor.at_end(); ++field)
            text = cursor.next_is('"') ? cursor.quoted("a field") : cursor.word("a field");
        return cursor.flaw() ? std::nullopt : iso_date(text);
    }
};

}  // namespace lbsim
