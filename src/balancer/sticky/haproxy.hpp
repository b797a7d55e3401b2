#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb::haproxy {

/// A cookie that names the client's server: `cookie NAME insert [maxidle T] [maxlife T]`, as
/// HAProxy 2.6 (http_manage_client_side_cookies() in src/http_ana.c).
///
/// A client that comes with a valid cookie of a server that may be reached goes there, past the
/// policy, and is not told again: also while that drains, but not while it is down or in
/// maintenance.  Any other is balanced, and told the server that it got.  With a maximum of
/// idleness or life the cookie carries dates, in units of four seconds: when it was sent, and when
/// the first one was; then a client is also told when its date has passed.
///
/// Requests do not advance the policy when the cookie decides.  `indirect` and `nocache` change
/// what servers and caches see, not who is picked; rewrite and prefix modes are not here.
///
/// Requires instants that count from 1970: cookies outlive the process.
class Cookie {
public:
    struct Config {
        std::string name = "SRV";
        Duration maxidle{};
        Duration maxlife{};

        void describe(Fields& f) {
            f.field("name", name, "Of the cookie");
            f.field("maxidle", maxidle, "Unused for so long a cookie is of no use; 0: no limit",
                    kNotNegative);
            f.field("maxlife", maxlife,
                    "So long after the first a cookie is of no use; 0: no limit", kNotNegative);
        }
    };
    /// What a client brought.
    struct Seen {
        std::string_view server{};  ///< The name in a cookie that is of use; empty: none.
        std::int64_t last = 0;      ///< When it was sent, in seconds since 1970; 0: not told.
        std::int64_t first = 0;     ///< When the first one was; 0: not told.
    };

    explicit Cookie(const Config& config) : config_{config} {}

    /// Reads a request's Cookie header.  What it returns points into that.  O(bytes).
    Seen read(std::string_view header, Instant now) const;

    /// The Set-Cookie header of the response of `server`, if the client has to be told.
    /// `by_cookie`: what was seen decided.
    std::optional<std::string> write(std::string_view server, const Seen& seen, bool by_cookie,
                                     Instant now) const;

private:
    bool is_dated() const { return config_.maxidle > 0s || config_.maxlife > 0s; }
    bool is_stale(const Seen& seen, std::int64_t now) const;

    Config config_;
};

}  // namespace lb::haproxy
