#pragma once

#include <cstdint>

#include "balancer/request.hpp"

namespace lb {

/// What a response says of its backend, to those who eject by responses.
enum class Verdict : std::uint8_t {
    Success,      ///< An answer came; of a status below 500, for a client's mistake is not its own.
    ServerError,  ///< 5xx, but none of the next.
    Gateway,      ///< 502, 503 or 504: something behind it does not get through, or it is full.
    LocalOrigin,  ///< No answer: it refused, broke off, or was too late.
    Ignored,      ///< Whoever asked went away.
};

/// Source: Envoy, outlier_detection_impl.cc (putHttpResponseCode) and router.cc, where a reset
/// counts as a failed connection.
constexpr Verdict verdict_of(const Response& response) {
    if (response.end == Response::End::Cancelled) return Verdict::Ignored;
    if (response.end != Response::End::Complete) return Verdict::LocalOrigin;
    if (response.status < 500) return Verdict::Success;
    return response.status >= 502 && response.status <= 504 ? Verdict::Gateway
                                                            : Verdict::ServerError;
}

/// What a health check that observes requests makes of a response.
enum class Observed : std::uint8_t { Nothing, Good, Error };

/// At layer 4 only whether the connection was taken: an answer that breaks off had one, and of one
/// that never came nobody can tell.  At layer 7 the answer: 100 to 499, 501 and 505 are good.
///
/// Source: HAProxy 2.6, check.c (analyze_statuses) and http_ana.c (http_wait_for_response).
constexpr Observed observed(const Response& response, std::int64_t layer) {
    using End = Response::End;
    if (response.end == End::Cancelled) return Observed::Nothing;
    if (layer == 4) {
        if (response.end == End::Timeout) return Observed::Nothing;
        return response.end == End::Refused ? Observed::Error : Observed::Good;
    }
    const auto status = response.status;
    const bool good = (status >= 100 && status < 500) || status == 501 || status == 505;
    return response.end == End::Complete && good ? Observed::Good : Observed::Error;
}

}  // namespace lb
