#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>

#include "balancer/request.hpp"
#include "base/time.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

using lb::Duration;
using lb::Instant;

/// What a backend keeps of itself in order to report it: how busy it was and what it ended in each
/// window of time, and how long its last requests took by how many it held when they came.
///
/// Every call takes the time, and none may be earlier than the one before.
class LoadMeter {
public:
    /// `workers` may be infinite: then it is never busy.
    LoadMeter(const Reporting& config, double workers, Instant now)
        : config_{config}, workers_{workers}, began_{now}, until_{now} {}

    /// Until now, so many of its workers were at work.  To be called before that number changes.
    /// O(windows that are over), and of a long silence no more than can still be told.
    void advance(double busy, Instant now);

    /// A request left with an answer.  It had found so many others when it came.  Requires that
    /// advance() was called for now.
    void ended(bool failed, std::uint32_t found, Duration latency);

    /// Utilization and rates in the last window that can be told.  0 before there is one.  Requires
    /// that advance() was called for now.
    void tell(lb::LoadReport& report, Instant now);

    /// How long a request would take that found so many others: of those that ended in the last
    /// `window`, at most 128, the 31 that found nearly so many, the newer among equals; of these
    /// the median, if latency grows as the requests do that share a worker.  0 if none ended then
    /// and it is idle: it may well be fast.  O(128).
    ///
    /// Source: Wydrowski et al., Load is not what you should balance, NSDI 2024, section 4.1, which
    /// gives no numbers.  Few give a median so noisy that the luckiest backend gets all requests;
    /// old ones, or ones from when it held many, keep an idle backend idle.
    Duration latency_at(std::uint32_t held, Instant now) const;

private:
    static constexpr std::size_t kKept = 128, kCompared = 31;
    struct Window {
        Instant ended{};
        double busy_ns = 0;  // Summed over the workers.
        double requests = 0, errors = 0;
    };
    struct Completion {
        std::uint32_t found;
        Duration latency;
        Instant at{};
    };

    /// Requests that share a worker, with the one that found n.
    double sharers(std::uint32_t n) const { return std::max(1.0, (n + 1.0) / workers_); }

    Reporting config_;
    double workers_;
    Instant began_;  // The window that is open.
    Instant until_;  // What advance() knows.
    Window open_;
    std::deque<Window> closed_;  // The first is the last that can be told, or soon will be.
    std::array<Completion, kKept> completions_{};
    std::size_t completed_ = 0;  // In all; each took the place of the one kKept before.
};

}  // namespace lbsim
