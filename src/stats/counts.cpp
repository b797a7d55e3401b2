#include "stats/counts.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cstddef>

#include "base/expects.hpp"
#include "base/math.hpp"
#include "stats/rounded.hpp"

namespace lbsim {

ShareInterval binomial_interval(std::uint64_t hits, std::uint64_t draws, double confidence) {
    lb::expects(hits <= draws && draws >= 1 && confidence > 0 && confidence < 1);
    using Binomial = boost::math::binomial;
    const auto n = static_cast<double>(draws), k = static_cast<double>(hits);
    const double beyond = (1 - confidence) / 2;
    ShareInterval out;
    if (hits != 0) out.low = rounded_to_32_bits(Binomial::find_lower_bound_on_p(n, k, beyond));
    if (hits != draws) out.high = rounded_to_32_bits(Binomial::find_upper_bound_on_p(n, k, beyond));
    return out;
}

double g_test(std::span<const std::uint64_t> counts, std::span<const double> expected) {
    lb::expects(counts.size() == expected.size());
    double seen = 0, due = 0, cells = 0;
    for (std::size_t i = 0; i != counts.size(); ++i) {
        lb::expects(expected[i] >= 0);
        seen += static_cast<double>(counts[i]);
        due += expected[i];
        cells += expected[i] > 0;
    }
    lb::expects(seen > 0 && due > 0);
    double g = 0;
    for (std::size_t i = 0; i != counts.size(); ++i) {
        if (counts[i] == 0) continue;
        if (expected[i] == 0) return 0;
        const auto count = static_cast<double>(counts[i]);
        g += 2 * count * lb::log(count / (expected[i] / due * seen));
    }
    if (cells < 2 || g <= 0) return 1;
    return rounded_to_32_bits(boost::math::gamma_q((cells - 1) / 2, g / 2));
}

}  // namespace lbsim
