#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "balancer/request.hpp"
#include "balancer/status_set.hpp"
#include "base/fields.hpp"
#include "base/time.hpp"

namespace lb {

/// Whether an attempt that failed is made again, and when.
///
/// The wait before attempt n + 1 is backoff * multiplier^(n - 1), max_backoff at most, and of that
/// a part at random, so that those who failed together do not come back together.  An answer whose
/// beginning has been sent on cannot be taken back, so what broke off then is never made again.
/// Keeps no state; O(1).
///
/// Sources: Envoy, retry_state_impl.cc (25 ms, ten times that at most, all of it at random); the
/// kinds of jitter are those of Brooker, Exponential Backoff And Jitter, AWS Architecture Blog,
/// 2015.  Which outcomes: nginx's proxy_next_upstream (error, timeout, http_502 …) and Envoy's
/// retry_on (connect-failure, reset, gateway-error) in the words of lb::Response.
class Retry {
public:
    enum class Jitter : std::uint8_t {
        None,   ///< The whole wait.
        Equal,  ///< Between half of it and all.
        Full,   ///< Between nothing and all.
    };
    struct Config {
        std::int64_t attempts = 3;
        Duration backoff = 25ms;
        double multiplier = 2;
        Duration max_backoff = 250ms;
        Jitter jitter = Jitter::Full;
        std::string on = "refused, reset, timeout, 502-504";

        void describe(Fields&);
    };
    /// Requires a list `on` that can be parsed, as describe() sees to.
    explicit Retry(const Config&);

    /// Whether there is to be another attempt after `made` of them, the last of which ended so.
    bool wants(const Response&, std::int64_t made) const;

    /// How long after that the next one comes.  One draw, none without jitter.
    template <class R>
    Duration wait(std::int64_t made, R& rng) const {
        const auto whole = static_cast<double>(longest(made).count());
        if (jitter_ == Jitter::None || whole == 0) return longest(made);
        const double least = jitter_ == Jitter::Equal ? 0.5 : 0;
        return Duration{static_cast<Duration::rep>(whole * (least + (1 - least) * rng.unit()))};
    }
    Duration longest(std::int64_t made) const;
    std::int64_t attempts() const { return attempts_; }

private:
    std::int64_t attempts_;
    Duration backoff_, max_backoff_;
    double multiplier_;
    Jitter jitter_;
    bool refused_ = false, reset_ = false, timeout_ = false;
    StatusSet statuses_;
};

/// Whether an attempt may go where one of the same request has been.
enum class AvoidTried : std::uint8_t {
    No,      ///< As the policy picks.
    Repick,  ///< The policy is asked again, a few times: Envoy's previous_hosts predicate.
    Prefer,  ///< To another if one may be picked.
    Strict,  ///< To another or nowhere, as nginx has it.
};

}  // namespace lb
