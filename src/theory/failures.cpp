#include "theory/failures.hpp"

#include "base/expects.hpp"
#include "base/math.hpp"

namespace lbsim::theory {

double attempts(double failure, std::uint64_t most) {
    double sum = 0, reached = 1;
    for (std::uint64_t i = 0; i != most; ++i, reached *= failure) sum += reached;
    return sum;
}

double any_of(double chance, double n) { return -lb::expm1(n * lb::log1p(-chance)); }

double Hedged::extra() const { return lb::exp(-after); }

// Half a service is saved of what is left by then.
double Hedged::mean() const { return 1 - extra() / 2; }

double Hedged::quantile(double p) const {
    const double t = -lb::log(1 - p);
    return t <= after ? t : (t + after) / 2;  // Beyond it two run, and time counts twice.
}

double until_in_a_row(double chance, std::uint64_t in_a_row) {
    lb::expects(chance > 0);
    double sum = 0, inverse = 1;
    for (std::uint64_t i = 0; i != in_a_row; ++i) sum += inverse /= chance;
    return sum;
}

double Breaker::admitted() const {
    const double kept = rate * open;  // From each time that it is open.
    if (failure == 1) return 1 / (1 + kept);
    const double trials = 1 / (1 - failure);
    const double through = until_in_a_row(failure, in_a_row) + trials;
    return through / (through + trials * kept);
}

double detection(double interval, std::uint64_t fall, double failure) {
    return interval * (until_in_a_row(failure, fall) - 0.5);
}

double up(double failure, std::uint64_t fall, std::uint64_t rise) {
    const double above = until_in_a_row(failure, fall);
    return above / (above + until_in_a_row(1 - failure, rise));
}

}  // namespace lbsim::theory
