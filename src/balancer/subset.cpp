#include "balancer/subset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "balancer/hashing/ring.hpp"
#include "base/expects.hpp"

namespace lb {
namespace {

/// A seed sequence that fills the state of std::mt19937 as Python's random.seed(n) does, by
/// init_by_array() of the authors' mt19937ar.c, and not as the standard's engine would.
class PythonSeed {
public:
    using result_type = std::uint32_t;
    explicit PythonSeed(std::uint64_t n)
        : key_{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32)},
          key_words_{n >> 32 == 0 ? 1u : 2u} {}

    template <class It>
    void generate(It state, It end) const {
        const auto n = static_cast<std::uint32_t>(end - state);
        const auto mixed = [&](std::uint32_t i) -> std::uint32_t {
            const auto word = static_cast<std::uint32_t>(state[i]);
            return word ^ (word >> 30);
        };
        state[0] = 19650218u;
        for (std::uint32_t i = 1; i != n; ++i) state[i] = 1812433253u * mixed(i - 1) + i;
        std::uint32_t at = 1;
        const auto store = [&](std::uint32_t word) {
            state[at] = word;
            if (++at != n) return;
            state[0] = word;
            at = 1;
        };
        const auto old = [&] { return static_cast<std::uint32_t>(state[at]); };
        for (std::uint32_t step = 0; step != n; ++step) {
            const std::uint32_t k = step % key_words_;
            store((old() ^ (mixed(at - 1) * 1664525u)) + key_[k] + k);
        }
        for (std::uint32_t step = 1; step != n; ++step)
            store((old() ^ (mixed(at - 1) * 1566083941u)) - at);
        state[0] = 0x80000000u;
    }

private:
    std::array<std::uint32_t, 2> key_;
    std::uint32_t key_words_;
};

/// Python's random.random(): uniform in [0, 1), 53 bits of two words.
double python_random(std::mt19937& bits) {
    const auto high = static_cast<double>(bits() >> 5);
    const auto low = static_cast<double>(bits() >> 6);
    return (high * 0x1p26 + low) * 0x1p-53;
}

}  // namespace

std::vector<std::size_t> sre_order(std::size_t backends, std::uint64_t round) {
    std::vector<std::size_t> order(backends);
    std::iota(order.begin(), order.end(), std::size_t{0});
    PythonSeed seed{round};
    std::mt19937 bits{seed};
    for (std::size_t i = backends; i-- > 1;) {
        const auto j = static_cast<std::size_t>(python_random(bits) * static_cast<double>(i + 1));
        std::swap(order[i], order[j]);
    }
    return order;
}

std::vector<std::size_t> sre_subset(std::size_t backends, std::uint64_t client, std::size_t size) {
    expects(size > 0);
    const std::uint64_t subsets = std::max<std::uint64_t>(1, backends / size);
    const auto order = sre_order(backends, client / subsets);
    const auto first = static_cast<std::size_t>(client % subsets) * size;
    const auto last = std::min(first + size, backends);
    return {order.begin() + static_cast<std::ptrdiff_t>(first),
            order.begin() + static_cast<std::ptrdiff_t>(last)};
}

std::vector<std::size_t> random_subset(std::span<const std::string_view> addresses,
                                       std::uint64_t seed, std::size_t size) {
    std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
    ranked.reserve(addresses.size());
    for (std::size_t i = 0; i != addresses.size(); ++i)
        ranked.emplace_back(hash_of(addresses[i], seed), i);
    std::sort(ranked.begin(), ranked.end());
    ranked.resize(std::min(size, ranked.size()));
    std::vector<std::size_t> subset;
    for (const auto& [hash, i] : ranked) subset.push_back(i);
    return subset;
}

Arc aperture_arc(std::size_t endpoints, std::uint64_t instance, std::uint64_t peers,
                 std::uint64_t least) {
    expects(endpoints > 0 && instance < peers && least > 0);
    const double local = 1 / static_cast<double>(peers);
    const double remote = 1 / static_cast<double>(endpoints);
    const auto wanted = std::min<std::uint64_t>(least, endpoints);
    const double turns = std::ceil(static_cast<double>(wanted) * remote / local);
    return {static_cast<double>(instance) * local, std::min(1.0, turns * local)};
}

std::vector<double> aperture_weights(std::span<const double> weights, Arc arc) {
    double total = 0;
    for (const double weight : weights) {
        expects(weight > 0);
        total += weight;
    }
    std::vector<double> within(weights.size());
    const double end = arc.offset + arc.width;
    double position = 0;
    for (std::size_t i = 0; position < end && !weights.empty(); i = (i + 1) % weights.size()) {
        const double width = weights[i] / total;
        if (position < arc.offset) {
            if (position + width >= arc.offset)
                within[i] += std::min(arc.width, width + position - arc.offset);
        } else {
            within[i] += position + width > end ? end - position : width;
        }
        position += width;
    }
    return within;
}

std::vector<std::size_t> aperture_subset(std::span<const double> weights, Arc arc) {
    std::vector<std::size_t> subset;
    const auto within = aperture_weights(weights, arc);
    for (std::size_t i = 0; i != within.size(); ++i)
        if (within[i] > 0) subset.push_back(i);
    return subset;
}

}  // namespace lb
