#pragma once

#include <algorithm>

#include "balancer/policies/ipvs/scheduler.hpp"

namespace lb::ipvs {

/// Each destination in turn, whatever its weight, as long as that is not 0.
///
/// The turn is a place in the list: a destination that cannot be scheduled is passed over and
/// keeps it, one that joins comes last, and when the one that had the last turn leaves, the turn
/// goes on from the one before.
///
/// Source: ip_vs_rr_schedule, ip_vs_rr_del_dest in ip_vs_rr.c.
class Rr final : public Scheduler {
public:
    static constexpr std::string_view kName = "ipvs/rr";
    static constexpr std::string_view kSummary = "Linux IPVS: each in turn, weights ignored";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1) a pick, and one step for each passed over";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_rr.c: ip_vs_rr_schedule";
    static constexpr std::string_view kDiffers =
        "Unlike round_robin it does not look at weights. The kernel lists the latest destination "
        "first; here they stand in the order in which they joined.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Rr(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto list = destinations();
        for (std::size_t step = 0; step != list.size(); ++step) {
            if (next_ >= list.size()) next_ = 0;
            const BackendId id = list[next_++];
            if (!c.view.is_eligible(id)) continue;
            c.explain([&](Explanation& why) { tell(why, c.view); });
            return id;
        }
        return std::nullopt;
    }
    void on_removed(BackendId id, const View& view, Instant now) override {
        const auto list = destinations();
        const auto at =
            static_cast<std::size_t>(std::find(list.begin(), list.end(), id) - list.begin());
        if (at < next_) --next_;
        Scheduler::on_removed(id, view, now);
    }

private:
    /// After the pick: whoever got it is the last in line.
    void tell(Explanation& why, const View& view) const {
        why.rule = "The next in the list that can be scheduled.";
        why.score = "places after the one that had the last turn";
        const auto list = destinations();
        double turn = 1;
        for (std::size_t i = 0; i != list.size(); ++i) {
            const BackendId id = list[(next_ + list.size() - 1 + i) % list.size()];
            if (view.is_eligible(id)) why.candidates.push_back({id, turn++});
        }
    }

    std::size_t next_ = 0;  // The place whose turn is next; past the end: the first.
};

}  // namespace lb::ipvs
