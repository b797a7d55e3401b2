#pragma once

#include <cstdint>
#include <string_view>

#include "experiment/metrics.hpp"

/// What the computations of metrics share, and those that do not stand beside the table.
namespace lbsim::metric {

inline constexpr std::string_view kNoTime = "the time was too short to measure";
inline constexpr std::string_view kNoGuard =
    "no balancer has health checks, ejection or circuit breakers of its backends";

inline double as_double(std::uint64_t n) { return static_cast<double>(n); }
inline double in_seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

inline Reading ratio(double part, double whole, std::string_view why) {
    return whole > 0 ? Reading::number(part / whole) : Reading::absent(why);
}

template <std::uint64_t Outcomes::*Count>
Reading outcome(const Sample& s) {
    return Reading::number(as_double(s.tally.outcomes.*Count));
}

/// Adds up a number of the backends asked about, or of all.
template <class Of>
double sum(const Sample& s, Of of) {
    double total = 0;
    if (s.backends)
        for (const std::size_t b : *s.backends) total += of(s.tally.backends[b]);
    else
        for (const auto& b : s.tally.backends) total += of(b);
    return total;
}

// ---- What balancers think of backends

/// Whether anybody comes to verdicts.
bool guarded(const Sample& s);

template <std::uint64_t Verdicts::*Count>
Reading verdicts(const Sample& s) {
    if (!guarded(s)) return Reading::absent(kNoGuard);
    return Reading::number(sum(s, [](const auto& b) { return as_double(b.verdicts.*Count); }));
}

Reading trials(const Sample& s);
Reading excluded(const Sample& s);
Reading open(const Sample& s);
Reading panic(const Sample& s);
Reading time_to_exclude(const Sample& s);
Reading time_to_readmit(const Sample& s);
Reading time_to_recover(const Sample& s);
Reading spared(const Sample& s);
Reading probes(const Sample& s);

}  // namespace lbsim::metric
