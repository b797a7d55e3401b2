#include "model/arrivals.hpp"

#include <variant>

#include "base/sampling.hpp"

namespace lbsim {
namespace {

// Whole nanoseconds, and never back in time.
Instant later(Instant at, double ns) {
    if (!(ns < 9e18)) return Instant::max();
    const auto step = Duration{static_cast<Duration::rep>(ns + 0.5)};
    return at > Instant::max() - step ? Instant::max() : at + step;
}

}  // namespace

OpenArrivals::OpenArrivals(const Arrivals& kind, Instant start, const lb::Rng& rng)
    : kind_{}, rng_{rng.stream("gap")}, switching_{rng.stream("switching")}, at_{start} {
    if (const auto* poisson = std::get_if<Poisson>(&kind)) {
        kind_ = Kind::Poisson;
        gap_ns_ = 1e9 / poisson->rate_per_s;
    } else if (const auto* constant = std::get_if<ConstantRate>(&kind)) {
        kind_ = Kind::Constant;
        gap_ns_ = 1e9 / constant->rate_per_s;
    } else if (const auto* mmpp = std::get_if<Mmpp>(&kind)) {
        kind_ = Kind::Mmpp;
        mmpp_ = *mmpp;
        state_end_ = later(start, static_cast<double>(mmpp_.states[0].dwell.count()) *
                                      lb::exponential(switching_));
    } else {
        kind_ = Kind::Profile;
        profile_ = std::get<Profile>(kind);
        state_end_ = profile_.steps.size() > 1 ? Instant{profile_.steps[1].at} : Instant::max();
    }
}

Instant OpenArrivals::next() {
    switch (kind_) {
        case Kind::Poisson: return at_ = later(at_, gap_ns_ * lb::exponential(rng_));
        case Kind::Constant: return by_constant_gap();
        case Kind::Mmpp:
        case Kind::Profile: break;
    }
    return by_rate();
}

Instant OpenArrivals::by_constant_gap() {
    const double gap = gap_ns_ + carried_ns_;
    if (!(gap < 9e18)) return at_ = Instant::max();
    const auto whole = static_cast<Duration::rep>(gap);
    carried_ns_ = gap - static_cast<double>(whole);
    return at_ = at_ + Duration{whole};
}

// A Poisson process of changing rate: the area under the rate up to the next arrival is
// exponential with mean 1, so it is spent stretch by stretch.
Instant OpenArrivals::by_rate() {
    double area = lb::exponential(rng_);
    for (;;) {
        const double rate = (kind_ == Kind::Mmpp ? mmpp_.states[state_].rate_per_s
                                                 : profile_.steps[state_].rate_per_s) *
                            1e-9;
        const bool last = state_end_ == Instant::max();
        if (last && rate == 0) return at_ = Instant::max();
        const double left = last ? 0 : static_cast<double>((state_end_ - at_).count()) * rate;
        if (last || area < left) return at_ = later(at_, area / rate);
        area -= left;
        at_ = state_end_;
        if (kind_ == Kind::Mmpp) {
            state_ = (state_ + 1) % mmpp_.states.size();
            state_end_ = later(at_, static_cast<double>(mmpp_.states[state_].dwell.count()) *
                                        lb::exponential(switching_));
        } else {
            ++state_;
            state_end_ = state_ + 1 < profile_.steps.size() ? Instant{profile_.steps[state_ + 1].at}
                                                            : Instant::max();
        }
    }
}

}  // namespace lbsim
