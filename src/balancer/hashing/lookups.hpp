#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "balancer/hashing/maglev.hpp"
#include "balancer/hashing/rehash.hpp"
#include "balancer/hashing/ring.hpp"
#include "balancer/view.hpp"
#include "base/fields.hpp"
#include "base/rng.hpp"

namespace lb {

// Tables that lead a hash through the members of a view, in an order of its own.  Each has
//
//     build(view)          over all members, by name and configured weight; empty views too
//     find(hash, accepts)  the first in the order that is accepted; requires that one is
//
// accepts(backend, score) is asked in turn, and more than once of the same: it must not change its
// mind.  kRule says what the order is and kScore what the score.  Since excluded members stay in
// the table, nobody else's keys move when one is excluded, and its own come home with it.

/// Members by name, slot among namesakes: the order that depends on no history.
inline std::vector<BackendId> members_by_name(const View& view) {
    std::vector<BackendId> out(view.members().begin(), view.members().end());
    std::sort(out.begin(), out.end(), [&](BackendId a, BackendId b) {
        return view.name(a) != view.name(b) ? view.name(a) < view.name(b) : a < b;
    });
    return out;
}

/// A ring (see Ring) with a number of points per unit of weight that does not depend on who else
/// is there.  To find costs O(1) on average, and one step for each point passed over.
class RingLookup {
public:
    static constexpr std::string_view kRule = "the first point clockwise that is not passed over";
    static constexpr std::string_view kScore = "way round the ring from the key, of 1";
    struct Config {
        std::int64_t vnodes = 160;
        void describe(Fields& f) {
            f.field("vnodes", vnodes, "Points on the ring per unit of weight",
                    {.low = 1, .high = 1e5});
        }
    };
    explicit RingLookup(const Config& config) : config_{config} {}

    void build(const View& view) {
        ring_.clear();
        for (const auto id : view.members()) {
            const double points = static_cast<double>(config_.vnodes) * view.weight(id);
            ring_.add(view.name(id), id,
                      std::max<std::size_t>(1, static_cast<std::size_t>(points + 0.5)));
        }
        ring_.seal();
    }
    template <class Accepts>
    BackendId find(std::uint64_t hash, Accepts accepts) const {
        auto place = ring_.find(hash);
        while (
            !accepts(ring_.owner(place), static_cast<double>(ring_.hash(place) - hash) * 0x1p-64))
            place = ring_.after(place);
        return ring_.owner(place);
    }
    const Ring& ring() const { return ring_; }

private:
    Config config_;
    Ring ring_;
};

/// A Maglev table (see MaglevTable); whoever is passed over leaves its place to the next entry.
/// To find costs O(1), and one step for each entry passed over.
///
/// Turns go in order of names; offset and skip are the name's hashes under the seeds 0 and 1.  If
/// there are more members than entries, the table is as much larger as it has to be.
class MaglevLookup {
public:
    static constexpr std::string_view kRule =
        "the first entry from the key's that is not passed over";
    static constexpr std::string_view kScore = "entries from the key's";
    struct Config {
        std::int64_t table = 65537;
        void describe(Fields& f) {
            f.field("table", table, "Entries of the table: a prime, a hundred for each backend",
                    {.low = 3, .high = static_cast<double>(kMostMaglevEntries)});
            if (table < 3) return;
            const auto prime = next_prime(static_cast<std::uint64_t>(table));
            if (static_cast<std::int64_t>(prime) != table)
                f.problem("table", "not a prime, so that not every skip leads to every entry",
                          "the next prime is " + std::to_string(prime));
        }
    };
    explicit MaglevLookup(const Config& config) : config_{config} {}

