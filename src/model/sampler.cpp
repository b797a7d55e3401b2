#include "model/sampler.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <variant>

#include "base/expects.hpp"
#include "base/math.hpp"

namespace lbsim {
namespace {

bool not_negative(double x) { return x >= 0 && x < std::numeric_limits<double>::infinity(); }
bool positive(double x) { return x > 0 && x < std::numeric_limits<double>::infinity(); }

}  // namespace

/// Turns each law into a Law and its numbers.
struct Sampler::Compile {
    Sampler& to;

    void set(Law law, double a, double b = 0, double c = 0, double d = 0) const {
        to.law_ = law;
        to.a_ = a;
        to.b_ = b;
        to.c_ = c;
        to.d_ = d;
    }

    void operator()(const Constant& law) const {
        lb::expects(not_negative(law.value));
        set(Law::Constant, law.value);
    }
    void operator()(const Exponential& law) const {
        lb::expects(not_negative(law.mean));
        set(Law::Exponential, law.mean);
    }
    void operator()(const LogNormal& law) const {
        lb::expects(law.mu - law.mu == 0 && not_negative(law.sigma));
        set(Law::LogNormal, law.mu, law.sigma);
    }
    void operator()(const Gamma& law) const {
        lb::expects(not_negative(law.mean) && law.cv >= 0 && law.cv <= 1e6);
        const double shape = 1 / (law.cv * law.cv);
        if (!positive(shape)) return set(Law::Constant, law.mean);  // Narrower than a double.
        set(Law::Gamma, shape, law.mean, 1 / shape);
    }
    void operator()(const Erlang& law) const {
        lb::expects(law.stages >= 1 && not_negative(law.mean));
        const auto shape = static_cast<double>(law.stages);
        if (law.stages == 1) return set(Law::Exponential, law.mean);
        set(Law::Gamma, shape, law.mean, 1 / shape);
    }
    void operator()(const Uniform& law) const {
        lb::expects(not_negative(law.min) && not_negative(law.max) && law.min <= law.max);
        set(Law::Uniform, law.min, law.max - law.min);
    }
    void operator()(const Pareto& law) const {
        lb::expects(positive(law.min) && law.min < law.max);
        lb::expects(positive(law.alpha) && positive(1 / law.alpha));
        if (!law.bounded()) return set(Law::Pareto, law.min, 1 / law.alpha);
        // log(X / min) is an exponential with rate alpha, under the condition that X <= max; what
        // its distribution function reaches there is -c.
        set(Law::BoundedPareto, law.min, 1 / law.alpha,
            lb::expm1(-law.alpha * lb::log(law.max / law.min)), law.max);
    }
    void operator()(const Weibull& law) const {
        lb::expects(positive(law.scale) && positive(law.shape) && positive(1 / law.shape));
        set(Law::Weibull, law.scale, 1 / law.shape);
    }
    void operator()(const Hyperexponential& law) const {
        set(Law::Mixture, 0);
        double sum = 0;
        for (const auto& phase : law.phases)
            add(phase.share, sum, Distribution{Exponential{phase.mean}});
        normalise(sum);
    }
    void operator()(const Mixture& law) const {
        set(Law::Mixture, 0);
        double sum = 0;
        for (const auto& part : law.of) add(part.share, sum, part.distribution);
        normalise(sum);
    }
    void operator()(const Empirical& law) const {
        lb::expects(!law.values.empty());
        lb::expects(std::is_sorted(law.values.begin(), law.values.end()));
        lb::expects(not_negative(law.values.front()) && not_negative(law.values.back()));
        set(Law::Empirical, 0);
        to.sorted_ = law.values;
    }

    void add(double share, double& sum, const Distribution& part) const {
        lb::expects(not_negative(share));
        if (share == 0) return;
        sum += share;
        to.sorted_.push_back(sum);
        to.parts_.emplace_back(part);
    }
    void normalise(double sum) const {
        lb::expects(positive(sum));
        for (double& cumulative : to.sorted_) cumulative /= sum;
    }
};

Sampler::Sampler(const Distribution& distribution) : mean_{lbsim::mean(distribution)} {
    std::visit(Compile{*this}, distribution.law);
}

template <class R>
double Sampler::drawn(R& rng) const {
    switch (law_) {
        case Law::Constant:
        case Law::Exponential: break;  // Drawn where they are called.
        case Law::LogNormal: return lb::exp(a_ + b_ * lb::normal(rng));
        case Law::Gamma: return b_ * (c_ * lb::gamma(rng, a_));  // b_ * c_ may overflow.
        case Law::Uniform: return a_ + b_ * rng.unit();
        case Law::Pareto: return a_ * lb::exp(b_ * lb::exponential(rng));
        case Law::BoundedPareto: {
            const double above = -lb::log1p(c_ * rng.unit());
            return std::min(a_ * lb::exp(b_ * above), d_);
        }
        case Law::Weibull: return a_ * lb::pow(lb::exponential(rng), b_);
        case Law::Mixture: {
            const auto at = std::upper_bound(sorted_.begin(), sorted_.end(), rng.unit());
            return parts_[static_cast<std::size_t>(at - sorted_.begin())](rng);
        }
        case Law::Empirical: return sorted_[rng.below(sorted_.size())];
    }
    return 0;
}

double Sampler::other(lb::Rng& rng) const { return drawn(rng); }
double Sampler::other(lb::KeyedRng& rng) const { return drawn(rng); }

ZipfSampler::ZipfSampler(std::uint64_t count, double s) : count_{count}, s_{s} {
    lb::expects(count >= 1 && count <= std::uint64_t{1} << 40 && not_negative(s));
    // Rank 1 gets the area of its exact weight, 1, instead of the integral over its unit.
    low_ = integral(1.5) - 1;
    high_ = integral(static_cast<double>(count) + 0.5);
    always_ = 2 - inverse(integral(2.5) - weight(2));
}

double ZipfSampler::integral(double x) const {
    const double log = lb::log(x), power = (1 - s_) * log;
    return power == 0 ? log : log * (lb::expm1(power) / power);
}

double ZipfSampler::inverse(double area) const {
    const double scaled = (1 - s_) * area;
    if (!(scaled > -1)) return std::numeric_limits<double>::infinity();  // Rounded over the end.
    return lb::exp(scaled == 0 ? area : area * (lb::log1p(scaled) / scaled));
}

}  // namespace lbsim
