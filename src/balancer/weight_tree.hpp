#pragma once

#include <cstddef>
#include <vector>

#include "base/expects.hpp"

namespace lb {

/// Draws a place with probability proportional to its weight, while weights come and go.
///
/// A binary tree of sums over the places: changing a weight and drawing take O(log n).  Each sum is
/// made anew from the two below it, so that rounding does not pile up as weights change.
class WeightTree {
public:
    std::size_t size() const { return size_; }

    /// Grows to hold places [0, n), the new ones of weight zero.  O(1) amortised over growth by
    /// one.
    void resize(std::size_t n) {
        if (n <= size_) return;
        if (n <= leaves_) {
            size_ = n;
            return;
        }
        std::vector<double> weights(n);
        for (std::size_t i = 0; i != size_; ++i) weights[i] = sums_[leaves_ + i];
        size_ = n;
        for (leaves_ = 1; leaves_ < n;) leaves_ *= 2;
        sums_.assign(2 * leaves_, 0);
        for (std::size_t i = 0; i != n; ++i) sums_[leaves_ + i] = weights[i];
        for (std::size_t i = leaves_ - 1; i != 0; --i) sums_[i] = sums_[2 * i] + sums_[2 * i + 1];
    }

    /// Requires place < size() and weight >= 0.
    void set(std::size_t place, double weight) {
        expects(place < size_ && weight >= 0);
        std::size_t i = leaves_ + place;
        sums_[i] = weight;
        for (i /= 2; i != 0; i /= 2) sums_[i] = sums_[2 * i] + sums_[2 * i + 1];
    }

    double total() const { return size_ == 0 ? 0 : sums_[1]; }

    /// The place in whose stretch of [0, total()) the point `unit` * total() falls.  Requires
    /// total() > 0 and 0 <= unit < 1.  Never a place of weight zero.
    std::size_t at(double unit) const {
        expects(total() > 0);
        double point = unit * total();
        std::size_t i = 1;
        while (i < leaves_) {
            i *= 2;
            // Rounding may put the point past the end: stay where there is weight.
            if (sums_[i] == 0 || (point >= sums_[i] && sums_[i + 1] > 0)) point -= sums_[i++];
        }
        return i - leaves_;
    }

private:
    std::size_t size_ = 0, leaves_ = 0;
    std::vector<double> sums_;
};

}  // namespace lb
