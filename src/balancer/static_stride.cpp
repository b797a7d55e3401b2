#include "balancer/static_stride.hpp"

#include <algorithm>

namespace lb {
namespace {

/// To the nearest, halves up.
std::uint16_t rounded(double x) {
    const auto whole = static_cast<std::uint16_t>(x);
    return static_cast<std::uint16_t>(whole + (x - whole >= 0.5));
}

}  // namespace

std::optional<StaticStride> StaticStride::make(std::span<const double> weights, Rule rule) {
    const bool cpp = rule == Rule::Cpp;
    const auto held = [&](double w) { return cpp ? double{static_cast<float>(w)} : w; };
    double sum = 0, greatest = 0;
    std::size_t known = 0;
    for (const double w : weights) {
        sum += held(w);
        greatest = std::max(greatest, held(w));
        known += w > 0;
    }
    if (weights.size() < 2 || known < (cpp ? 1u : 2u)) return std::nullopt;
    const double mean = sum / static_cast<double>(known);
    if (cpp) greatest = std::min(greatest, held(10 * mean));
    const double scale = held(kMost / greatest);
    const auto unknown = rounded(scale * mean);
    const auto least = std::max<std::uint16_t>(1, rounded(unknown * 0.01));

    StaticStride made;
    for (const double w : weights) {
        const auto scaled = rounded(std::min(held(w), greatest) * scale);
        made.scaled_.push_back(w == 0 ? unknown : cpp ? std::max(scaled, least) : scaled);
    }
    const auto same = [&](std::uint16_t w) { return w == made.scaled_.front(); };
    if (!cpp && std::all_of(made.scaled_.begin(), made.scaled_.end(), same)) return std::nullopt;
    return made;
}

}  // namespace lb
