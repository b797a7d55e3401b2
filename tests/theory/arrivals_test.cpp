#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "runs.hpp"

// Other than Poisson arrivals.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::agrees;
using lbtest::runs_of;
using lbtest::theory;

TEST(ClosedLoop, IsTheMachineRepairModel) {
    const auto few = lbtest::one_station(Closed{20, {Exponential{10}}}, {Exponential{1}}, {2});
    // It forgets within some rounds, of 12 s each.
    const auto runs = runs_of(few, {700'000, 500});
    EXPECT_TRUE(agrees(runs.mean, theory("mrep-20-10-2-R"), 0.03));
    EXPECT_TRUE(agrees(runs.rate, theory("mrep-20-10-2-X"), 0.02));
    const auto many = lbtest::one_station(Closed{40, {Exponential{5}}}, {Exponential{1}}, {6});
    const auto more = runs_of(many, {900'000, 500});
    EXPECT_TRUE(agrees(more.mean, theory("mrep-40-5-6-R"), 0.03));
    EXPECT_TRUE(agrees(more.rate, theory("mrep-40-5-6-X"), 0.02));
}

// Exact mean value analysis: insensitive to the law of thinking, and to that of service if shared.
TEST(ClosedLoop, OverRandomSplittingIsAProductFormNetwork) {
    auto s = lbtest::fleet(3, "random", Closed{20, {Exponential{10}}}, {Exponential{1}});
    const auto fifo = runs_of(s, {700'000, 500});
    EXPECT_TRUE(agrees(fifo.mean, theory("mva-20-10-3-R"), 0.03));
    EXPECT_TRUE(agrees(fifo.rate, theory("mva-20-10-3-X"), 0.02));
    s = lbtest::fleet(4, "random", Closed{50, {Constant{5}}}, {LogNormal::with_mean(0.5, 2)});
    s.backends[0].discipline = Discipline::Ps;
    const auto shared = runs_of(s, {1'500'000, 500});
    EXPECT_TRUE(agrees(shared.mean, theory("mva-50-5-4-R"), 0.04));
    EXPECT_TRUE(agrees(shared.rate, theory("mva-50-5-4-X"), 0.02));
}

/// The mean response time of MMPP/M/1 with two states, service rate 1: a quasi-birth-death process
/// solved by Neuts's rate matrix.
double mmpp_m_1(const double (&rate)[2], const double (&leave)[2]) {
    using Matrix = double[2][2];
    Matrix r = {{0, 0}, {0, 0}};
    // R = -(A0 + R^2 A2) / A1, with A0 the arrivals, A2 = 1 the service, A1 the rest.
    const Matrix a1 = {{-leave[0] - rate[0] - 1, leave[0]}, {leave[1], -leave[1] - rate[1] - 1}};
    const double det = a1[0][0] * a1[1][1] - a1[0][1] * a1[1][0];
    const Matrix inverse = {{a1[1][1] / det, -a1[0][1] / det}, {-a1[1][0] / det, a1[0][0] / det}};
    for (int step = 0; step != 100'000; ++step) {
        Matrix sum;
        for (int i = 0; i != 2; ++i)
            for (int j = 0; j != 2; ++j)
                sum[i][j] = (i == j ? rate[i] : 0) + r[i][0] * r[0][j] + r[i][1] * r[1][j];
        for (int i = 0; i != 2; ++i)
            for (int j = 0; j != 2; ++j)
                r[i][j] = -(sum[i][0] * inverse[0][j] + sum[i][1] * inverse[1][j]);
    }
    // Level 0: p (Q - A0 + R A2) = 0; so p is in proportion to (-b10, b00).
    const double b00 = -leave[0] - rate[0] + r[0][0], b10 = leave[1] + r[1][0];
    double p[2] = {-b10, b00};
    // M = 1 / (I - R); p M 1 = 1; E[N] = p R M^2 1.
    const double d = (1 - r[0][0]) * (1 - r[1][1]) - r[0][1] * r[1][0];
    const Matrix m = {{(1 - r[1][1]) / d, r[0][1] / d}, {r[1][0] / d, (1 - r[0][0]) / d}};
    const double ones[2] = {m[0][0] + m[0][1], m[1][0] + m[1][1]};
    const double total = p[0] * ones[0] + p[1] * ones[1];
    const double twice[2] = {m[0][0] * ones[0] + m[0][1] * ones[1],
                             m[1][0] * ones[0] + m[1][1] * ones[1]};
    double in_system = 0;
    for (int i = 0; i != 2; ++i)
        in_system += p[i] / total * (r[i][0] * twice[0] + r[i][1] * twice[1]);
    const double rate_on_average =
        (rate[0] * leave[1] + rate[1] * leave[0]) / (leave[0] + leave[1]);
    return in_system / rate_on_average;
}

Scenario bursty(const double (&rate)[2], const double (&leave)[2]) {
    return lbtest::one_station(
        Mmpp{{{rate[0], lb::duration_of(1 / leave[0])}, {rate[1], lb::duration_of(1 / leave[1])}}},
        {Exponential{1}});
}

TEST(Mmpp, WaitsAsItsQuasiBirthDeathProcessSays) {
    EXPECT_NEAR(mmpp_m_1({1.6, 0.2}, {0.1, 0.1}), theory("mmpp-1.6-0.2-0.1-1-rand-T"), 1e-6);
    EXPECT_NEAR(mmpp_m_1({0.5, 0.5}, {0.3, 0.7}), 2, 1e-9);
    // Bursts beyond capacity; 2.0 as if there were none.
    const double rate[2] = {1.4, 0.2}, leave[2] = {0.6, 0.2};
    const double expected = mmpp_m_1(rate, leave);
    EXPECT_GT(expected, 2.5);
    const auto runs = runs_of(bursty(rate, leave), {2'000'000, 1000});
    EXPECT_TRUE(agrees(runs.mean, expected, 0.03));
}

}  // namespace
