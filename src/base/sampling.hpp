#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/expects.hpp"
#include "base/math.hpp"

namespace lb {

// Draws from the standard laws, for any generator of ours (anything derived from Draws).  The
// standard library's distributions differ between implementations; these give the same numbers
// everywhere.  How many words a draw takes varies, so give each numbered thing its own generator.

/// Ziggurats: a decreasing density cut into 256 horizontal layers of one area (Marsaglia & Tsang,
/// The Ziggurat Method for Generating Random Variables, J. Stat. Software 5(8), 2000).  Unlike
/// there, one word of 64 bits gives the layer and 53 other bits the place in it, so that the two
/// are independent (Doornik, An Improved Ziggurat Method, 2005).
namespace ziggurat {

struct Layer {
    double step;         // Width of the layer times 2^-53.
    double inside;       // Nearer to 0 than this, all of the layer lies under the density.
    double low, height;  // Density at its lower edge, and how much more at its upper one.
};
using Layers = std::array<Layer, 256>;

extern const Layers kExponential;  // Layer 0 is the base: it stands for the tail too.
extern const Layers kNormal;
inline constexpr double kExponentialTail = 0x1.ec9d9297ebb83p+2;  // 7.697: where the tails begin.
inline constexpr double kNormalTail = 0x1.d3bb48209ad33p+1;       // 3.654

/// Where in its layer a word points to.
inline double place(const Layer& layer, std::uint64_t word) {
    return static_cast<double>(static_cast<std::int64_t>(word >> 11)) * layer.step;
}

/// The rare rest of exponential(): x lies in layer i, outside what is surely under the density.
template <class R>
[[gnu::noinline]] double exponential_from(R& rng, std::size_t i, double x) {
    double offset = 0;
    for (;;) {
        if (i == 0)
            offset += kExponentialTail;  // Without memory: the tail is the law itself, moved.
        else if (kExponential[i].low + kExponential[i].height * rng.unit() < exp(-x))
            return offset + x;
        const std::uint64_t word = rng();
        i = word & 255;
        x = place(kExponential[i], word);
        if (x < kExponential[i].inside) return offset + x;
    }
}

}  // namespace ziggurat

/// Exponential with mean 1.  Never negative; zero with a chance of about 2^-53.  The tail is drawn
/// and not cut off.  One word in 98.9 % of draws.
template <class R>
double exponential(R& rng) {
    const std::uint64_t word = rng();
    const std::size_t i = word & 255;
    const double x = ziggurat::place(ziggurat::kExponential[i], word);
    if (x < ziggurat::kExponential[i].inside) [[likely]]
        return x;
    return ziggurat::exponential_from(rng, i, x);
}

namespace ziggurat {

/// As place(), on either side of 0.  (A sign of its own would be a branch nobody can predict.)
inline double place_of_either_sign(const Layer& layer, std::uint64_t word) {
    return static_cast<double>(static_cast<std::int64_t>(word) >> 10) * layer.step;
}

/// The rare rest of normal(): as exponential_from().
template <class R>
[[gnu::noinline]] double normal_from(R& rng, std::size_t i, double x) {
    for (;;) {
        if (i == 0) {
            double beyond, bound;
            do {
                beyond = exponential(rng) / kNormalTail;
                bound = exponential(rng);
            } while (2 * bound < beyond * beyond);
            return x < 0 ? -kNormalTail - beyond : kNormalTail + beyond;
        }
        if (kNormal[i].low + kNormal[i].height * rng.unit() < exp(-0.5 * x * x)) return x;
        const std::uint64_t word = rng();
        i = word & 255;
        x = place_of_either_sign(kNormal[i], word);
        if (std::fabs(x) < kNormal[i].inside) return x;
    }
}

}  // namespace ziggurat

/// Normal with mean 0 and variance 1.  The tail is drawn exactly (Marsaglia, Technometrics 6(1),
/// 1964).  One word in 98.8 % of draws.
template <class R>
double normal(R& rng) {
    const std::uint64_t word = rng();
    const std::size_t i = word & 255;
    const double x = ziggurat::place_of_either_sign(ziggurat::kNormal[i], word);
    if (std::fabs(x) < ziggurat::kNormal[i].inside) [[likely]]
        return x;
    return ziggurat::normal_from(rng, i, x);
}

/// Gamma with this shape and scale 1, so mean and variance are `shape`, which must be positive.
/// May round to 0 for shapes far below 1.  Constant expected time for every shape (Marsaglia &
/// Tsang, A Simple Method for Generating Gamma Variables, ACM TOMS 26(3), 2000; shapes below 1 as
/// in its section 6).
template <class R>
double gamma(R& rng, double shape) {
    expects(shape > 0);
    if (shape < 1) {
        const double above = gamma(rng, shape + 1);
        return above * exp(-exponential(rng) / shape);
    }
    const double d = shape - 1.0 / 3;
    const double c = 1 / (3 * sqrt(d));
    for (;;) {
        const double x = normal(rng);
        const double root = 1 + c * x;
        if (root <= 0) continue;
        const double v = root * root * root;
        const double x2 = x * x;
        const double u = rng.unit_open_below();
        if (u < 1 - 0.0331 * x2 * x2) return d * v;  // The paper's squeeze: always inside.
        if (log(u) < 0.5 * x2 + d * (1 - v + log(v))) return d * v;
    }
}

}  // namespace lb
