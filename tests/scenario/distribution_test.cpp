#include "scenario/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace lbsim;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
    std::string name;
    Distribution distribution;
    double mean, second_moment;
};

/// Moments worked out by hand, or by the formula that the comment names.
std::vector<Case> cases() {
    return {
        {"constant", {Constant{3}}, 3, 9},
        {"constant 0", {Constant{0}}, 0, 0},
        {"exponential", {Exponential{0.5}}, 0.5, 0.5},
        {"lognormal", {LogNormal{1, 0.5}}, std::exp(1.125), std::exp(2.5)},
        {"lognormal by mean", {LogNormal::with_mean(10, 2)}, 10, 500},  // mean^2 (1 + cv^2)
        {"lognormal by mean, cv 0", {LogNormal::with_mean(10, 0)}, 10, 100},
        {"gamma", {Gamma{2, 0.5}}, 2, 5},
        {"gamma, cv 0", {Gamma{2, 0}}, 2, 4},
        {"erlang 1", {Erlang{1, 2}}, 2, 8},
        {"erlang 4", {Erlang{4, 2}}, 2, 5},
        {"uniform", {Uniform{1, 4}}, 2.5, 7},
        {"uniform of one value", {Uniform{2, 2}}, 2, 4},
        {"pareto", {Pareto{2, 3}}, 3, 12},
        {"pareto, infinite variance", {Pareto{1, 1.5}}, 3, kInfinity},
        {"pareto, alpha 2", {Pareto{1, 2}}, 2, kInfinity},
        {"pareto, infinite mean", {Pareto{1, 1}}, kInfinity, kInfinity},
        // On [1, 2] with alpha 2 the density is (8/3) x^-3.
        {"bounded pareto", {Pareto{1, 2, 2}}, 4.0 / 3, 8.0 / 3 * std::log(2.0)},
        // With alpha 1 it is 2 x^-2.
        {"bounded pareto, alpha 1", {Pareto{1, 1, 2}}, 2 * std::log(2.0), 2},
        {"bounded pareto, scaled", {Pareto{10, 1, 20}}, 20 * std::log(2.0), 200},
        {"weibull 1", {Weibull{3, 1}}, 3, 18},
        {"weibull 2", {Weibull{2, 2}}, std::sqrt(M_PI), 4},
        {"weibull 0.5", {Weibull{1, 0.5}}, 2, 24},
        {"hyperexponential", {Hyperexponential{{{3, 1}, {1, 5}}}}, 2, 14},
        {"mixture",
         {Mixture{{{0.5, {Constant{1}}}, {0.5, {Mixture{{{1, {Uniform{1, 4}}}}}}}}}},
         1.75,
         4},
        {"mixture, a share of 0", {Mixture{{{0, {Pareto{1, 1}}}, {2, {Constant{1}}}}}}, 1, 1},
        {"mixture, infinite",
         {Mixture{{{1, {Pareto{1, 1}}}, {2, {Constant{1}}}}}},
         kInfinity,
         kInfinity},
        {"empirical", {Empirical{{1, 2, 6}}}, 3, 41.0 / 3},
    };
}

TEST(Mean, IsThatOfTheClosedForm) {
    for (const Case& c : cases())
        if (std::isinf(c.mean))
            EXPECT_EQ(mean(c.distribution), kInfinity) << c.name;
        else
            EXPECT_NEAR(mean(c.distribution), c.mean, 1e-12 * c.mean) << c.name;
}

TEST(SecondMoment, IsThatOfTheClosedForm) {
    for (const Case& c : cases())
        if (std::isinf(c.second_moment))
            EXPECT_EQ(second_moment(c.distribution), kInfinity) << c.name;
        else
            EXPECT_NEAR(second_moment(c.distribution), c.second_moment, 1e-12 * c.second_moment)
                << c.name;
}

/// The integral of f by Simpson's rule.
double integral(double from, double to, const std::function<double(double)>& f) {
    constexpr int kSteps = 20'000;
    const double h = (to - from) / kSteps;
    double sum = f(from) + f(to);
    for (int i = 1; i < kSteps; ++i) sum += (i % 2 != 0 ? 4 : 2) * f(from + i * h);
    return sum * h / 3;
}

TEST(BoundedPareto, HasTheMomentsOfItsDensity) {
    for (const double alpha : {0.1, 0.5, 0.999999, 1.0, 1.000001, 1.7, 2.0, 2.5, 8.0}) {
        const Pareto law{0.5, alpha, 40};
        // Integrated over the logarithm of x.
        const auto moment = [&](double power) {
            const double mass = integral(std::log(law.min), std::log(law.max),
                                         [&](double t) { return std::exp(-alpha * t); });
            return integral(std::log(law.min), std::log(law.max),
                            [&](double t) { return std::exp((power - alpha) * t); }) /
                   mass;
        };
        EXPECT_NEAR(mean({law}) / moment(1), 1, 1e-9) << alpha;
        EXPECT_NEAR(second_moment({law}) / moment(2), 1, 1e-9) << alpha;
    }
}

TEST(BoundedPareto, WithAFarBoundIsNearlyThePareto) {
    EXPECT_NEAR(mean({Pareto{1, 3, 1e9}}), mean({Pareto{1, 3}}), 1e-12);
    EXPECT_NEAR(second_moment({Pareto{1, 3, 1e14}}), second_moment({Pareto{1, 3}}), 1e-12);
}

TEST(LogNormal, ByMedianAndP99HasTheseQuantiles) {
    const LogNormal law = LogNormal::with_median(0.010, 0.250);
    const auto cdf = [&](double x) {
        return 0.5 * std::erfc(-(std::log(x) - law.mu) / law.sigma / std::sqrt(2.0));
    };
    EXPECT_NEAR(cdf(0.010), 0.5, 1e-14);
    EXPECT_NEAR(cdf(0.250), 0.99, 1e-14);
    EXPECT_EQ(LogNormal::with_median(2, 2).sigma, 0);
}

TEST(Empirical, SortsItsValues) {
    EXPECT_EQ(Empirical::with_values({3, 1, 2, 1}).values, (std::vector<double>{1, 1, 2, 3}));
}

TEST(Distribution, IsAValueThatEqualsItsCopyAndNothingElse) {
    const std::vector<Case> all = cases();
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all.size(); ++j) {
            const Distribution copy = all[i].distribution;
            EXPECT_EQ(copy == all[j].distribution, i == j) << all[i].name << ' ' << all[j].name;
        }
}

TEST(Distribution, CopiesTheWholeTreeOfAMixture) {
    Distribution tree{Mixture{{{1, {Mixture{{{1, {Constant{1}}}}}}}}}};
    const Distribution before = tree;
    auto& inner = std::get<Mixture>(std::get<Mixture>(tree.law).of[0].distribution.law);
    inner.of[0].share = 2;
    EXPECT_FALSE(tree == before);
    inner.of[0].share = 1;
    EXPECT_TRUE(tree == before);
}

}  // namespace
