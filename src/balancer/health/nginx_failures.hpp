#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.hpp"

namespace lb::nginx {

/// What nginx keeps of the failures of one server: max_fails and fail_timeout.
///
/// After max_fails failures it is passed over while no more than fail_timeout has passed.  Then one
/// request may try it.  Only a success after such a try forgives the failures, all of them: until
/// then they add up, however long ago they were.  With max_fails 0 they do not matter.
///
/// nginx counts in whole seconds, so that 2 s mean up to 3: hand it floored instants.
///
/// As nginx 1.22.1 and 1.31.5: ngx_http_upstream_get_peer and
/// ngx_http_upstream_free_round_robin_peer in ngx_http_upstream_round_robin.c.
class Failures {
public:
    /// Whether they keep it from being picked now.
    bool exclude(std::int64_t max_fails, Duration fail_timeout, Instant now) const {
        return max_fails != 0 && fails_ >= max_fails && now - checked_ <= fail_timeout;
    }
    /// A request goes there: if it was passed over, it is being tried.
    void on_sent(Duration fail_timeout, Instant now) {
        if (now - checked_ > fail_timeout) checked_ = now;
    }
    void on_failure(Instant now) {
        ++fails_;
        failed_ = checked_ = now;
    }
    void on_success() {
        if (failed_ < checked_) fails_ = 0;
    }

    /// Failures that are not forgiven yet.
    std::int64_t count() const { return fails_; }
    /// When the last failure, or the last try, was; long ago if there was none.
    Instant checked() const { return checked_; }

private:
    static constexpr Instant kLongAgo{Duration::min() / 2};  // So that differences fit.

    std::int64_t fails_ = 0;
    Instant failed_ = kLongAgo;
    Instant checked_ = kLongAgo;
};

/// nginx's clock of failures: whole seconds.
inline Instant second(Instant now) { return std::chrono::floor<std::chrono::seconds>(now); }

}  // namespace lb::nginx
