#include "balancer/hashing/haproxy/map.hpp"

#include <cstddef>
#include <set>
#include <utility>

namespace lb::haproxy {
namespace {

/// Which servers pass a multiple of the total as the score grows for each slot, in order of slots.
std::vector<std::vector<std::uint32_t>> risings(std::span<const Weighted> servers,
                                                std::uint64_t total) {
    std::vector<std::vector<std::uint32_t>> out(total);
    for (std::uint32_t i = 0; i != servers.size(); ++i) {
        const std::uint64_t weight = servers[i].weight;
        // After slot t the server was given weight * (t + 1) in all.
        for (std::uint64_t m = 1; m <= weight; ++m)
            out[(m * total + weight - 1) / weight - 1].push_back(i);
    }
    return out;
}

}  // namespace

std::vector<BackendId> server_map(std::span<const Weighted> servers) {
    std::uint64_t total = 0;
    for (const auto& server : servers) total += server.weight;
    std::vector<int> ranks(servers.size(), 0);
    std::set<std::pair<int, std::uint32_t>> standing;  // By falling rank, then by place.
    for (std::uint32_t i = 0; i != servers.size(); ++i) standing.emplace_hint(standing.end(), 0, i);
    const auto move = [&](std::uint32_t i, int by) {
        auto node = standing.extract({-ranks[i], i});
        ranks[i] += by;
        node.value() = {-ranks[i], i};
        standing.insert(std::move(node));
    };

    std::vector<BackendId> map;
    map.reserve(total);
    for (const auto& rising : risings(servers, total)) {
        for (const auto i : rising) move(i, +1);
        const auto first = standing.begin()->second;
        map.push_back(servers[first].backend);
        move(first, -1);
    }
    return map;
}

}  // namespace lb::haproxy
