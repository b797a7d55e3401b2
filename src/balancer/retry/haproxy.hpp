#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb::haproxy {

/// Whether HAProxy redispatches at once under a policy of that name: one that does not care which
/// server a request gets.  Since 2.6.12 leastconn and first are among them.
constexpr bool redispatches_at_once(std::string_view policy) {
    return policy == "haproxy/roundrobin" || policy == "haproxy/static-rr" ||
           policy == "haproxy/random" || policy == "haproxy/leastconn" || policy == "haproxy/first";
}

/// What HAProxy does when a server would not take a connection: `retries`, `option redispatch` and
/// `timeout connect`, as HAProxy 2.6.12 (stream_choose_redispatch() and back_handle_st_cer()).
///
/// Without redispatch every retry goes to the same server, after a pause.  With it the last one
/// leaves the server (or every nth, see `redispatch`), but under a policy that redispatches at once
/// the first one does already, and without a pause, whatever the manual says.  Where it goes then
/// is the policy's pick; it may be the same server again, as it always is by a map.
class Retries {
public:
    struct Config {
        std::int64_t retries = 3;
        std::int64_t redispatch = 0;
        Duration connect_timeout = 1s;

        void describe(Fields& f) {
            f.field("retries", retries, "How often a failed connection is tried again; 0: never",
                    {.low = 0, .high = 1e6});
            f.field("redispatch", redispatch,
                    "Which retries leave the server: each nth; -1 the last, -2 the one before; "
                    "0: none",
                    {.low = -1e6, .high = 1e6});
            f.field("connect_timeout", connect_timeout,
                    "What a retry of the same server waits, but at most 1 s");
        }
    };
    /// A connection that failed.
    struct Failure {
        std::int64_t attempts = 1;  ///< Of this request, this one included.
        bool sticks = false;        ///< The server was chosen by a cookie.
        bool down = false;          ///< The server went down meanwhile.
        std::size_t usable = 1;     ///< Servers that are neither down nor drained.
    };
    /// What to do next.
    struct Next {
        enum class Where : std::uint8_t {
            Nowhere,  ///< Give up: 503.
            Same,     ///< The same server.
            Picked,   ///< Wherever the policy says, told what was tried; the cookie counts no more.
        };
        Where where = Where::Nowhere;
        Duration pause{};  ///< Before it.
    };

    /// `at_once`: see redispatches_at_once().
    Retries(const Config& config, bool at_once) : config_{config}, at_once_{at_once} {}

    /// O(1).
    Next after(const Failure& failure) const {
        if (failure.attempts > config_.retries) return {};
        const bool leaves = redispatches(failure);
        const auto where = leaves ? Next::Where::Picked : Next::Where::Same;
        if (leaves && failure.usable > 1) return {where, {}};
        return {where, std::min<Duration>(config_.connect_timeout, 1s)};
    }

private:
    bool redispatches(const Failure& failure) const {
        if (config_.redispatch == 0) return false;
        if (failure.down || is_turn(failure.attempts)) return true;
        return at_once_ && !failure.sticks && failure.usable > 1;
    }
    bool is_turn(std::int64_t retry) const {
        const auto every =
            config_.redispatch > 0 ? config_.redispatch : config_.retries + 1 + config_.redispatch;
        return every != 0 && retry % every == 0;
    }

    Config config_;
    bool at_once_;
};

}  // namespace lb::haproxy
