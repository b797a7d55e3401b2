#pragma once

#include <cstdint>
#include <span>

namespace lbsim {

// Tests of counts of independent draws.  What Boost.Math computes is rounded as
// student_t_quantile() is, and for the same reason.

/// Where a share may lie.
struct ShareInterval {
    double low = 0, high = 1;
};

/// The exact interval for the probability of what happened `hits` times in `draws` independent
/// draws: covers the true one with probability `confidence` at least (Clopper and Pearson,
/// Biometrika 26(4), 1934).  Requires hits <= draws, draws >= 1 and 0 < confidence < 1.
ShareInterval binomial_interval(std::uint64_t hits, std::uint64_t draws, double confidence);

/// The chance of counts that fit these expectations no better than those seen, if the draws are
/// independent and the expectations true: the likelihood-ratio test, G, by its limit, chi-square
/// (Wilks 1938; Sokal and Rohlf, Biometry, 17.2).  With 10 expected draws in each of like cells the
/// limit is good to a few per cent at 1e-6.
///
/// Expectations are scaled to the sum of the counts.  What must not happen and did has chance 0.
/// Requires as many expectations as counts, none below 0, one above, and a count above 0.
double g_test(std::span<const std::uint64_t> counts, std::span<const double> expected);

}  // namespace lbsim
