#pragma once

#include <cmath>

namespace lbsim {

/// To 32 significant bits.  Scaling by powers of two is exact, so the last bits of the argument
/// decide only if it lies within them of a rounding boundary, one case in hundreds of thousands.
inline double rounded_to_32_bits(double x) {
    int exponent = 0;
    const double mantissa = std::frexp(x, &exponent);
    return std::ldexp(std::round(std::ldexp(mantissa, 32)), exponent - 32);
}

}  // namespace lbsim
