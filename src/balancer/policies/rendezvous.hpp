#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balancer/hashing/ring.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "base/math.hpp"

namespace lb {

/// The backend with the highest score for the key, where each pair of key and backend has a random
/// number u and the score is weight / -ln u (highest random weight).
///
/// Parts are exactly proportional to weight in expectation, there is no table to build, and only
/// the keys move that somebody gains or loses, also when a weight changes: in return every pick
/// looks at all that are eligible, O(n).  It is one multiplication and comparison for each, as the
/// eligible of one weight lie side by side and among those the largest u wins: logarithms are taken
/// only once for each distinct weight.
///
/// Source: Thaler & Ravishankar, Using Name-Based Mappings to Increase Hit Rates, IEEE/ACM ToN
/// 6(1), 1998; weights: Schindelhauer & Schomaker, Weighted Distributed Hash Tables, SPAA 2005.
class Rendezvous final : public Policy {
public:
    static constexpr std::string_view kName = "rendezvous";
    static constexpr std::string_view kSummary = "The highest random score of key and backend";
    static constexpr Equalises kEqualises = Equalises::Keys;
    static constexpr bool kIndependent = true;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr std::string_view kCost = "O(n), some two nanoseconds each";
    static constexpr std::string_view kSource =
        "Thaler & Ravishankar, IEEE/ACM ToN 6(1), 1998; Schindelhauer & Schomaker, SPAA 2005";
    static constexpr std::string_view kDiffers =
        "A 64-bit mix of two XXH64 hashes and an exact logarithm. traefik/hrw hashes key and name "
        "together with FNV-1a at each pick.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Rendezvous(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto key = hash_of(c.request.key);
        const Seat* best = nullptr;
        double most = 0;
        for (const auto& k : classes_) {
            if (k.seats.empty()) continue;
            const auto [seat, draw] = highest(k, key);
            const double mine = score(draw, k.weight);
            // Of equal scores, one in 2^52, the greater hash of the name.
            if (best == nullptr || mine > most || (mine == most && seat->name > best->name))
                best = seat, most = mine;
        }
        c.explain([&](Explanation& why) {
            why.rule = "the highest score of key and name wins";
            why.score = "weight / -ln u, where u in (0, 1) is the hash of key and name";
            for (const auto& k : classes_)
                for (const auto& seat : k.seats)
                    why.candidates.push_back({seat.backend, score(mixed(key, seat), k.weight)});
        });
        return best->backend;
    }

    void on_added(BackendId id, const View& view, Instant) override {
        if (index(id) >= places_.size()) places_.resize(index(id) + 1);
        places_[index(id)] = {hash_of(view.name(id)), view.weight(id), 0};
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        if (eligible)
            seat(id);
        else
            unseat(id);
    }
    void on_weight(BackendId id, const View& view, Instant) override {
        const bool seated = view.is_eligible(id);
        if (seated) unseat(id);
        places_[index(id)].weight = view.weight(id);
        if (seated) seat(id);
    }

private:
    struct Seat {
        std::uint64_t name;  // Its hash.
        BackendId backend;
    };
    /// The eligible of one weight.
    struct Class {
        double weight;
        std::vector<Seat> seats{};
    };
    struct Place {
        std::uint64_t name = 0;
        double weight = 0;
        std::size_t place = 0;  // In its class, if eligible.
    };

    /// 64 bits that neither key nor name alone tells anything of: the finaliser of MurmurHash3.
    static std::uint64_t mixed(std::uint64_t key, const Seat& seat) {
        std::uint64_t x = key ^ seat.name;
        x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
        x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
        return x ^ (x >> 33);
    }
    static double score(std::uint64_t draw, double weight) {
        const double unit = (static_cast<double>(draw >> 12) + 0.5) * 0x1p-52;  // In (0, 1).
        return weight / -log(unit);
    }
    struct Draw {
        const Seat* seat;
        std::uint64_t draw;
    };
    /// Scores of one weight are in the order of the draws.
    static Draw highest(const Class& k, std::uint64_t key) {
        Draw best{&k.seats.front(), mixed(key, k.seats.front())};
        for (const auto& seat : k.seats) {
            const auto draw = mixed(key, seat);
            if (draw > best.draw) best = {&seat, draw};
        }
        return best;
    }

    std::vector<Class>::iterator class_of(double weight) {
        return std::find_if(classes_.begin(), classes_.end(),
                            [&](const Class& k) { return k.weight == weight; });
    }
    void seat(BackendId id) {
        auto& place = places_[index(id)];
        auto k = class_of(place.weight);
        if (k == classes_.end()) k = classes_.insert(k, Class{.weight = place.weight});
        place.place = k->seats.size();
        k->seats.push_back({place.name, id});
    }
    void unseat(BackendId id) {
        const auto& place = places_[index(id)];
        const auto k = class_of(place.weight);
        const auto last = k->seats.back();
        places_[index(last.backend)].place = place.place;
        k->seats[place.place] = last;
        k->seats.pop_back();
        if (k->seats.empty()) classes_.erase(k);
    }

    std::vector<Class> classes_;
    std::vector<Place> places_;
};

}  // namespace lb
