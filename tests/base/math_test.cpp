#include "base/math.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/rng.hpp"

namespace {

// 34 decimal digits: the error of the reference does not count.
using Exact = boost::multiprecision::cpp_bin_float_quad;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kSmallestNormal = std::numeric_limits<double>::min();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();

double from_bits(std::uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

std::uint64_t to_bits(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

/// The distance to the truth in units of the last place that a double near the truth has.
double error_in_ulps(double computed, const Exact& truth) {
    const double near = std::abs(truth.convert_to<double>());
    int exponent = 0;
    std::frexp(near, &exponent);
    const double ulp = near < kSmallestNormal ? kSmallest : std::ldexp(1.0, exponent - 53);
    return abs((Exact{computed} - truth) / Exact{ulp}).convert_to<double>();
}

/// Positive doubles of every size, crowded around 1, and both sides of every 1/256 from 1/2 to 2,
/// where tables change their entries.
std::vector<double> positive_numbers(std::uint64_t seed, int count) {
    lb::Rng rng{seed};
    std::vector<double> numbers;
    for (int i = 0; i < count; ++i) {
        const double any = from_bits(rng.below(to_bits(kInfinity) - 1) + 1);
        const double near_one =
            1 + (rng.unit() - 0.5) * std::ldexp(1.0, -static_cast<int>(rng.below(50)));
        numbers.push_back(any);
        numbers.push_back(near_one);
        numbers.push_back(4 * rng.unit_open_below());
    }
    for (int i = 128; i <= 512; ++i)
        for (const double scale : {1.0, 0.25, 1024.0})
            for (const double toward : {0.0, 1.0, kInfinity}) {
                const double edge = i / 256.0 * scale;
                numbers.push_back(toward == 1.0 ? edge : std::nextafter(edge, toward));
            }
    for (const double edge : {kSmallest, 3 * kSmallest, kSmallestNormal, kLargest})
        numbers.push_back(edge);
    return numbers;
}

std::vector<double> exponents(std::uint64_t seed, int count) {
    lb::Rng rng{seed};
    std::vector<double> numbers;
    for (int i = 0; i < count; ++i) {
        const double sign = rng.chance(0.5) ? 1 : -1;
        numbers.push_back(-745 + (745 + 709.7) * rng.unit());
        numbers.push_back(sign * rng.unit() * std::ldexp(1.0, -static_cast<int>(rng.below(60))));
        // Halfway between two entries of a table of 2^(i/128), where the polynomial works hardest.
        numbers.push_back((static_cast<double>(rng.below(200'000)) - 120'000.5) / 128 *
                          0.69314718055994531);
    }
    return numbers;
}

/// FNV-1a over the bits of results: one wrong bit anywhere changes it.
class Digest {
public:
    void add(double x) {
        for (std::uint64_t bits = to_bits(x), i = 0; i < 8; ++i, bits >>= 8)
            hash_ = (hash_ ^ (bits & 0xff)) * 0x100000001b3u;
    }
    std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xcbf29ce484222325u;
};

TEST(Log, IsWithin52HundredthsOfAUnitInTheLastPlace) {
    for (const double x : positive_numbers(1, 7'000))
        ASSERT_LE(error_in_ulps(lb::log(x), log(Exact{x})), 0.52) << std::hexfloat << x;
}

TEST(Log, TakesEverySpecialNumber) {
    EXPECT_EQ(lb::log(0.0), -kInfinity);
    EXPECT_EQ(lb::log(-0.0), -kInfinity);
    EXPECT_EQ(lb::log(kInfinity), kInfinity);
    EXPECT_EQ(to_bits(lb::log(1.0)), to_bits(0.0));
    EXPECT_TRUE(std::isnan(lb::log(-1.0)));
    EXPECT_TRUE(std::isnan(lb::log(-kSmallest)));
    EXPECT_TRUE(std::isnan(lb::log(-kInfinity)));
    EXPECT_TRUE(std::isnan(lb::log(kNaN)));
    EXPECT_TRUE(std::isnan(lb::log(-kNaN)));
}

TEST(Log, NeverDecreasesFromOneNumberToTheNext) {
    lb::Rng rng{2};
    for (int i = 0; i < 200'000; ++i) {
        const double x = from_bits(rng.below(to_bits(kLargest)));
        ASSERT_LE(lb::log(x), lb::log(std::nextafter(x, kInfinity))) << std::hexfloat << x;
    }
}

TEST(Exp, IsWithin52HundredthsOfAUnitInTheLastPlace) {
    for (const double x : exponents(3, 7'000)) {
        if (x < -708.3) continue;
        ASSERT_LE(error_in_ulps(lb::exp(x), exp(Exact{x})), 0.52) << std::hexfloat << x;
    }
}

TEST(Exp, IsWithin77HundredthsWhereTheResultIsSubnormal) {
    lb::Rng rng{4};
    for (int i = 0; i < 10'000; ++i) {
        const double x = -745.13 + (745.13 - 708.3) * rng.unit();
        ASSERT_LE(error_in_ulps(lb::exp(x), exp(Exact{x})), 0.77) << std::hexfloat << x;
    }
}

TEST(Exp, TakesEverySpecialNumberAndOverflowsWhereItMust) {
    const double last_finite = 0x1.62e42fefa39efp+9;  // 709.782712893384
    EXPECT_EQ(lb::exp(0.0), 1);
    EXPECT_EQ(lb::exp(-0.0), 1);
    EXPECT_EQ(lb::exp(kSmallest), 1);
    EXPECT_LT(lb::exp(last_finite), kInfinity);
    EXPECT_EQ(lb::exp(std::nextafter(last_finite, kInfinity)), kInfinity);
    EXPECT_EQ(lb::exp(1e308), kInfinity);
    EXPECT_EQ(lb::exp(kInfinity), kInfinity);
    EXPECT_EQ(lb::exp(-745.13), kSmallest);
    EXPECT_EQ(lb::exp(-745.14), 0);
    EXPECT_EQ(lb::exp(-1e308), 0);
    EXPECT_EQ(lb::exp(-kInfinity), 0);
    EXPECT_TRUE(std::isnan(lb::exp(kNaN)));
    for (const double edge : {700.0, -700.0})  // Where the fast path ends.
        for (const double toward : {-kInfinity, kInfinity}) {
            const double x = std::nextafter(edge, toward);
            EXPECT_LE(error_in_ulps(lb::exp(x), exp(Exact{x})), 0.52);
        }
}

TEST(Pow, IsWithin60HundredthsOfAUnitInTheLastPlace) {
    lb::Rng rng{5};
    for (const double x : positive_numbers(6, 3'000)) {
        if (x == 1) continue;
        const double most = 708 / std::abs(std::log(x));
        const double y = (2 * rng.unit() - 1) * std::min(most, 1e300);
        ASSERT_LE(error_in_ulps(lb::pow(x, y), pow(Exact{x}, Exact{y})), 0.6)
            << std::hexfloat << x << ' ' << y;
    }
}

TEST(Pow, IsWithin85HundredthsWhereTheResultIsSubnormal) {
    lb::Rng rng{7};
    for (int i = 0; i < 2'000; ++i) {
        const double x = rng.unit_open_below() * 0.99;
        const double y = (709 + 36 * rng.unit()) / -std::log(x);
        ASSERT_LE(error_in_ulps(lb::pow(x, y), pow(Exact{x}, Exact{y})), 0.85)
            << std::hexfloat << x << ' ' << y;
    }
}

TEST(Pow, IsExactForPowersThatAreWholeNumbers) {
    for (int base = 2; base <= 12; ++base) {
        double expected = 1;
        for (int n = 0; n <= 14; ++n, expected *= base) EXPECT_EQ(lb::pow(base, n), expected);
    }
    EXPECT_EQ(lb::pow(2.0, -1074.0), kSmallest);
    EXPECT_EQ(lb::pow(2.0, 1023.0), 0x1p1023);
    EXPECT_EQ(lb::pow(144.0, 0.5), 12);
}

TEST(Pow, AgreesWithTheCLibraryAboutEverySpecialPairThatIsNotNegative) {
    const double numbers[] = {
        0.0,      kSmallest, 0.5, std::nextafter(1, 0), 1.0, std::nextafter(1, 2), 2.0,
        kLargest, kInfinity, kNaN};
    const double powers[] = {0.0,   -0.0,   1.0,      -1.0,      kSmallest,  -kSmallest,
                             1e300, -1e300, kLargest, kInfinity, -kInfinity, kNaN};
    for (const double x : numbers)
        for (const double y : powers) {
            const double expected = std::pow(x, y), computed = lb::pow(x, y);
            if (std::isnan(expected))
                EXPECT_TRUE(std::isnan(computed)) << x << ' ' << y;
            else if (expected == 0 || std::isinf(expected))
                EXPECT_EQ(computed, expected) << x << ' ' << y;
            else
                EXPECT_NEAR(computed / expected, 1, 1e-15) << x << ' ' << y;
        }
    EXPECT_TRUE(std::isnan(lb::pow(-2.0, 2.0)));
}

TEST(Log1p, IsWithin70HundredthsOfAUnitInTheLastPlace) {
    lb::Rng rng{8};
    const auto check = [](double x) {
        ASSERT_LE(error_in_ulps(lb::log1p(x), log(1 + Exact{x})), 0.7) << std::hexfloat << x;
    };
    for (int i = 0; i < 5'000; ++i) {
        const double size = std::ldexp(1.0, -static_cast<int>(rng.below(50)));
        check(rng.unit() * size);
        check(-rng.unit() * size);
        check(1e5 * rng.unit());
    }
    EXPECT_EQ(lb::log1p(0.0), 0);
    EXPECT_EQ(lb::log1p(1e-300), 1e-300);
    EXPECT_EQ(lb::log1p(-1.0), -kInfinity);
    EXPECT_EQ(lb::log1p(kInfinity), kInfinity);
    EXPECT_TRUE(std::isnan(lb::log1p(-1.5)));
    EXPECT_TRUE(std::isnan(lb::log1p(kNaN)));
}

TEST(Expm1, IsWithin70HundredthsOfAUnitInTheLastPlace) {
    for (const double x : exponents(9, 3'000)) {
        if (x == 0 || x < -60 || std::abs(x) < 1e-15) continue;  // 34 digits, less those lost here.
        ASSERT_LE(error_in_ulps(lb::expm1(x), exp(Exact{x}) - 1), 0.7) << std::hexfloat << x;
    }
    EXPECT_EQ(lb::expm1(0.0), 0);
    EXPECT_EQ(lb::expm1(1e-300), 1e-300);
    EXPECT_EQ(lb::expm1(-1e-300), -1e-300);
    EXPECT_EQ(lb::expm1(-1000.0), -1);
    EXPECT_EQ(lb::expm1(-kInfinity), -1);
    EXPECT_EQ(lb::expm1(kInfinity), kInfinity);
    EXPECT_TRUE(std::isnan(lb::expm1(kNaN)));
}

TEST(Gamma, IsTheFactorialOfWholeNumbers) {
    Exact factorial = 1;
    for (int n = 1; n <= 170; ++n) {
        EXPECT_NEAR((lb::gamma(n) / factorial).convert_to<double>(), 1, 1e-14) << n;
        factorial *= n;
    }
    EXPECT_LT(lb::gamma(171.6), kInfinity);
    EXPECT_EQ(lb::gamma(171.7), kInfinity);
    EXPECT_EQ(lb::gamma(1e300), kInfinity);
    EXPECT_TRUE(std::isnan(lb::gamma(0.0)));
    EXPECT_TRUE(std::isnan(lb::gamma(-1.5)));
}

TEST(Gamma, ObeysTheReflectionFormulaAndTheRecurrence) {
    for (int i = 1; i < 1000; ++i) {
        const double x = i / 1000.0;
        const double reflected = M_PI / std::sin(M_PI * x);
        EXPECT_NEAR(lb::gamma(x) * lb::gamma(1 - x) / reflected, 1, 1e-13) << x;
        for (const double n : {0.0, 1.0, 7.0, 15.0, 16.0, 40.0})
            EXPECT_NEAR(lb::gamma(x + n + 1) / (lb::gamma(x + n) * (x + n)), 1, 1e-13) << x + n;
    }
    EXPECT_NEAR(lb::gamma(0.5), 1.7724538509055160273, 1e-15);  // The root of pi.
}

TEST(Math, GivesTheSameBitsOnEveryPlatform) {
    Digest log, exp, pow, log1p, expm1, gamma;
    lb::Rng rng{10};
    for (int i = 0; i < 100'000; ++i) {
        const double any = from_bits(rng.below(to_bits(kInfinity)));
        const double u = rng.unit_open_below();
        log.add(lb::log(any));
        log.add(lb::log(2 * u));
        exp.add(lb::exp(1500 * u - 750));
        pow.add(lb::pow(any, u));
        log1p.add(lb::log1p(2 * u - 1));
        expm1.add(lb::expm1(40 * u - 20));
        gamma.add(lb::gamma(20 * u));
    }
    EXPECT_EQ(log.value(), 8933477821343253889u);
    EXPECT_EQ(exp.value(), 4023552180310277839u);
    EXPECT_EQ(pow.value(), 14859090709493267441u);
    EXPECT_EQ(log1p.value(), 15369757799064265745u);
    EXPECT_EQ(expm1.value(), 13022856593452813363u);
    EXPECT_EQ(gamma.value(), 6044765878403289234u);
}

}  // namespace
