#pragma once

#include <algorithm>
#include <string>

#include "balancer/hashing/maglev.hpp"
#include "balancer/policies.hpp"
#include "balancer/policies/envoy/hashing.hpp"

namespace lb::envoy {

class MaglevHosts {
public:
    static constexpr std::string_view kRule =
        "the owner of the table's entry number hash modulo size, for a retry of another hash";
    struct Config {
        std::int64_t table_size = 65537;
        void describe(Fields& f) {
            f.field("table_size", table_size, "Entries of the table: a prime",
                    {.low = 2, .high = static_cast<double>(kMostMaglevEntries)});
            constexpr std::int64_t kMost = kMostMaglevEntries;  // A prime, as 2 is.
            const auto size =
                static_cast<std::uint64_t>(std::clamp<std::int64_t>(table_size, 2, kMost));
            if (next_prime(size) != size)
                f.problem("table_size", std::to_string(size) + " is not a prime",
                          std::to_string(next_prime(size)));
        }
    };
    explicit MaglevHosts(const Config& config)
        : size_{static_cast<std::uint64_t>(config.table_size)} {}

    /// Turns go in the order of names, so that the order of configuration does not matter.
    void build(std::span<const NamedShare> shares) {
        std::vector<NamedShare> sorted{shares.begin(), shares.end()};
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.name < b.name; });
        std::vector<MaglevTable::Entrant> entrants;
        for (const auto& s : sorted)
            entrants.push_back({s.backend, hash_of(s.name) % size_,
                                hash_of(s.name, 1) % (size_ - 1) + 1, s.share});
        table_.build(size_, entrants);
    }
    std::size_t find(std::uint64_t hash, std::size_t attempt) const {
        if (attempt != 0) hash ^= ~std::uint64_t{0} - attempt + 1;
        return hash % size_;
    }
    std::size_t size() const { return size_; }
    BackendId owner(std::size_t place) const { return table_.entries()[place]; }

private:
    std::uint64_t size_;
    MaglevTable table_;
};

/// Envoy's Maglev: a table (see MaglevTable) built anew over the healthy hosts whenever they
/// change, and optionally a bound on the load of each.
///
/// A pick costs O(1), with an overloaded host O(n); a change builds the table.
class Maglev final : public Hashed<MaglevHosts> {
public:
    static constexpr std::string_view kName = "envoy/maglev";
    static constexpr std::string_view kSummary =
        "A table that gives each its share of entries, built over the healthy";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr std::string_view kCost = "O(1); a change of hosts builds the table";
    static constexpr std::string_view kSource = "Envoy, maglev_lb.cc, thread_aware_lb_impl.cc";
    static constexpr std::string_view kDiffers =
        "Its table has only the healthy, so some keys of others move when health changes. A full "
        "backend is passed over where Envoy's circuit breaker would fail the request";
    using Hashed::Hashed;
};

}  // namespace lb::envoy
