#pragma once

namespace lbsim::theory {

/// Where a decreasing function of t >= 0 comes down to `level`: by doubling, then by halving to the
/// last bits.  Requires that it begins above that level and comes down to it.
template <class Function>
double falls_to(double level, const Function& function) {
    double low = 0, high = 1;
    while (function(high) > level) low = high, high *= 2;
    for (int i = 0; i != 100; ++i) {
        const double middle = (low + high) / 2;
        (function(middle) > level ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace lbsim::theory
