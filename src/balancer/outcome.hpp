#pragma once

#include <cstdint>
#include <string>

#include "balancer/request.hpp"
#include "balancer/status_set.hpp"
#include "base/fields.hpp"

namespace lb {

/// What a response says of its backend, to those who judge backends by their responses: circuit
/// breakers, ejection.
struct Outcome {
    enum class Kind : std::uint8_t {
        Success,
        Failure,
        Overload,  ///< It is alive, and asks for less.
        Ignored,   ///< Says nothing of the backend.
    };
    Kind kind = Kind::Success;
    Duration latency{};  ///< From the pick to now.
};

/// Which responses count as what.
///
/// Whoever asked went away: ignored, for that is not the backend's doing.  No answer came whole:
/// by how it ended.  An answer: by its status, looked up in `ignored`, `overload` and `failures`,
/// in this order; what is in none is a success.  So by default 4xx are successes, for the backend
/// works, and the client is wrong; and 429 is an overload.  O(1).
class OutcomeRule {
public:
    struct Config {
        bool refused = true, reset = true, timeout = true;
        std::string failures = "500-599";
        std::string overload = "429";
        std::string ignored;

        void describe(Fields&);
    };
    OutcomeRule() : OutcomeRule{Config{}} {}
    /// Requires lists that can be parsed, as describe() sees to.
    explicit OutcomeRule(const Config&);

    Outcome of(const Response&) const;

private:
    Outcome::Kind kind_of(const Response&) const;

    bool refused_, reset_, timeout_;
    StatusSet failures_, overload_, ignored_;
};

}  // namespace lb
