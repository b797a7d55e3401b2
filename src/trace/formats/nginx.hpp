#pragma once

#include <optional>
#include <string_view>

#include "trace/field_cursor.hpp"

namespace lbsim {

/// The nginx format to log in if you can choose, exact to a millisecond and with the upstream's
/// times (log_format lbsim):
///
///     $msec $remote_addr "$request" $status $body_bytes_sent $request_time $upstream_addr
///       $upstream_status $upstream_connect_time $upstream_header_time $upstream_response_time
///
/// Everything after $status may be missing.  $msec is when the request ended, so it arrived
/// $request_time earlier.  Work is the service of the final try (see final_service); the request
/// time if the line ends before the upstream's fields.
class Nginx final : public LineFormat {
public:
    std::optional<Flaw> read(std::string_view line, LogLine& to) override {
        FieldCursor cursor{line};
        to.logged = cursor.time("the time in seconds since 1970", 9);
        to.key = cursor.word("a client address");
        read_request(cursor.quoted("a request in quotes"), to);
        to.status = cursor.status();
        if (!cursor.at_end()) cursor.word("a number of bytes");
        if (!cursor.at_end()) {
            to.took = cursor.time("a request time in seconds", 9);
            to.work = seconds_of(to.took);
        }
        if (!cursor.at_end()) to.work = upstream(cursor);
        return cursor.flaw();
    }

private:
    static std::optional<double> upstream(FieldCursor& cursor) {
        cursor.tries("upstream addresses");
        cursor.tries("upstream statuses");
        cursor.tries("upstream connect times");
        const std::string_view header = cursor.tries("upstream header times");
        const std::string_view response = cursor.tries("upstream response times");
        return final_service(response, header);
    }
};

}  // namespace lbsim
