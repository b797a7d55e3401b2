#pragma once

#include <cstdint>

/// Policies that look at queues, over single workers with exponential gaps and services.  Units as
/// in queues.hpp.
namespace lbsim::theory {

/// Where a request goes.
enum class Rule : std::uint8_t {
    JoinShortest,  ///< To the shortest of all queues.
    TwoDistinct,   ///< To the shorter of two different ones, drawn at random.
    JoinIdle,      ///< To an idle backend; if there is none, to any.
};

/// The mean response over n backends, exactly but for the queues, which end at `places`: the
/// stationary law of the Markov chain of sorted queue lengths, solved with Eigen.
///
/// There are (n + places choose n) states; of tens of thousands the solution takes seconds.  What
/// comes to a full backend is lost, about load^places of all under a rule that looks at one queue
/// only, and far less under these.  Ties are broken at random, which the mean does not depend on.
double dispatch_mean(Rule rule, std::uint64_t backends, double load, std::uint64_t places);

/// The best of d backends drawn at random, of infinitely many: the supermarket model
/// (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher, IEEE TPDS 12(10), 2001).  Requires
/// d >= 2.
struct Supermarket {
    std::uint64_t choices = 2;
    double load = 0.5;

    /// The share of backends with at least k requests.
    double at_least(std::uint64_t k) const;
    double mean() const;
    double beyond(double t) const;
    double quantile(double p) const;
};

}  // namespace lbsim::theory
