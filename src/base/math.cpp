#include "base/math.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace lb {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kInfinityBits = 0x7ff0000000000000u;
constexpr std::uint64_t kSmallestNormalBits = 0x0010000000000000u;

std::uint64_t bits_of(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

double double_of(std::uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

/// 2^e for a normal result.
double power_of_two(std::int64_t e) {
    return double_of(static_cast<std::uint64_t>(e + 1023) << 52);
}

// The tables are computed by the compiler in fixed point with 124 bits behind the point.
__extension__ using Fixed = __int128;
constexpr int kPoint = 124;
constexpr Fixed kOne = Fixed{1} << kPoint;

constexpr Fixed multiplied(Fixed a, Fixed b) {  // Of numbers >= 0, to about 2^-120.
    const Fixed low_mask = (Fixed{1} << 62) - 1;
    const Fixed high = (a >> 62) * (b >> 62);
    const Fixed middle =
        (((a >> 62) * (b & low_mask)) >> 62) + (((a & low_mask) * (b >> 62)) >> 62);
    return high + middle;
}

/// log(b / a) = 2 artanh((b - a) / (b + a)); the series gains 4.8 bits a term or more here.
constexpr Fixed log_of_ratio(std::int64_t b, std::int64_t a) {
    const std::int64_t sum = b + a, difference = b - a;
    Fixed term = 2 * kOne / sum * difference;
    Fixed total = 0;
    for (int odd = 1; term != 0 && odd < 90; odd += 2) {
        total += term / odd;
        term = term / sum * difference / sum * difference;
    }
    return total;
}

constexpr Fixed exp_of(Fixed x) {  // 0 <= x < 1
    Fixed term = kOne, total = 0;
    for (int n = 1; term != 0; ++n) {
        total += term;
        term = multiplied(term, x) / n;
    }
    return total;
}

/// A number as a multiple of 2^-42, so that sums of such are exact, and the rest.
struct Split {
    double high, low;
};
constexpr Split split(Fixed x) {
    constexpr int kRest = kPoint - 42;
    const Fixed high = (x + (Fixed{1} << (kRest - 1))) >> kRest;
    const Fixed low = x - high * (Fixed{1} << kRest);
    return {.high = static_cast<double>(static_cast<std::int64_t>(high)) * 0x1p-42,
            .low = static_cast<double>(static_cast<std::int64_t>(low >> 24)) * 0x1p-100};
}

constexpr Fixed kLog2Fixed = log_of_ratio(2, 1);
constexpr Split kLog2 = split(kLog2Fixed);
constexpr Split kLog2Over128 = split(kLog2Fixed / 128);
constexpr double k128OverLog2 = 0x1.71547652b82fep+7;

// ---- log ----

struct LogEntry {
    double reciprocal;  // Of about the middle of its interval: a multiple of 2^-9.
    double high, low;   // -log(reciprocal)
};

/// Mantissas lie in [0.71875, 1.4375).  The lower bound is a multiple of the interval's length, so
/// that 1 starts an interval; the two that touch it have the reciprocal 1, which makes logarithms
/// of numbers near 1 as exact as all others without a branch.
constexpr std::uint64_t kLowestMantissa = 0x3fe7000000000000u;

constexpr std::array<LogEntry, 128> log_table() {
    std::array<LogEntry, 128> table{};
    constexpr std::int64_t kBelowOne = 72;  // Intervals of 2^-8 below 1, of 2^-7 above.
    for (std::int64_t i = 0; i < 128; ++i) {
        // The middle of the interval in units of 2^-9.
        const std::int64_t middle = i < kBelowOne ? 368 + 2 * i + 1 : 512 + 4 * (i - kBelowOne) + 2;
        std::int64_t reciprocal = (512 * 512 + middle / 2) / middle;
        if (i == kBelowOne || i == kBelowOne - 1) reciprocal = 512;
        const Split log = split(log_of_ratio(512, reciprocal));
        table[static_cast<std::size_t>(i)] = {
            .reciprocal = static_cast<double>(reciprocal) * 0x1p-9,
            .high = log.high,
            .low = log.low};
    }
    return table;
}
constexpr std::array<LogEntry, 128> kLogTable = log_table();

/// x = exp(high + low) * (1 + r + r_low) with |r| <= 2^-7, and high exact to 2^-42.
struct Reduced {
    double high, low, r, r_low;
};

/// `bits` are those of a positive normal number; `shift` is added to its exponent.
inline Reduced reduced(std::uint64_t bits, std::int64_t shift = 0) {
    const std::uint64_t above = bits - kLowestMantissa;
    const std::size_t i = (above >> 45) & 127;
    const std::int64_t exponent = static_cast<std::int64_t>(above) >> 52;
    const std::uint64_t mantissa = bits - (above & 0xfff0000000000000u);
    const LogEntry& entry = kLogTable[i];
    // 26 bits times 10 are exact, so r + r_low is exactly mantissa * reciprocal - 1.
    const double upper = double_of(mantissa & 0xfffffffff8000000u);
    const double lower = double_of(mantissa) - upper;
    const double a = upper * entry.reciprocal - 1.0;
    const double b = lower * entry.reciprocal;
    const double r = a + b;
    const auto n = static_cast<double>(exponent + shift);
    return {.high = n * kLog2.high + entry.high,
            .low = n * kLog2.low + entry.low,
            .r = r,
            .r_low = (a - r) + b};
}

/// The logarithm of a Reduced; `more` is a small summand of it.
inline double log_of(const Reduced& x, double more = 0.0) {
    const double r = x.r, r2 = r * r;
    const double p = (-1.0 / 2 + r * (1.0 / 3)) +
                     r2 * ((-1.0 / 4 + r * (1.0 / 5)) + r2 * ((-1.0 / 6 + r * (1.0 / 7)) - r2 / 8));
    const double sum = x.high + r;
    const double rest = ((x.high - sum) + r) + (x.low + x.r_low + more);
    return sum + (rest + r2 * p);
}

/// log(x) for what is not positive and normal.
double log_of_special(double x) {
    if (x == 0) return -kInfinity;
    if (!(x > 0)) return kNaN;
    if (x == kInfinity) return x;
    return log_of(reduced(bits_of(x * 0x1p52), -52));
}

inline bool positive_and_normal(std::uint64_t bits) {
    return bits - kSmallestNormalBits < kInfinityBits - kSmallestNormalBits;
}

// ---- exp ----

struct PowerEntry {
    std::uint64_t bits;  // Of 2^(i/128), rounded;
    double tail;         // what is missing, relative to it.
};

constexpr std::array<PowerEntry, 128> power_table() {
    std::array<PowerEntry, 128> table{};
    for (int i = 0; i < 128; ++i) {
        constexpr int kRest = kPoint - 52;
        const Fixed value = exp_of(kLog2Fixed / 128 * i);
        const Fixed rounded = (value + (Fixed{1} << (kRest - 1))) >> kRest;
        const Fixed missing = value - rounded * (Fixed{1} << kRest);
        const auto mantissa = static_cast<std::uint64_t>(rounded);  // Has its bit 52 set.
        table[static_cast<std::size_t>(i)] = {
            .bits = (std::uint64_t{1022} << 52) + mantissa,
            .tail = static_cast<double>(static_cast<std::int64_t>(missing >> 10)) * 0x1p-114 /
                    (static_cast<double>(mantissa) * 0x1p-52)};
    }
    return table;
}
constexpr std::array<PowerEntry, 128> kPowerTable = power_table();

/// exp(x + more) = 2^exponent * power * (1 + rest), where 1 <= power < 2 is double_of(power_bits).
struct Power {
    std::uint64_t power_bits;
    std::uint64_t exponent_times_128;  // In two's complement.
    double rest;
};

inline Power power_of(double x, double more) {
    constexpr double kRounder = 0x1.8p52;  // Adding it rounds to a whole number in the low bits.
    const double rounded = x * k128OverLog2 + kRounder;
    const std::uint64_t whole = bits_of(rounded) - bits_of(kRounder);
    const double n = rounded - kRounder;
    const double r = ((x - n * kLog2Over128.high) - n * kLog2Over128.low) + more;
    const double r2 = r * r;
    const PowerEntry& entry = kPowerTable[whole & 127];
    const double rest =
        (entry.tail + r) + r2 * ((0.5 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120)));
    return {
        .power_bits = entry.bits, .exponent_times_128 = whole & ~std::uint64_t{127}, .rest = rest};
}

/// exp(x + more) where |x| < 700: the result is normal, and its exponent is added in bits.
inline double exp_inside(double x, double more) {
    const Power p = power_of(x, more);
    const double power = double_of(p.power_bits + (p.exponent_times_128 << 45));
    return power + power * p.rest;
}

/// exp(x + more) for every x: may overflow, be subnormal or be zero.
double exp_at_the_edge(double x, double more) {
    if (x != x) return kNaN;
    if (x > 709.8) return kInfinity;
    if (x < -745.2) return 0;
    const Power p = power_of(x, more);
    const double power = double_of(p.power_bits);
    const std::int64_t exponent = static_cast<std::int64_t>(p.exponent_times_128) / 128;
    const std::int64_t half = exponent / 2;
    // The first product is exact, so only the second rounds to a subnormal number or infinity.
    return (power + power * p.rest) * power_of_two(half) * power_of_two(exponent - half);
}

/// The power series, for |x| < 1/16.
double expm1_of_small(double x) {
    double sum = 1.0 / 39916800;  // 1 / 11!
    for (const double factorial :
         {3628800.0, 362880.0, 40320.0, 5040.0, 720.0, 120.0, 24.0, 6.0, 2.0})
        sum = sum * x + 1 / factorial;
    return x + x * x * sum;
}

inline bool below_700(double x) { return x < 700.0 && x > -700.0; }

// ---- pow ----

/// A number as the sum of two, the second within half a unit in the last place of the first.
struct Wide {
    double high, low;
};

/// The upper half of a number's digits: products of two such are exact.
inline double upper_half(double x) { return double_of(bits_of(x) & 0xfffffffff8000000u); }

/// The logarithm to about 66 bits.
inline Wide wide_log_of(const Reduced& x) {
    const double r = x.r, r2 = r * r;
    const double upper = upper_half(r), lower = r - upper;
    const double half_square = upper * upper * 0.5;
    const double half_square_low = (r + upper) * lower * 0.5 + r * x.r_low;
    const double r4 = r2 * r2;
    const double q = ((1.0 / 3 - r * (1.0 / 4)) + r2 * (1.0 / 5 - r * (1.0 / 6))) +
                     r4 * ((1.0 / 7 - r * (1.0 / 8)) + r2 * (1.0 / 9 - r * (1.0 / 10)));
    const double first = x.high + r;
    const double first_low = (x.high - first) + r;
    const double second = first - half_square;
    const double second_low = (first - second) - half_square;
    const double low =
        ((first_low + second_low) + (x.low + x.r_low - half_square_low)) + r * r2 * q;
    const double high = second + low;
    return {.high = high, .low = (second - high) + low};
}

double pow_of_special(double x, double y) {
    if (x != x || y != y || x < 0) return kNaN;
    const bool grows = (x > 1) == (y > 0);  // x is 0 or infinite, or y is infinite.
    return grows ? kInfinity : 0;
}

}  // namespace

