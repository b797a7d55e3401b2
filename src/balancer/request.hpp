#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace lb {

/// What the balancer may know of a request.  The strings are the caller's: they live as long as the
/// call they are passed to.
struct Request {
    std::string_view key;  ///< The bytes that hashing policies hash: a user, a session, a path.
    std::uint32_t attempt = 0;  ///< 0 for the first; a retry counts on.
};

/// How an attempt ended, as the balancer sees it.
struct Response {
    enum class End : std::uint8_t {
        Complete,   ///< An answer came whole; `status` says which.
        Refused,    ///< The backend would not take the connection.
        Reset,      ///< The connection broke before the answer was whole.
        Timeout,    ///< Nothing came in the time allowed.
        Cancelled,  ///< Whoever asked went away: neither a success nor a failure of the backend.
    };
    End end = End::Complete;
    std::uint16_t status = 200;  ///< HTTP's; of meaning only when complete.
    Duration latency{};          ///< From the pick to now.

    constexpr bool succeeded() const { return end == End::Complete && status < 500; }
    constexpr bool failed() const { return !succeeded() && end != End::Cancelled; }
};

/// What a backend says of itself, unasked or with an answer.
struct LoadReport {
    std::uint32_t in_flight = 0;  ///< Requests it holds, from whatever balancer.
};

}  // namespace lb
