#include "balancer/hashing/katran.hpp"

#include <algorithm>
#include <bit>

#include "base/expects.hpp"

namespace lb {
namespace {

constexpr std::uint64_t kFirstFactor = 0x87c37b91114253d5u, kSecondFactor = 0x4cf5ad432745937fu;
constexpr std::uint32_t kFree = ~std::uint32_t{0};

std::uint64_t avalanche(std::uint64_t h) {
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

/// A ring being filled.
class Filling {
public:
    Filling(std::span<const katran_ring::Endpoint> endpoints, std::uint32_t size)
        : ring_(size, kFree) {
        for (const auto& e : endpoints) wishes_.push_back({katran_ring::order_of(e.hash, size)});
    }
    bool full() const { return taken_ == ring_.size(); }
    /// Its turn: the first place on its list that is free, unless the ring is full.
    void take(std::uint32_t who) {
        if (full()) return;
        auto& wish = wishes_[who];
        while (ring_[place(wish)] != kFree) ++wish.next;
        ring_[place(wish)] = who;
        ++wish.next;
        ++taken_;
    }
    std::vector<std::uint32_t> ring() && { return std::move(ring_); }

private:
    struct Wish {
        katran_ring::Order order;
        std::uint32_t next = 0;
    };
    std::size_t place(const Wish& w) const {
        return (w.order.offset + w.next * w.order.skip) % static_cast<std::uint32_t>(ring_.size());
    }

    std::vector<std::uint32_t> ring_;
    std::vector<Wish> wishes_;
    std::size_t taken_ = 0;
};

void fill_first_round(Filling& filling, std::span<const katran_ring::Endpoint> endpoints) {
    for (std::uint32_t who = 0; who != endpoints.size(); ++who)
        for (std::uint32_t i = 0; i != endpoints[who].weight && !filling.full(); ++i)
            filling.take(who);
    while (!filling.full())
        for (std::uint32_t who = 0; who != endpoints.size(); ++who) filling.take(who);
}

void fill_in_proportion(Filling& filling, std::span<const katran_ring::Endpoint> endpoints) {
    std::uint32_t greatest = 0;
    for (const auto& e : endpoints) greatest = std::max(greatest, e.weight);
    std::vector<std::uint32_t> saved(endpoints.size());
    while (!filling.full()) {
        for (std::uint32_t who = 0; who != endpoints.size(); ++who) {
            saved[who] += endpoints[who].weight;
            if (saved[who] < greatest) continue;
            saved[who] -= greatest;
            filling.take(who);
        }
    }
}

}  // namespace

std::uint64_t murmur3_64(std::uint64_t first, std::uint64_t second, std::uint32_t seed) {
    std::uint64_t a = seed, b = seed;
    a ^= std::rotl(first * kFirstFactor, 31) * kSecondFactor;
    a = (std::rotl(a, 27) + b) * 5 + 0x52dce729;
    b ^= std::rotl(second * kSecondFactor, 33) * kFirstFactor;
    b = (std::rotl(b, 31) + a) * 5 + 0x38495ab5;
    a ^= 16, b ^= 16;  // Bytes.
    a += b, b += a;
    return avalanche(a) + avalanche(b);
}

katran_ring::Order katran_ring::order_of(std::uint64_t hash, std::uint32_t size) {
    return {static_cast<std::uint32_t>(murmur3_64(hash, 42, 0) % size),
            static_cast<std::uint32_t>(murmur3_64(hash, 2718281828u, 2307) % (size - 1) + 1)};
}

std::vector<std::uint32_t> katran_ring::build(std::span<const Endpoint> endpoints,
                                              std::uint32_t size, Version version) {
    expects(!endpoints.empty() && size >= 2);
    if (endpoints.size() == 1) return std::vector<std::uint32_t>(size, 0);
    Filling filling{endpoints, size};
    if (version == Version::V1)
        fill_first_round(filling, endpoints);
    else
        fill_in_proportion(filling, endpoints);
    return std::move(filling).ring();
}

}  // namespace lb
