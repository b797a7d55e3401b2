#include "model/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"

namespace {

using namespace lbsim;
using lb::KeyedRng;
using lb::Rng;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double gamma_cdf(double shape, double x) { return x <= 0 ? 0 : boost::math::gamma_p(shape, x); }
double exponential_cdf(double mean, double x) { return x <= 0 ? 0 : -std::expm1(-x / mean); }
double uniform_cdf(double low, double high, double x) {
    return std::clamp((x - low) / (high - low), 0.0, 1.0);
}

struct Case {
    std::string name;
    Distribution distribution;
    std::function<double(double)> cdf;
};

std::vector<Case> continuous() {
    return {
        {"exponential", {Exponential{0.01}}, [](double x) { return exponential_cdf(0.01, x); }},
        {"lognormal",
         {LogNormal{1, 0.5}},
         [](double x) { return normal_cdf((std::log(x) - 1) / 0.5); }},
        {"lognormal by mean",
         {LogNormal::with_mean(10, 2)},
         [](double x) {
             const double variance = std::log(5.0);
             return normal_cdf((std::log(x / 10) + variance / 2) / std::sqrt(variance));
         }},
        {"lognormal by median",
         {LogNormal::with_median(1, 10)},
         [](double x) { return normal_cdf(std::log10(x) * 2.3263478740408408); }},
        {"gamma, wide", {Gamma{3, 2}}, [](double x) { return gamma_cdf(0.25, 0.25 * x / 3); }},
        {"gamma, narrow", {Gamma{3, 0.5}}, [](double x) { return gamma_cdf(4, 4 * x / 3); }},
        {"erlang 1", {Erlang{1, 5}}, [](double x) { return exponential_cdf(5, x); }},
        {"erlang 3", {Erlang{3, 5}}, [](double x) { return gamma_cdf(3, 3 * x / 5); }},
        {"uniform", {Uniform{1, 4}}, [](double x) { return uniform_cdf(1, 4, x); }},
        {"pareto", {Pareto{2, 2.5}}, [](double x) { return 1 - std::pow(2 / x, 2.5); }},
        {"pareto, infinite mean",
         {Pareto{2, 0.5}},
         [](double x) { return 1 - std::pow(2 / x, 0.5); }},
        {"bounded pareto",
         {Pareto{2, 1.1, 50}},
         [](double x) { return (1 - std::pow(2 / x, 1.1)) / (1 - std::pow(2 / 50.0, 1.1)); }},
        {"weibull", {Weibull{3, 0.7}}, [](double x) { return -std::expm1(-std::pow(x / 3, 0.7)); }},
        {"weibull, narrow",
         {Weibull{3, 5}},
         [](double x) { return -std::expm1(-std::pow(x / 3, 5)); }},
        {"hyperexponential",
         {Hyperexponential{{{9, 1}, {1, 20}}}},
         [](double x) { return 0.9 * exponential_cdf(1, x) + 0.1 * exponential_cdf(20, x); }},
        {"mixture",
         {Mixture{{{1, {Uniform{0, 1}}},
                   {0, {Constant{100}}},
                   {3, {Mixture{{{0.25, {Exponential{2}}}, {0.75, {Uniform{2, 6}}}}}}}}}},
         [](double x) {
             return 0.25 * uniform_cdf(0, 1, x) +
                    0.75 * (0.25 * exponential_cdf(2, x) + 0.75 * uniform_cdf(2, 6, x));
         }},
    };
}

TEST(Sampler, DrawsFromTheDistributionWithAKeyedGeneratorForEachDraw) {
    // 200,000 draws: a distribution function off by 0.01 anywhere is seen with probability 0.999.
    for (const Case& c : continuous()) {
        const Sampler draw{c.distribution};
        const lb::Stream stream = Rng{1}.numbered(c.name);
        std::vector<double> sample;
        for (std::uint64_t i = 0; i < 200'000; ++i) {
            KeyedRng rng = stream.at(i);
            sample.push_back(draw(rng));
        }
        EXPECT_TRUE(lbtest::fits_cdf(sample, c.cdf)) << c.name;
    }
}

TEST(Sampler, DrawsFromTheDistributionWithOneGenerator) {
    for (const Case& c : continuous()) {
        const Sampler draw{c.distribution};
        Rng rng = Rng{2}.stream(c.name);
        std::vector<double> sample;
        for (int i = 0; i < 50'000; ++i) sample.push_back(draw(rng));
        EXPECT_TRUE(lbtest::fits_cdf(sample, c.cdf)) << c.name;
    }
}

/// Draws' means of x and of x^2 in 40 replications against the exact moments.  `resolution` is
/// relative; twice of it would be seen with probability 0.999.
void check_moments(const std::string& name, const Distribution& distribution, double resolution) {
    const Sampler draw{distribution};
    std::vector<double> means, squares;
    for (std::uint64_t replication = 0; replication < 40; ++replication) {
        Rng rng = Rng{3}.stream(name, replication);
        double sum = 0, sum_of_squares = 0;
        constexpr int kDraws = 25'000;
        for (int i = 0; i < kDraws; ++i) {
            const double x = draw(rng);
            sum += x;
            sum_of_squares += x * x;
        }
        means.push_back(sum / kDraws);
        squares.push_back(sum_of_squares / kDraws);
    }
    const double first = draw.mean(), second = second_moment(distribution);
    EXPECT_TRUE(lbtest::mean_is(means, first, resolution * first)) << name;
    EXPECT_TRUE(lbtest::mean_is(squares, second, 5 * resolution * second)) << name;
}

TEST(Sampler, HasTheMeanAndTheSecondMomentOfTheDistribution) {
    check_moments("exponential", {Exponential{0.01}}, 0.01);
    check_moments("lognormal", {LogNormal{1, 0.5}}, 0.01);
    check_moments("gamma, wide", {Gamma{3, 2}}, 0.02);
    check_moments("gamma, narrow", {Gamma{3, 0.1}}, 0.01);
    check_moments("erlang", {Erlang{3, 5}}, 0.01);
    check_moments("uniform", {Uniform{1, 4}}, 0.01);
    check_moments("pareto", {Pareto{2, 9}}, 0.01);
    check_moments("bounded pareto", {Pareto{2, 1.1, 50}}, 0.01);
    check_moments("weibull", {Weibull{3, 0.7}}, 0.015);
    check_moments("hyperexponential", {Hyperexponential{{{9, 1}, {1, 20}}}}, 0.03);
    check_moments("empirical", {Empirical{{1, 2, 6}}}, 0.01);
}

TEST(Sampler, OfAConstantDrawsNothing) {
    Rng used{4}, fresh{4};
    EXPECT_EQ(Sampler{{Constant{2.5}}}(used), 2.5);
    EXPECT_EQ(used(), fresh());
}

TEST(Sampler, OfALawWithoutSpreadIsConstant) {
    Rng rng{5};
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ((Sampler{{Gamma{2.5, 0}}}(rng)), 2.5);
        EXPECT_EQ((Sampler{{LogNormal{0, 0}}}(rng)), 1);
        EXPECT_EQ((Sampler{{Uniform{2.5, 2.5}}}(rng)), 2.5);
        EXPECT_EQ(Sampler{{Exponential{0}}}(rng), 0);
        EXPECT_EQ((Sampler{{Gamma{0, 1}}}(rng)), 0);
    }
}

TEST(Sampler, DrawsEachEmpiricalValueEquallyOften) {
    const Sampler draw{{Empirical{{0, 1, 1, 2, 5}}}};
    Rng rng{6};
    std::vector<std::uint64_t> counts(6);
    for (int i = 0; i < 200'000; ++i) ++counts.at(static_cast<std::size_t>(draw(rng)));
    EXPECT_TRUE(lbtest::fits(counts, {0.2, 0.4, 0.2, 0, 0, 0.2}));
}

TEST(Sampler, DrawsThePartsOfAMixtureInTheirShares) {
    const Sampler draw{{Mixture{{{0, {Constant{0}}},
                                 {1, {Constant{1}}},
                                 {0, {Constant{2}}},
                                 {5, {Constant{3}}},
                                 {2, {Constant{4}}},
                                 {0, {Constant{5}}}}}}};
    Rng rng{7};
    std::vector<std::uint64_t> counts(6);
    for (int i = 0; i < 200'000; ++i) ++counts.at(static_cast<std::size_t>(draw(rng)));
    EXPECT_TRUE(lbtest::fits(counts, {0, 0.125, 0, 0.625, 0.25, 0}));
}

TEST(Sampler, StaysInsideTheBoundsOfBoundedLaws) {
    const Sampler pareto{{Pareto{0.1, 0.01, 0.3}}}, uniform{{Uniform{0.1, 0.3}}};
    Rng rng{8};
    for (int i = 0; i < 200'000; ++i) {
        const double x = pareto(rng), y = uniform(rng);
        ASSERT_TRUE(x >= 0.1 && x <= 0.3) << x;
        ASSERT_TRUE(y >= 0.1 && y <= 0.3) << y;
    }
}

TEST(Sampler, IsNeverNegativeAndNeverNaNHoweverExtremeTheLaw) {
    const std::vector<Distribution> extreme = {
        {Gamma{1, 1e6}},         {Gamma{1e300, 1e6}},           {Gamma{1, 1e-6}},
        {LogNormal{700, 1e6}},   {LogNormal{-1e9, 1e12}},       {Pareto{1e-300, 1e-6}},
        {Pareto{1e300, 1e-300}}, {Pareto{1e-300, 1e-9, 1e300}}, {Pareto{1, 1e300, 2}},
        {Weibull{1e300, 1e-3}},  {Weibull{1e-300, 1e-300}},     {Weibull{1, 1e9}},
        {Exponential{1e308}},    {Uniform{0, 1.7e308}},
    };
    Rng rng{9};
    for (std::size_t i = 0; i < extreme.size(); ++i) {
        const Sampler draw{extreme[i]};
        for (int n = 0; n < 2'000; ++n) {
            const double x = draw(rng);
            ASSERT_TRUE(x >= 0) << i << ": " << x;
        }
    }
}

TEST(Sampler, StopsAtALawThatIsNone) {
    EXPECT_DEATH(Sampler{{Constant{-1}}}, "broken expectation");
    EXPECT_DEATH(Sampler{{Exponential{std::nan("")}}}, "broken expectation");
    EXPECT_DEATH((Sampler{{Uniform{2, 1}}}), "broken expectation");
    EXPECT_DEATH((Sampler{{Pareto{2, 1, 1}}}), "broken expectation");
    EXPECT_DEATH((Sampler{{Empirical{{2, 1}}}}), "broken expectation");
    EXPECT_DEATH(Sampler{{Empirical{}}}, "broken expectation");
    EXPECT_DEATH(Sampler{{Mixture{}}}, "broken expectation");
}

TEST(Sampler, GivesTheSameNumbersOnEveryPlatform) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const Case& c : continuous()) {
        const Sampler draw{c.distribution};
        const lb::Stream stream = Rng{10}.numbered(c.name);
        for (std::uint64_t i = 0; i < 2'000; ++i) {
            KeyedRng rng = stream.at(i);
            const double quantised = std::min(draw(rng), 1e6) * 0x1p32;
            hash = (hash ^ static_cast<std::uint64_t>(quantised)) * 0x100000001b3u;
        }
    }
    EXPECT_EQ(hash, 9173992340977194010u);
}

std::vector<double> zipf_probabilities(std::uint64_t count, double s) {
    std::vector<double> shares;
    double sum = 0;
    for (std::uint64_t k = 1; k <= count; ++k) {
        shares.push_back(std::pow(static_cast<double>(k), -s));
        sum += shares.back();
    }
    for (double& share : shares) share /= sum;
    return shares;
}

TEST(ZipfSampler, HaveTheExactProbabilitiesWhenTheyAreFew) {
    for (const double s : {0.0, 0.01, 0.5, 0.99, 1.0, 1.0000001, 1.5, 3.0})
        for (const std::uint64_t count : {1u, 2u, 3u, 10u}) {
            const ZipfSampler draw{count, s};
            Rng rng{count};
            std::vector<std::uint64_t> counts(count);
            for (int i = 0; i < 400'000; ++i) ++counts.at(draw(rng));
            EXPECT_TRUE(lbtest::fits(counts, zipf_probabilities(count, s))) << s << ' ' << count;
        }
}

/// The ranks are counted in ranges that double in size, after the first 64 one by one.
std::size_t range_of(std::uint64_t rank) {
    std::size_t range = 0;
    for (std::uint64_t rest = rank >> 6; rest != 0; rest >>= 1) ++range;
    return range == 0 ? static_cast<std::size_t>(rank) : 63 + range;
}

TEST(ZipfSampler, HaveTheExactProbabilitiesInEveryRangeWhenTheyAreMany) {
    constexpr std::uint64_t kCount = 1'000'000;
    for (const double s : {0.3, 0.8, 1.0, 1.2}) {
        const std::vector<double> each = zipf_probabilities(kCount, s);
        std::vector<double> shares(range_of(kCount - 1) + 1);
        for (std::uint64_t k = 0; k < kCount; ++k) shares[range_of(k)] += each[k];
        const ZipfSampler draw{kCount, s};
        Rng rng{11};
        std::vector<std::uint64_t> counts(shares.size());
        for (int i = 0; i < 1'000'000; ++i) ++counts.at(range_of(draw(rng)));
        EXPECT_TRUE(lbtest::fits(counts, shares)) << s;
    }
}

TEST(ZipfSampler, KeepTheirSharesAmongATrillionKeys) {
    constexpr std::uint64_t kCount = std::uint64_t{1} << 40;
    const ZipfSampler draw{kCount, 1};
    // Harmonic numbers: log n + Euler's constant + 1 / 2n.
    const auto harmonic = [](double n) { return std::log(n) + 0.57721566490153286 + 0.5 / n; };
    const double total = harmonic(0x1p40);
    std::vector<double> shares;
    for (int i = 4; i <= 40; i += 4)
        shares.push_back((harmonic(std::ldexp(1, i)) - harmonic(std::ldexp(1, i - 4))) / total);
    double sum = 0;
    for (std::size_t i = 1; i < shares.size(); ++i) sum += shares[i];
    shares.front() = 1 - sum;  // The approximation is too coarse for the first sixteen.
    Rng rng{12};
    std::vector<std::uint64_t> counts(10);
    for (int i = 0; i < 400'000; ++i) {
        const std::uint64_t rank = draw(rng);
        ASSERT_LT(rank, kCount);
        std::size_t range = 0;
        while (rank >> (4 * (range + 1)) != 0) ++range;
        ++counts.at(range);
    }
    EXPECT_TRUE(lbtest::fits(counts, shares));
}

TEST(ZipfSampler, AreInRangeHoweverSteep) {
    for (const double s : {5.0, 50.0, 1000.0, 1e6})
        for (const std::uint64_t count :
             {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{1} << 40}) {
            const ZipfSampler draw{count, s};
            Rng rng{13};
            for (int i = 0; i < 20'000; ++i) {
                const std::uint64_t rank = draw(rng);
                ASSERT_LT(rank, count);
                if (s >= 50) { ASSERT_EQ(rank, 0u); }
            }
        }
}

TEST(ZipfSampler, GiveTheSameRanksOnEveryPlatform) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const double s : {0.0, 0.5, 1.0, 2.0}) {
        const ZipfSampler draw{1'000'000, s};
        Rng rng{14};
        for (int i = 0; i < 10'000; ++i) hash = (hash ^ draw(rng)) * 0x100000001b3u;
    }
    EXPECT_EQ(hash, 14328237097508958860u);
}

}  // namespace