double log(double x) {
    const std::uint64_t bits = bits_of(x);
    if (!positive_and_normal(bits)) [[unlikely]]
        return log_of_special(x);
    return log_of(reduced(bits));
}

double exp(double x) {
    if (!below_700(x)) [[unlikely]]
        return exp_at_the_edge(x, 0);
    return exp_inside(x, 0);
}

double pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (!(x > 0 && x < kInfinity && y - y == 0)) return pow_of_special(x, y);
    const std::uint64_t bits = bits_of(x);
    const Wide log =
        wide_log_of(positive_and_normal(bits) ? reduced(bits) : reduced(bits_of(x * 0x1p52), -52));
    const double product = y * log.high;
    if (!(product < 800)) return kInfinity;
    if (!(product > -800)) return 0;
    const double y_upper = upper_half(y), y_lower = y - y_upper;
    const double log_upper = upper_half(log.high), log_lower = log.high - log_upper;
    const double product_low = ((y_upper * log_upper - product) + y_upper * log_lower +
                                y_lower * log_upper + y_lower * log_lower) +
                               y * log.low;
    return below_700(product) ? exp_inside(product, product_low)
                              : exp_at_the_edge(product, product_low);
}

double log1p(double x) {
    if (!(x > -1 && x < kInfinity)) return x == -1 ? -kInfinity : x > 0 ? x : kNaN;
    const double sum = 1 + x;
    const double lost = x < 1 ? x - (sum - 1) : 1 - (sum - x);
    return log_of(reduced(bits_of(sum)), lost / sum);
}

