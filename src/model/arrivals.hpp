#pragma once

#include <cstdint>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "scenario/scenario.hpp"

namespace lbsim {

/// When the next request of an open-loop group comes, whatever became of those before: Poisson,
/// constant, Markov-modulated or with a rate given over time.
///
/// Draws are made in order of arrival from the group's own stream, so all policies compared under
/// one seed meet the same arrivals.
class OpenArrivals {
public:
    /// Arrivals begin at `start`, on the scenario's clock.  Requires an open-loop kind other than
    /// Trace.
    OpenArrivals(const Arrivals& kind, Instant start, const lb::Rng& rng);

    /// The instants of arrival, one after the other; Instant::max() when no more come.  O(1), but
    /// for the changes of rate in between.
    Instant next();

private:
    Instant by_constant_gap();
    Instant by_rate();

    enum class Kind : std::uint8_t { Poisson, Constant, Mmpp, Profile } kind_;
    lb::Rng rng_, switching_;
    Instant at_;
    double gap_ns_ = 0;      // Of Poisson and Constant: the mean gap.
    double carried_ns_ = 0;  // Of Constant: the part of a nanosecond left over.
    Mmpp mmpp_;
    Profile profile_;
    std::size_t state_ = 0;  // Of Mmpp and Profile: the rate in force,
    Instant state_end_{};    // and until when.
};

}  // namespace lbsim
