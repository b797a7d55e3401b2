#pragma once

#include <optional>
#include <span>
#include <vector>

namespace lbsim {

/// A number that was measured in a few runs, and how far off it may be.
struct Estimate {
    double value = 0;                  ///< The mean over the replications.
    std::optional<double> half_width;  ///< Of the confidence interval; none with one replication.

    /// The ends of the confidence interval, if there is one.
    std::optional<double> low() const;
    std::optional<double> high() const;

    bool operator==(const Estimate&) const = default;
};

/// The mean over independent replications, with Student's t interval (Student, Biometrika 6(1),
/// 1908), which covers the true mean with probability `confidence` if replications are normal, and
/// nearly so if each is itself a mean or a quantile over many requests.
///
/// Sums run from left to right and the variance takes a second pass, so the same replications give
/// the same bits.  Equal replications give that very value, and a half width of exactly 0.
///
/// Requires at least one replication, all finite, and 0 < confidence < 1.
Estimate estimate(std::span<const double> replications, double confidence = 0.95);

/// The x below which a share p of Student's t distribution with `dof` degrees of freedom lies.
///
/// Rounded to 32 significant bits (a relative error of at most 2.4e-10).  Boost.Math, which
/// computes it, calls the C library's logarithms, and these differ in the last bits between
/// processors; what is printed must not.
///
/// Requires 0 < p < 1 and dof >= 1.
double student_t_quantile(double p, double dof);

/// How much larger one variant came out than another that met the same requests.
struct Difference {
    Estimate difference;  ///< Of the first minus the second, by replication.
    /// The chance of a difference at least this large, either way, if there were none: Student's t
    /// test for pairs, rounded as student_t_quantile() is.  1 with one replication, which proves
    /// nothing, and when the variants never differ.  0 if they differ by the same amount, to the
    /// last bit, in each of several replications.
    double p_value = 1;

    bool operator==(const Difference&) const = default;
};

/// Compares two variants replication by replication.  Under common random numbers much of the noise
/// is in both and cancels, so this tells apart what two separate intervals cannot (Law, Simulation
/// Modeling and Analysis, 5th ed., 10.2.1).
///
/// Requires as many replications of `a` as of `b`, replication i of both under the same seed, and
/// what estimate() requires.
Difference compare_pairs(std::span<const double> a, std::span<const double> b,
                         double confidence = 0.95);

/// Which of several hypotheses may be rejected so that the chance of rejecting even one true one is
/// at most alpha, however they depend on each other (Holm, A Simple Sequentially Rejective Multiple
/// Test Procedure, Scandinavian Journal of Statistics 6(2), 1979).
///
/// The smallest of m p-values is held against alpha / m, the next against alpha / (m - 1), and so
/// on up to the first that exceeds its bound: neither it nor any larger one is rejected.  Never
/// rejects less than Bonferroni's correction.  O(m log m).
///
/// Requires p-values in [0, 1] and 0 < alpha < 1.
std::vector<bool> holm(std::span<const double> p_values, double alpha);

}  // namespace lbsim
