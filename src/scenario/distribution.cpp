#include "scenario/distribution.hpp"

#include <algorithm>
#include <utility>

#include "base/math.hpp"

namespace lbsim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The standard normal quantile of 0.99 (NIST/SEMATECH e-Handbook of Statistical Methods,
/// 1.3.6.7.1, has it as 2.326).
constexpr double kNormalP99 = 2.3263478740408408;

/// The expected value of X^power for a Pareto X; power is 1 or 2.
double pareto_moment(const Pareto& law, double power) {
    const double scale = power == 1 ? law.min : law.min * law.min;
    if (!law.bounded())
        return law.alpha > power ? scale * law.alpha / (law.alpha - power) : kInfinity;
    const double span = lb::log(law.max / law.min);
    const double d = power - law.alpha;
    // The integral of u^(d - 1) from 1 to max / min; at d = 0 its limit.
    const double integral = d == 0 ? span : lb::expm1(d * span) / d;
    return scale * law.alpha * integral / -lb::expm1(-law.alpha * span);
}

struct Mean {
    double operator()(const Constant& law) const { return law.value; }
    double operator()(const Exponential& law) const { return law.mean; }
    double operator()(const LogNormal& law) const {
        return lb::exp(law.mu + 0.5 * law.sigma * law.sigma);
    }
    double operator()(const Gamma& law) const { return law.mean; }
    double operator()(const Erlang& law) const { return law.mean; }
    double operator()(const Uniform& law) const { return 0.5 * law.min + 0.5 * law.max; }
    double operator()(const Pareto& law) const { return pareto_moment(law, 1); }
    double operator()(const Weibull& law) const { return law.scale * lb::gamma(1 + 1 / law.shape); }
    double operator()(const Hyperexponential& law) const {
        double shares = 0, sum = 0;
        for (const auto& phase : law.phases) {
            shares += phase.share;
            sum += phase.share * phase.mean;
        }
        return sum / shares;
    }
    double operator()(const Mixture& law) const {
        double shares = 0, sum = 0;
        for (const auto& part : law.of) {
            if (part.share == 0) continue;  // 0 times an infinite mean would not be a number.
            shares += part.share;
            sum += part.share * mean(part.distribution);
        }
        return sum / shares;
    }
    double operator()(const Empirical& law) const {
        double sum = 0;
        for (const double value : law.values) sum += value;
        return sum / static_cast<double>(law.values.size());
    }
};

struct SecondMoment {
    double operator()(const Constant& law) const { return law.value * law.value; }
    double operator()(const Exponential& law) const { return 2 * law.mean * law.mean; }
    double operator()(const LogNormal& law) const {
        return lb::exp(2 * (law.mu + law.sigma * law.sigma));
    }
    double operator()(const Gamma& law) const {
        return law.mean * law.mean * (1 + law.cv * law.cv);
    }
    double operator()(const Erlang& law) const {
        return law.mean * law.mean * (1 + 1 / static_cast<double>(law.stages));
    }
    double operator()(const Uniform& law) const {
        return (law.min * law.min + law.min * law.max + law.max * law.max) / 3;
    }
    double operator()(const Pareto& law) const { return pareto_moment(law, 2); }
    double operator()(const Weibull& law) const {
        return law.scale * law.scale * lb::gamma(1 + 2 / law.shape);
    }
    double operator()(const Hyperexponential& law) const {
        double shares = 0, sum = 0;
        for (const auto& phase : law.phases) {
            shares += phase.share;
            sum += phase.share * 2 * phase.mean * phase.mean;
        }
        return sum / shares;
    }
    double operator()(const Mixture& law) const {
        double shares = 0, sum = 0;
        for (const auto& part : law.of) {
            if (part.share == 0) continue;
            shares += part.share;
            sum += part.share * second_moment(part.distribution);
        }
        return sum / shares;
    }
    double operator()(const Empirical& law) const {
        double sum = 0;
        for (const double value : law.values) sum += value * value;
        return sum / static_cast<double>(law.values.size());
    }
};

}  // namespace

LogNormal LogNormal::with_mean(double mean, double cv) {
    const double variance = lb::log1p(cv * cv);
    return {.mu = lb::log(mean) - 0.5 * variance, .sigma = lb::sqrt(variance)};
}

LogNormal LogNormal::with_median(double median, double p99) {
    return {.mu = lb::log(median), .sigma = lb::log(p99 / median) / kNormalP99};
}

Empirical Empirical::with_values(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {.values = std::move(values)};
}

bool Mixture::operator==(const Mixture& other) const { return of == other.of; }

bool Mixture::Part::operator==(const Part& other) const {
    return share == other.share && distribution == other.distribution;
}

double mean(const Distribution& distribution) { return std::visit(Mean{}, distribution.law); }

double second_moment(const Distribution& distribution) {
    return std::visit(SecondMoment{}, distribution.law);
}

}  // namespace lbsim
