#include "balancer/hashing/ketama.hpp"

#include <algorithm>
#include <string>

#include "balancer/hashing/md5.hpp"
#include "base/expects.hpp"

namespace lb {
namespace {

std::uint32_t word(const Md5& digest, std::size_t number) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- != 0;) value = value << 8 | digest[4 * number + i];
    return value;
}

}  // namespace

std::uint32_t ketama_hash(std::string_view key) { return word(md5_of(key), 0); }

void KetamaRing::build(std::span<const Server> servers) {
    points_.clear();
    std::uint64_t total = 0;
    for (const auto& server : servers) total += server.weight;
    for (std::uint32_t who = 0; who != servers.size(); ++who) {
        // In the program's mix of float and double: it decides what is cut off.
        const float share = static_cast<float>(servers[who].weight) / static_cast<float>(total);
        const double wanted = share * 40.0 * static_cast<float>(servers.size());
        const auto hashes = static_cast<std::uint32_t>(static_cast<float>(wanted));
        std::string text{servers[who].name};
        text += '-';
        const auto stem = text.size();
        for (std::uint32_t i = 0; i != hashes; ++i) {
            text.resize(stem);
            text += std::to_string(i);
            const auto digest = md5_of(text);
            for (std::size_t k = 0; k != 4; ++k) points_.push_back({word(digest, k), who});
        }
    }
    std::stable_sort(points_.begin(), points_.end(),
                     [](const Point& a, const Point& b) { return a.hash < b.hash; });
}

std::size_t KetamaRing::find(std::uint32_t hash) const {
    expects(!points_.empty());
    const auto at = std::lower_bound(points_.begin(), points_.end(), hash,
                                     [](const Point& p, std::uint32_t h) { return p.hash < h; });
    return at == points_.end() ? 0 : static_cast<std::size_t>(at - points_.begin());
}

}  // namespace lb
