#pragma once

#include <algorithm>
#include <numeric>
#include <string>

#include "balancer/policies/ipvs/scheduler.hpp"

namespace lb::ipvs {

/// Weighted round robin by levels: rounds over the list that take only those whose weight has
/// reached a level, which falls from the greatest weight by the common divisor of all, and begins
/// again.  Weights 5, 1, 1 give a a a a a b c: what is heavy comes in a row.
///
/// A change of membership or weight (0 included: see Scheduler) sends the next pick to the head of
/// the list; the level stays unless it is above the new greatest weight.  An overloaded destination
/// changes nothing: it is passed over.
///
/// The scheduler begins with all backends that are there at the first pick, as when `ipvsadm -E`
/// sets it for a service that has its destinations.  (One by one, the first would leave the level
/// at its own lowest.)
///
/// Source: ip_vs_wrr_schedule, ip_vs_wrr_dest_changed in ip_vs_wrr.c.  oxy's roundrobin is the same
/// rule in Go.
class Wrr final : public Scheduler {
public:
    static constexpr std::string_view kName = "ipvs/wrr";
    static constexpr std::string_view kSummary =
        "Linux IPVS: in turn, the heavy ones several times in a row";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Recorded;
    static constexpr std::string_view kCost = "O(n) a pick; a change of weights O(n)";
    static constexpr std::string_view kSource =
        "Linux 6.1.192, net/netfilter/ipvs/ip_vs_wrr.c: ip_vs_wrr_schedule, ip_vs_wrr_dest_changed";
    static constexpr std::string_view kDiffers =
        "5, 1, 1 give a a a a a b c where nginx gives a a b a c a a. The kernel lists the latest "
        "destination first; here they stand in the order in which they joined.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit Wrr(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (!bound_) bind(c.view, c.now);
        const auto list = destinations();
        for (;;) {
            for (; next_ < list.size(); ++next_) {
                const BackendId id = list[next_];
                if (!c.view.is_eligible(id) || weight(id) < level_) continue;
                c.explain([&](Explanation& why) { tell(why, c.view); });
                ++next_;
                return id;
            }
            next_ = 0;
            level_ -= step_;
            if (level_ <= 0) level_ = top_;
        }
    }
    void on_added(BackendId id, const View& view, Instant now) override {
        weights_.resize(std::max(weights_.size(), view.slots()));
        weights_[index(id)] = 0;
        Scheduler::on_added(id, view, now);
    }
    void on_eligible(BackendId id, bool, const View& view, Instant now) override {
        const auto was = weight(id);
        weigh(id, view, now);
        if (weight(id) != was) changed();
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        weigh(id, view, now);
        changed();  // Also if it is what it was: the kernel does not look.
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }
    void on_removed(BackendId id, const View& view, Instant now) override {
        Scheduler::on_removed(id, view, now);
        weights_[index(id)] = 0;
        changed();
    }

private:
    std::int64_t weight(BackendId id) const { return weights_[index(id)]; }

    /// ip_vs_wrr_init_svc.
    void bind(const View& view, Instant now) {
        for (const auto id : destinations()) weigh(id, view, now);
        bound_ = true;
        level_ = 0;
        changed();
    }
    void weigh(BackendId id, const View& view, Instant now) {
        const bool quiesced = !view.is_eligible(id) && !view.is_only_full(id);
        weights_[index(id)] = quiesced ? 0 : weight_of(view.weight(id, now));
    }
    /// ip_vs_wrr_dest_changed.  The greatest level is such that the lowest is 1.
    void changed() {
        if (!bound_) return;
        std::int64_t divisor = 0, greatest = 0;
        for (const auto id : destinations()) {
            divisor = std::gcd(divisor, weight(id));
            greatest = std::max(greatest, weight(id));
        }
        next_ = 0;
        step_ = std::max<std::int64_t>(divisor, 1);
        top_ = greatest - (step_ - 1);
        if (level_ > top_ || level_ == 0)
            level_ = top_;
        else if (step_ > 1)
            level_ = level_ / step_ * step_ + 1;
    }
    void tell(Explanation& why, const View& view) const {
        why.rule = "The next in the list whose weight has reached level " + std::to_string(level_) +
                   ", which falls by " + std::to_string(step_) + " a round.";
        why.score = "weight";
        const auto list = destinations();
        for (std::size_t i = 0; i != list.size(); ++i) {
            const BackendId id = list[(next_ + i) % list.size()];
            if (view.is_eligible(id))
                why.candidates.push_back({id, static_cast<double>(weight(id))});
        }
    }

    std::vector<std::int64_t> weights_;  // By slot; 0: quiesced.
    bool bound_ = false;                 // To a service, with the first pick.
    std::size_t next_ = 0;               // The place where the round goes on.
    std::int64_t level_ = 0, top_ = 0, step_ = 1;
};

}  // namespace lb::ipvs
