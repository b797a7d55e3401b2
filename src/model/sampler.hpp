#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.hpp"
#include "base/sampling.hpp"
#include "scenario/distribution.hpp"

namespace lbsim {

/// Draws from a Distribution, with everything that can be computed beforehand computed.
///
/// A draw is never negative and never NaN, and allocates nothing.  It is infinite only where the
/// law itself runs out of doubles (a Pareto with a tiny alpha).  The law's numbers must be what
/// distribution.hpp says (expects); the reader of scenarios has made sure.
class Sampler {
public:
    explicit Sampler(const Distribution&);

    /// One draw, for lb::Rng and lb::KeyedRng.  Constant draws no word at all; the others draw as
    /// many as they need, so give each numbered thing its own generator.
    template <class R>
    double operator()(R& rng) const {
        switch (law_) {
            case Law::Constant: return a_;
            case Law::Exponential: return a_ * lb::exponential(rng);
            default: return other(rng);
        }
    }

    /// The law's exact mean; see lbsim::mean.
    double mean() const { return mean_; }
    /// Every draw is mean(), and draws nothing.
    bool constant() const { return law_ == Law::Constant; }

private:
    struct Compile;
    enum class Law : std::uint8_t {
        Constant,
        Exponential,
        LogNormal,
        Gamma,
        Uniform,
        Pareto,
        BoundedPareto,
        Weibull,
        Mixture,
        Empirical,
    };

    double other(lb::Rng&) const;
    double other(lb::KeyedRng&) const;
    template <class R>
    double drawn(R& rng) const;

    Law law_ = Law::Constant;
    double a_ = 0, b_ = 0, c_ = 0, d_ = 0;  // The law's numbers; Compile says which.
    double mean_ = 0;
    std::vector<double> sorted_;  // Empirical: its values.  Mixture: cumulative shares, up to 1.
    std::vector<Sampler> parts_;
};

/// Keys by popularity: rank k of 0 .. count-1 has a probability proportional to (k + 1)^-s.  s = 0
/// is uniform; about 1 is what web and cache traces show.
///
/// Constant memory and constant expected time (Hörmann & Derflinger, Rejection-inversion to
/// generate variates from monotone discrete distributions, ACM TOMACS 6(3), 1996).  A draw inverts
/// 53 random bits, so that is how exact probabilities are: single keys rarer than about 2^-45 come
/// in clumps, while ranges of keys keep their share.
class ZipfSampler {
public:
    /// Requires 1 <= count <= 2^40 and s >= 0.
    ZipfSampler(std::uint64_t count, double s);

    template <class R>
    std::uint64_t operator()(R& rng) const {
        if (s_ == 0) return rng.below(count_);
        for (;;) {
            const double u = high_ + rng.unit() * (low_ - high_);
            const double x = inverse(u);
            const double n = static_cast<double>(count_);
            const double nearest = x < 1 ? 1 : x < n ? x + 0.5 : n;
            const auto rank = static_cast<std::uint64_t>(nearest);
            const double k = static_cast<double>(rank);
            if (k - x <= always_ || u >= integral(k + 0.5) - weight(k)) return rank - 1;
        }
    }

private:
    double weight(double x) const { return lb::exp(-s_ * lb::log(x)); }
    double integral(double x) const;  // Of weight(), from 1 to x.
    double inverse(double area) const;

    std::uint64_t count_;
    double s_;
    double low_ = 0, high_ = 0;  // The area that is inverted reaches from low_ to high_.
    double always_ = 0;          // Within so much below a rank, no test is needed.
};

}  // namespace lbsim
