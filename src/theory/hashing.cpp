#include "theory/hashing.hpp"

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/expects.hpp"
#include "base/math.hpp"

namespace lbsim::theory {
namespace {

using Series = std::vector<double>;  // Coefficients; the series ends where the longest may.

Series product(const Series& a, const Series& b, std::size_t most) {
    Series out(std::min(a.size() + b.size() - 1, most + 1), 0);
    for (std::size_t i = 0; i != std::min(a.size(), out.size()); ++i)
        for (std::size_t j = 0; j != std::min(b.size(), out.size() - i); ++j)
            out[i + j] += a[i] * b[j];
    return out;
}

Series power(Series base, std::uint64_t exponent, std::size_t most) {
    Series out{1};
    for (; exponent != 0; exponent /= 2) {
        if (exponent % 2 == 1) out = product(out, base, most);
        if (exponent > 1) base = product(base, base, most);
    }
    return out;
}

// The chance of k where `mean` are expected.
double poisson(double mean, double k) {
    return lb::exp(k * lb::log(mean) - mean - boost::math::lgamma(k + 1));
}

}  // namespace

double mod_moved(std::uint64_t before, std::uint64_t after) {
    // Of lcm(before, after) residues, those below the smaller of the two stay, in each period.
    const auto stay = std::min(before, after);
    return 1 - static_cast<double>(stay) / static_cast<double>(std::lcm(before, after));
}

double Ring::cv() const {
    const auto n = static_cast<double>(backends), v = static_cast<double>(points);
    return lb::sqrt((n - 1) / (n * v + 1));
}

double Ring::peak() const {
    // The integral of P(max > x), Simpson's rule over where it is neither 0 nor 1.
    const auto n = static_cast<double>(backends), v = static_cast<double>(points);
    const double end = v + 12 * lb::sqrt(v) + 40;
    constexpr int kSteps = 4000;
    const double step = end / kSteps;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {
        const double x = step * i;
        const double below = i == 0 ? 0 : boost::math::gamma_p(v, x);
        const double beyond = below == 0 ? 1 : -lb::expm1(n * lb::log(below));
        sum += beyond * (i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return sum * step / 3 / v;
}

double Ring::moved() const { return 1 / static_cast<double>(backends + 1); }

double Ring::moved_sd() const {
    const auto n = static_cast<double>(backends), v = static_cast<double>(points);
    return lb::sqrt(n / ((n + 1) * (n + 1) * ((n + 1) * v + 1)));
}

double fullest_bin(std::uint64_t balls, std::uint64_t bins) {
    lb::expects(balls >= 1 && balls <= 2000 && bins >= 1);
    // Loads of bins are Poisson variates, given their sum.
    const double mean = static_cast<double>(balls) / static_cast<double>(bins);
    const double sum = poisson(static_cast<double>(balls), static_cast<double>(balls));
    double fullest = 0;
    Series at_most;
    for (std::uint64_t k = 0; k != balls; ++k) {
        at_most.push_back(poisson(mean, static_cast<double>(k)));
        if (static_cast<double>(k) < mean) {  // Some bin must hold more.
            ++fullest;
            continue;
        }
        const auto whole = power(at_most, bins, balls);
        const double not_more = whole.size() > balls ? whole[balls] / sum : 0;
        fullest += 1 - not_more;
        if (1 - not_more < 1e-12) break;
    }
    return fullest;
}

std::uint64_t bound(double factor, std::uint64_t keys, std::uint64_t backends) {
    return static_cast<std::uint64_t>(
        std::ceil(factor * static_cast<double>(keys) / static_cast<double>(backends)));
}

}  // namespace lbsim::theory
