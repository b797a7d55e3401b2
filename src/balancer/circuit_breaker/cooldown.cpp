#include "balancer/circuit_breaker/cooldown.hpp"

#include <algorithm>

#include "base/expects.hpp"

namespace lb::breaker {
namespace {

/// Exact as long as the result is: base/math's pow() is for fractions.
double power(double base, std::int64_t n) {
    double result = 1;
    for (; n != 0; n /= 2, base *= base)
        if (n % 2 != 0) result *= base;
    return result;
}

double nanoseconds(Duration d) { return static_cast<double>(d.count()); }

double unjittered_ns(const Open& open, std::int64_t n) {
    const auto& backoff = open.backoff;
    switch (backoff.kind) {
        case Backoff::Kind::Constant: break;
        case Backoff::Kind::Exponential:
            return nanoseconds(open.wait) * power(backoff.multiplier, n - 1);
        case Backoff::Kind::Linear: return nanoseconds(open.wait) * static_cast<double>(n);
        case Backoff::Kind::List:
            if (n <= static_cast<std::int64_t>(backoff.waits.size()))
                return nanoseconds(backoff.waits[static_cast<std::size_t>(n - 1)]);
            return nanoseconds(backoff.then != 0s ? backoff.then : backoff.waits.back());
    }
    return nanoseconds(open.wait);
}

}  // namespace

Duration cooldown(const Open& open, std::int64_t n, double chance) {
    expects(n > 0);
    const double wait = unjittered_ns(open, n) * (1 + open.backoff.jitter * chance);
    if (!(wait < nanoseconds(open.backoff.max))) return open.backoff.max;
    return Duration{static_cast<Duration::rep>(wait)};
}

}  // namespace lb::breaker
