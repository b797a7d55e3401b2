#pragma once

#include <optional>
#include <string_view>

#include "trace/date.hpp"
#include "trace/field_cursor.hpp"

namespace lbsim {

/// Envoy's default text format, and Istio's, which has three fields more behind the flags:
///
///     [2026-01-01T00:00:00.092Z] "GET /p/42 HTTP/2" 200 - 0 5120 31 30 "203.0.113.7" "grpc-go"
///       "b6f0" "api.example" "10.0.0.12:8080"
///
/// Arrival is START_TIME.  Work is x-envoy-upstream-service-time; without one ("-") no backend
/// answered.  The key is the first address of x-forwarded-for.
class Envoy final : public LineFormat {
public:
    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        FieldCursor cursor{line};
        const auto began = iso_date(cursor.bracketed('[', ']', "a date in brackets"));
        if (!began) cursor.fail("a date such as [2026-12-31T23:59:59.999Z]");
        read_request(cursor.quoted("a request in quotes"), to);
        to.status = cursor.status();
        cursor.word("response flags or \"-\"");
        if (!cursor.at_end() && !is_digit(cursor.rest().front())) {
            cursor.word("response code details");
            cursor.word("connection termination details");
            cursor.quoted("a transport failure reason in quotes");
        }
        cursor.word("a number of bytes received");
        cursor.word("a number of bytes sent");
        to.took = cursor.time("a duration in milliseconds", 6);
        const std::string_view service = cursor.word("an upstream service time or \"-\"");
        if (const auto nanos = nanos_of(service, 6); nanos && *nanos >= 0)
            to.work = seconds_of(*nanos);
        else if (service != "-")
            cursor.fail("an upstream service time or \"-\"");
        if (cursor.next_is('"')) {
            const std::string_view clients = cursor.quoted("a client address in quotes");
            to.key = clients.substr(0, clients.find(','));
        }
        if (to.key == "-") to.key = {};
        if (cursor.flaw()) return cursor.flaw();
        to.logged = began->nanos + to.took;
        return std::nullopt;
    }
};

}  // namespace lbsim
