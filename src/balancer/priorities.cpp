#include "balancer/priorities.hpp"

#include <algorithm>
#include <numeric>

#include "base/expects.hpp"

namespace lb {
namespace {

/// What all together could take.
std::uint32_t total_of(std::span<const std::uint32_t> health) {
    return std::min(100u, std::accumulate(health.begin(), health.end(), 0u));
}

}  // namespace

bool in_panic(const PriorityBackends& backends, std::int64_t threshold) {
    const double healthy = backends.total == 0 ? 0 : 100.0 * backends.healthy / backends.total;
    return healthy < static_cast<double>(threshold);
}

std::size_t PrioritySpread::at(std::uint64_t hash) const {
    const std::uint64_t point = hash % 100 + 1;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i != load.size(); ++i)
        if (point <= (sum += load[i])) return i;
    return 0;
}

std::vector<std::uint32_t> priority_health(std::span<const PriorityBackends> backends,
                                           std::int64_t overprovisioning) {
    std::vector<std::uint32_t> health;
    for (const auto& h : backends) {
        const auto factor = static_cast<std::uint64_t>(overprovisioning);
        const auto percent = h.total == 0 ? 0 : factor * h.healthy / h.total;
        health.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(100, percent)));
    }
    return health;
}

std::vector<std::uint32_t> priority_loads(std::span<const std::uint32_t> health) {
    std::vector<std::uint32_t> load(health.size());
    const auto total = total_of(health);
    if (total == 0) return load;
    std::uint32_t left = 100;
    for (std::size_t i = 0; i != load.size(); ++i) {
        load[i] = std::min(left, health[i] * 100 / total);
        left -= load[i];
    }
    const auto first = std::find_if(health.begin(), health.end(), [](auto h) { return h > 0; });
    load[static_cast<std::size_t>(first - health.begin())] += left;
    return load;
}

std::vector<std::uint32_t> panic_loads(std::span<const PriorityBackends> backends) {
    expects(!backends.empty());
    std::uint64_t all = 0;
    for (const auto& h : backends) all += h.total;
    std::vector<std::uint32_t> load(backends.size());
    std::uint32_t left = 100;
    for (std::size_t i = 0; all != 0 && i != load.size(); ++i) {
        load[i] = static_cast<std::uint32_t>(std::uint64_t{100} * backends[i].total / all);
        left -= load[i];
    }
    const auto first =
        std::find_if(backends.begin(), backends.end(), [](const auto& h) { return h.total > 0; });
    load[first == backends.end() ? 0 : static_cast<std::size_t>(first - backends.begin())] += left;
    return load;
}

PrioritySpread spread_over(std::span<const PriorityBackends> backends, const PriorityRules& rules) {
    expects(!backends.empty());
    PrioritySpread spread{.health = priority_health(backends, rules.overprovisioning)};
    spread.load = priority_loads(spread.health);
    const auto total = total_of(spread.health);
    bool everywhere = true;
    for (const auto& h : backends) {
        spread.panic.push_back(total < 100 && in_panic(h, rules.panic_threshold));
        everywhere = everywhere && spread.panic.back();
    }
    if (everywhere) spread.load = panic_loads(backends);
    if (!everywhere && total == 0) spread.load.front() = 100;  // To be rejected there.
    return spread;
}

}  // namespace lb
