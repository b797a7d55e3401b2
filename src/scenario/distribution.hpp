#pragma once

#include <cstdint>
#include <limits>
#include <variant>
#include <vector>

namespace lbsim {

// Laws of durations and of factors, as plain values.  Numbers are in the unit of whoever uses the
// law: seconds for times, 1 for factors.  What each law requires of its numbers is checked by the
// reader of scenarios, where it can point to the line, and by Sampler.

/// Always the same: value >= 0.
struct Constant {
    double value = 0;
    bool operator==(const Constant&) const = default;
};

/// Without memory: mean >= 0.
struct Exponential {
    double mean = 1;
    bool operator==(const Exponential&) const = default;
};

/// exp of a normal variable with mean mu and standard deviation sigma >= 0.
struct LogNormal {
    double mu = 0;
    double sigma = 0;

    /// By mean > 0 and coefficient of variation (standard deviation / mean) >= 0.
    static LogNormal with_mean(double mean, double cv);
    /// By two quantiles: 0 < median <= p99.
    static LogNormal with_median(double median, double p99);

    bool operator==(const LogNormal&) const = default;
};

/// By mean >= 0 and coefficient of variation in [0, 1e6]: 1 is exponential, 0 is constant.
struct Gamma {
    double mean = 1;
    double cv = 1;
    bool operator==(const Gamma&) const = default;
};

/// The sum of `stages` >= 1 exponentials; `mean` >= 0 is that of the sum.
struct Erlang {
    std::int64_t stages = 1;
    double mean = 1;
    bool operator==(const Erlang&) const = default;
};

/// 0 <= min <= max.
struct Uniform {
    double min = 0;
    double max = 1;
    bool operator==(const Uniform&) const = default;
};

/// P(X > x) = (min / x)^alpha from min > 0 on, alpha > 0.  With a finite max > min it is the law
/// under the condition X <= max (the bounded Pareto), not the law clipped at max.
struct Pareto {
    double min = 1;
    double alpha = 2;
    double max = std::numeric_limits<double>::infinity();

    bool bounded() const { return max < std::numeric_limits<double>::infinity(); }
    bool operator==(const Pareto&) const = default;
};

/// P(X > x) = exp(-(x / scale)^shape): scale > 0, shape > 0.
struct Weibull {
    double scale = 1;
    double shape = 1;
    bool operator==(const Weibull&) const = default;
};

/// One of several exponentials.  Shares >= 0 count relative to their sum, which must be positive.
struct Hyperexponential {
    struct Phase {
        double share = 1;
        double mean = 1;
        bool operator==(const Phase&) const = default;
    };
    std::vector<Phase> phases;
    bool operator==(const Hyperexponential&) const = default;
};

/// One of several laws.  Shares >= 0 count relative to their sum, which must be positive.
struct Mixture {
    struct Part;
    std::vector<Part> of;
    bool operator==(const Mixture&) const;
};

/// One of these values, each equally likely: sorted, not empty, >= 0.
struct Empirical {
    std::vector<double> values;

    /// Sorts them first, so that their order in a file does not matter.
    static Empirical with_values(std::vector<double> values);

    bool operator==(const Empirical&) const = default;
};

/// Any of them.
struct Distribution {
    std::variant<Constant, Exponential, LogNormal, Gamma, Erlang, Uniform, Pareto, Weibull,
                 Hyperexponential, Mixture, Empirical>
        law;
    bool operator==(const Distribution&) const = default;
};

struct Mixture::Part {
    double share = 1;
    Distribution distribution;
    bool operator==(const Part&) const;  // Written out: clang 14 dies of a recursive default.
};

/// Whether every draw is the same, by its law.
inline bool is_constant(const Distribution& d) { return std::holds_alternative<Constant>(d.law); }

/// The expected value; infinite for a Pareto without max whose alpha is at most 1.
double mean(const Distribution&);

/// The expected square, for formulas such as Pollaczek and Khinchine's; infinite for a Pareto
/// without max whose alpha is at most 2.
double second_moment(const Distribution&);

}  // namespace lbsim
