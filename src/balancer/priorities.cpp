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

bool in_panic(const PriorityHosts& hosts, std::int64_t threshold) {
    const double healthy = hosts.total == 0 ? 0 : 100.0 * hosts.healthy / hosts.total;
    return healthy < static_cast<double>(threshold);
}

std::size_t PrioritySpread::at(std::uint64_t hash) const {
    const std::uint64_t point = hash % 100 + 1;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i != load.size(); ++i)
        if (point <= (sum += load[i])) return i;
    return 0;
}

std::vector<std::uint32_t> priority_health(std::span<const PriorityHosts> hosts,
                                           std::int64_t overprovisioning) {
    std::vector<std::uint32_t> health;
    for (const auto& h : hosts) {
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

std::vector<std::uint32_t> panic_loads(std::span<const PriorityHosts> hosts) {
    expects(!hosts.empty());
    std::uint64_t all = 0;
    for (const auto& h : hosts) all += h.total;
    std::vector<std::uint32_t> load(hosts.size());
    std::uint32_t left = 100;
    for (std::size_t i = 0; all != 0 && i != load.size(); ++i) {
        load[i] = static_cast<std::uint32_t>(std::uint64_t{100} * hosts[i].total / all);
        left -= load[i];
    }
    const auto first =
        std::find_if(hosts.begin(), hosts.end(), [](const auto& h) { return h.total > 0; });
    load[first == hosts.end() ? 0 : static_cast<std::size_t>(first - hosts.begin())] += left;
    return load;
}

PrioritySpread spread_over(std::span<const PriorityHosts> hosts, const PriorityRules& rules) {
    expects(!hosts.empty());
    PrioritySpread spread{.health = priority_health(hosts, rules.overprovisioning)};
    spread.load = priority_loads(spread.health);
    const auto total = total_of(spread.health);
    bool everywhere = true;
    for (const auto& h : hosts) {
        spread.panic.push_back(total < 100 && in_panic(h, rules.panic_threshold));
        everywhere = everywhere && spread.panic.back();
    }
    if (everywhere) spread.load = panic_loads(hosts);
    if (!everywhere && total == 0) spread.load.front() = 100;  // To be rejected there.
    return spread;
}

}  // namespace lb
