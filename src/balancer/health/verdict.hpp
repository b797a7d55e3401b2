#pragma once

#include <cstdint>

#include "balancer/outcome.hpp"
#include "balancer/request.hpp"

namespace lb {

/// What a response says of its backend, to those who eject by responses.
enum class Verdict : std::uint8_t {
    Success,      ///< An answer came that is no failure, as a client's mistake is none.
    ServerError,  ///< An answer that is a failure, but none of the next.
    Gateway,      ///< 502, 503 or 504: something behind it does not get through, or it is full.
    LocalOrigin,  ///< No answer: it refused, broke off, or was too late.
    Ignored,      ///< Whoever asked went away, or it says nothing of the backend.
};

/// Of a response that counts as `kind`.  A failure that is an answer is a server's, whatever its
/// status, unless that is a gateway's.
///
/// Source: Envoy, outlier_detection_impl.cc (putHttpResponseCode) and router.cc, where a reset
/// counts as a failed connection.
constexpr Verdict verdict_of(const Response& response, Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::Ignored: return Verdict::Ignored;
        case Outcome::Kind::Success:
        case Outcome::Kind::Overload: return Verdict::Success;
        case Outcome::Kind::Failure: break;
    }
    if (response.end != Response::End::Complete) return Verdict::LocalOrigin;
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
