#include "balancer/retry/retry.hpp"

#include <array>
#include <optional>

#include "base/expects.hpp"

namespace lb {
namespace {

/// What a list of outcomes says.
struct Outcomes {
    bool refused = false, reset = false, timeout = false;
    StatusSet statuses;
};

// Words and statuses, separated by commas.
std::optional<Outcomes> parse(std::string_view list) {
    Outcomes out;
    std::string statuses;
    for (bool more = true; more;) {
        const auto comma = list.find(',');
        auto part = list.substr(0, comma);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (part == "refused") {
            out.refused = true;
        } else if (part == "reset") {
            out.reset = true;
        } else if (part == "timeout") {
            out.timeout = true;
        } else {
            if (part.empty()) return std::nullopt;
            if (!statuses.empty()) statuses += ',';
            statuses += part;
        }
        more = comma != list.npos;
        if (more) list.remove_prefix(comma + 1);
    }
    const auto set = StatusSet::of(statuses);
    if (!set) return std::nullopt;
    out.statuses = *set;
    return out;
}

}  // namespace

void Retry::Config::describe(Fields& f) {
    static constexpr std::array<std::string_view, 3> kJitters{"none", "equal", "full"};
    f.field("attempts", attempts, "How many are made at most, the first included",
            {.low = 1, .high = 100});
    f.field("backoff", backoff, "The wait before the second", kNotNegative);
    f.field("multiplier", multiplier, "Each wait is so many times the one before",
            {.low = 1, .high = 100});
    f.field("max_backoff", max_backoff, "No wait is longer", kNotNegative);
    word(f, "jitter", jitter, kJitters,
         "A wait is taken whole, at least half of it, or any part of it, at random");
    const auto before = on;
    f.field("on", on, "What is made again: refused, reset, timeout and statuses such as 502-504");
    if (parse(on)) return;
    f.problem("on", "no list of outcomes: \"" + on + '"',
              "write for example \"refused, reset, timeout, 503\"");
    on = before;
}

Retry::Retry(const Config& config)
    : attempts_{config.attempts},
      backoff_{config.backoff},
      max_backoff_{config.max_backoff},
      multiplier_{config.multiplier},
      jitter_{config.jitter} {
    const auto on = parse(config.on);
    expects(on.has_value());
    refused_ = on->refused;
    reset_ = on->reset;
    timeout_ = on->timeout;
    statuses_ = on->statuses;
}

bool Retry::wants(const Response& response, std::int64_t made) const {
    if (made >= attempts_) return false;
    const bool begun = response.broken() && response.first_byte != Duration::zero();
    switch (response.end) {
        case Response::End::Complete: return statuses_.contains(response.status);
        case Response::End::Refused: return refused_;
        case Response::End::Reset: return reset_ && !begun;
        case Response::End::Timeout: return timeout_ && !begun;
        case Response::End::Cancelled: break;
    }
    return false;
}

Duration Retry::longest(std::int64_t made) const {
    double ns = static_cast<double>(backoff_.count());
    const auto most = static_cast<double>(max_backoff_.count());
    for (std::int64_t i = 1; i < made && ns < most; ++i) ns *= multiplier_;
    return Duration{static_cast<Duration::rep>(std::min(ns, most))};
}

}  // namespace lb
