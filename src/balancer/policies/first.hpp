#pragma once

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// The first that may be picked, in order of the backends' numbers: the next gets something only
/// while those before it hold as much as they may (Backend::max_in_flight), so that the last ones
/// stay idle and can be switched off.
///
/// A number of 0 stands for the place among those that joined, from 1; among equal numbers who
/// joined first comes first.  A pick costs O(1), a change of eligibility O(log n).
class First final : public Policy {
public:
    static constexpr std::string_view kName = "first";
    static constexpr std::string_view kSummary = "The first by number that is not full";
    static constexpr Equalises kEqualises = Equalises::Nothing;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr bool kStarves = true;
    static constexpr std::string_view kCost = "O(1), O(log n) when one runs full";
    static constexpr std::string_view kSource = "HAProxy's balance first: the idea";
    static constexpr std::string_view kDiffers =
        "As haproxy/first, which walks its list at each pick and queues when all are full.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit First(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) {
            why.rule = "the lowest number wins, who joined first among equals";
            why.score = "number";
            for (const auto& seat : eligible_)
                why.candidates.push_back({seat.backend, static_cast<double>(seat.number)});
        });
        return eligible_.begin()->backend;
    }
    void on_added(BackendId id, const View& view, Instant) override {
        if (index(id) >= seats_.size()) seats_.resize(index(id) + 1);
        const auto number = view.backend(id).number;
        ++joined_;
        seats_[index(id)] = {number != 0 ? number : joined_, joined_, id};
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        if (eligible)
            eligible_.insert(seats_[index(id)]);
        else
            eligible_.erase(seats_[index(id)]);
    }

private:
    struct Seat {
        std::uint64_t number, joined;
        BackendId backend;
        bool operator<(const Seat& o) const {
            return std::tie(number, joined) < std::tie(o.number, o.joined);
        }
    };
    std::vector<Seat> seats_;
    std::set<Seat> eligible_;
    std::uint64_t joined_ = 0;  // Ever.
};

}  // namespace lb
