#pragma once

#include <cstdint>
#include <span>

namespace lbtest {

/// Pearson's statistic, and the chance of one at least as large if the hypothesis is right.
struct ChiSquare {
    double statistic = 0;
    double dof = 0;
    double p_value = 1;
};

/// Of counts against expected shares.  Outcomes of probability zero are left out.
ChiSquare chi_square(std::span<const std::uint64_t> counts, std::span<const double> probabilities);

/// Of two samples of one distribution: whether they differ.  They may be of different sizes.
/// Outcomes that neither shows are left out.
ChiSquare homogeneity(std::span<const double> a, std::span<const double> b);

}  // namespace lbtest