    void build(const View& view) {
        if (view.members().empty()) return;
        const auto size =
            std::max(static_cast<std::uint64_t>(config_.table), next_prime(view.members().size()));
        std::vector<MaglevTable::Entrant> entrants;
        for (const auto id : members_by_name(view)) {
            const auto name = view.name(id);
            entrants.push_back(
                {id, hash_of(name) % size, hash_of(name, 1) % (size - 1) + 1, view.weight(id)});
        }
        table_.build(size, entrants);
    }
    template <class Accepts>
    BackendId find(std::uint64_t hash, Accepts accepts) const {
        const auto entries = table_.entries();
        std::size_t place = hash % entries.size();
        for (double passed = 0; !accepts(entries[place], passed); ++passed)
            place = place + 1 == entries.size() ? 0 : place + 1;
        return entries[place];
    }

private:
    Config config_;
    MaglevTable table_;
};

/// The hash modulo the sum of the weights; each member owns as many remainders as it weighs, in
/// order of names.  To find costs O(1), O(log members) while weights differ, and again for each
/// that is passed over: see rehash().
class ModuloLookup {
public:
    static constexpr std::string_view kRule =
        "hash modulo the sum of weights, hashed again while it hits one that is excluded";
    static constexpr std::string_view kScore = "times hashed before";
    struct Config {
        void describe(Fields&) {}
    };
    explicit ModuloLookup(const Config&) {}

    /// A weight that is not whole counts as the nearest that is, and as one at least.
    void build(const View& view) {
        members_ = members_by_name(view);
        ends_.clear();
        std::uint64_t end = 0;
        for (const auto id : members_) {
            end += std::max<std::uint64_t>(1, static_cast<std::uint64_t>(view.weight(id) + 0.5));
            ends_.push_back(end);
        }
        each_ = view.uniform() && !ends_.empty() ? ends_.front() : 0;
    }
    template <class Accepts>
    BackendId find(std::uint64_t hash, Accepts accepts) const {
        const auto place_of = [&](std::uint64_t h) {
            const auto remainder = h % ends_.back();
            if (each_ != 0) return static_cast<std::size_t>(remainder / each_);
            const auto at = std::upper_bound(ends_.begin(), ends_.end(), remainder);
            return static_cast<std::size_t>(at - ends_.begin());
        };
        return rehash(hash, members_, place_of, accepts);
    }

private:
    std::vector<BackendId> members_;
    std::vector<std::uint64_t> ends_;  // Of each member's remainders, one past the last.
    std::uint64_t each_ = 0;           // How many all have, if all have as many.
};

/// One point per unit of weight on a ring, and several for the key: the owner is whose point comes
/// soonest clockwise after any of them (Appleton & O'Reilly, Multi-Probe Consistent Hashing,
/// arXiv:1505.00062).
///
/// With 21 probes the busiest of many equal backends gets about 1.05 times the mean, for which a
/// ring would need thousands of points of each; the memory is some 20 bytes a backend.  To find
/// costs O(probes) on average.
class ProbeLookup {
public:
    static constexpr std::string_view kRule =
        "the point that comes soonest after any of the probes";
    static constexpr std::string_view kScore = "way round the ring from the probe, of 1";
    struct Config {
        std::int64_t probes = 21;
        void describe(Fields& f) {
            f.field("probes", probes, "Points of the key", {.low = 1, .high = 1000});
        }
    };
    explicit ProbeLookup(const Config& config) : probes_{config.probes} {}

    /// A weight that is not whole counts as the nearest that is, and as one at least.
    void build(const View& view) {
        ring_.clear();
        for (const auto id : view.members())
            ring_.add(view.name(id), id,
                      std::max<std::size_t>(1, static_cast<std::size_t>(view.weight(id) + 0.5)));
        ring_.seal();
    }
    template <class Accepts>
    BackendId find(std::uint64_t hash, Accepts accepts) const {
        BackendId best{};
        std::uint64_t least = 0;
        for (std::int64_t i = 0; i != probes_; ++i) {
            const std::uint64_t probe = splitmix(hash);
            auto place = ring_.find(probe);
            const auto way = [&] { return ring_.hash(place) - probe; };
            while (!accepts(ring_.owner(place), static_cast<double>(way()) * 0x1p-64))
                place = ring_.after(place);
            if (i == 0 || way() < least) best = ring_.owner(place), least = way();
        }
        return best;
    }
    const Ring& ring() const { return ring_; }

private:
    std::int64_t probes_;
    Ring ring_;
};

}  // namespace lb