double expm1(double x) {
    if (x > 700) return exp(x);
    if (x < -50) return -1;
    if (x != x) return kNaN;
    if (x < 0x1p-4 && x > -0x1p-4) return expm1_of_small(x);
    const Power p = power_of(x, 0);
    const double power = double_of(p.power_bits + (p.exponent_times_128 << 45));
    const double less = power - 1;
    const double lost = power < 1 ? (-1 - less) + power : (power - less) - 1;
    return less + (lost + power * p.rest);
}

double gamma(double x) {
    if (!(x > 0)) return kNaN;
    if (x > 172) return kInfinity;
    double divisor = 1;
    for (; x < 16; x += 1) divisor *= x;
    // Stirling's series with Bernoulli numbers; the first term left out is 1e-17 at 16.
    const double u = 1 / x, u2 = u * u;
    const double series =
        u *
        (1.0 / 12 +
         u2 * (-1.0 / 360 + u2 * (1.0 / 1260 + u2 * (-1.0 / 1680 +
                                                     u2 * (1.0 / 1188 + u2 * (-691.0 / 360360))))));
    constexpr double kRootOf2Pi = 0x1.40d931ff62706p+1;
    const double root = pow(x, x / 2 - 0.25);  // Squared below: the whole power would overflow.
    return kRootOf2Pi * exp(series) * (root * exp(-x)) * root / divisor;
}

}  // namespace lb
