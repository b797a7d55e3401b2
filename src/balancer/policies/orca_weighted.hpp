#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "balancer/least_tree.hpp"
#include "balancer/orca.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// Each in turn, in proportion to what it could take by its own account: weighted round robin whose
/// weights come from the reports that backends send with their responses.
///
/// A backend that serves r requests a second and is busy u of the time could serve r / u, and that
/// is its weight.  So machines of unequal size become equally busy, and nobody has to know their
/// sizes.  Weights are computed anew every `update_period`.  One that is not known (a backend is
/// new, silent, or idle) is taken for the median of those that are.  The median and not the mean:
/// r / u has a long tail, since a u near 0 may be anything, and one backend that overrates itself
/// should not send a flood to every newcomer.  Configured weights are not looked at: what they
/// would say of sizes is what is measured here.
///
/// Turns: each backend's next comes 1 / weight after its last, and the earliest is served.  The
/// first comes at a random part of that, so that several balancers do not march in step.  When the
/// weight changes or the backend is excluded for a while, the part of the wait that is left stays.
///
/// Source: gRFC A58 (weights, blackout, expiry, update period).  A pick costs O(log n), an update
/// O(n log n).
class OrcaWeighted final : public Policy {
public:
    static constexpr std::string_view kName = "orca_weighted";
    static constexpr std::string_view kSummary =
        "Each in turn, by what backends report that they could take";
    static constexpr Equalises kEqualises = Equalises::Utilization;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(log n)";
    static constexpr std::string_view kSource =
        "gRFC A58, Client-side weighted round robin LB policy; grpc-go, "
        "balancer/weightedroundrobin";
    static constexpr std::string_view kDiffers =
        "gRPC gives a backend that it knows nothing of the mean of the others' weights, Envoy the "
        "median, as we do; both take turns by other schedules, of the same shares.";
    struct Config : OrcaWeight::Config {
        Duration update_period = 1s;
        void describe(Fields& f) {
            OrcaWeight::Config::describe(f);
            f.field("update_period", update_period, "How often weights are computed anew",
                    at_least(0.1));
        }
    };
    explicit OrcaWeighted(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        for (const auto id : unplaced_) place(id, c.rng.unit());
        unplaced_.clear();
        c.explain([&](Explanation& why) { explain(c.view, why); });
        const auto next = turns_.draw(c.rng);
        now_ = turns_.key(next);
        turns_.set(next, now_ + 1 / seats_[next].weight);
        return BackendId{static_cast<std::uint32_t>(next)};
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        seats_.resize(std::max(seats_.size(), view.slots()));
        turns_.resize(seats_.size());
        seats_[index(id)] = {.weight = typical_};
        if (next_due_ == Instant::max()) next_due_ = now + config_.update_period;
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        auto& seat = seats_[index(id)];
        if (eligible && seat.left < 0)
            unplaced_.push_back(id);
        else if (eligible)
            place(id, seat.left);
        else if (std::erase(unplaced_, id) == 0)
            take_out(id);
    }
    Reports reports() const override { return Reports::Responses; }
    void on_done(BackendId id, const Response& response, Instant now) override {
        if (response.report != nullptr)
            seats_[index(id)].reported.on_report(*response.report, config_, now);
    }
    Instant next_due() const override { return next_due_; }
    void due(const View& view, Instant now, Rng&, std::vector<Ask>&) override {
        next_due_ = now + config_.update_period;
        typical_ = median_weight(view, now);
        for (const auto id : view.members()) {
            auto& seat = seats_[index(id)];
            if (turns_.has(index(id))) take_out(id);
            const double known = seat.reported.of(config_, now);
            seat.weight = known > 0 ? known : typical_;
        }
        now_ = 0;  // Nobody waits by the old count: start afresh, and keep it precise.
        for (const auto id : view.eligible())
            if (seats_[index(id)].left >= 0) place(id, seats_[index(id)].left);
    }

private:
    static constexpr double kNotPlaced = -1;
    struct Seat {
        OrcaWeight reported{};
        double weight = 1;         // As of the last update.
        double left = kNotPlaced;  // While it has no turn: the part of the wait for it, [0, 1].
    };

    void place(BackendId id, double left) {
        turns_.set(index(id), now_ + left / seats_[index(id)].weight);
    }
    void take_out(BackendId id) {
        auto& seat = seats_[index(id)];
        const double wait = (turns_.key(index(id)) - now_) * seat.weight;
        seat.left = std::clamp(wait, 0.0, 1.0);  // Rounding may put it a little outside.
        turns_.clear(index(id));
    }
    /// Of those that may be picked and are known; 1 if none is.
    double median_weight(const View& view, Instant now) {
        known_.clear();
        for (const auto id : view.eligible()) {
            const double weight = seats_[index(id)].reported.of(config_, now);
            if (weight > 0) known_.push_back(weight);
        }
        if (known_.empty()) return 1;
        const auto middle = known_.begin() + static_cast<std::ptrdiff_t>(known_.size() / 2);
        std::nth_element(known_.begin(), middle, known_.end());
        if (known_.size() % 2 != 0) return *middle;
        return (*middle + *std::max_element(known_.begin(), middle)) / 2;
    }
    void explain(const View& view, Explanation& why) const {
        why.rule = "The one whose turn comes first; after it, 1 / weight passes till its next";
        why.score = "time till its turn";
        for (const auto id : view.eligible())
            why.candidates.push_back({id, turns_.key(index(id)) - now_,
                                      "weight " + std::to_string(seats_[index(id)].weight)});
    }

    Config config_;
    std::vector<Seat> seats_;
    LeastTree<> turns_;                // When, by BackendId; out: those that may not be picked.
    double now_ = 0;                   // The turn that was served last.
    std::vector<BackendId> unplaced_;  // They may be picked and have no first turn yet.
    double typical_ = 1;               // The weight of those that are not known.
    Instant next_due_ = Instant::max();
    std::vector<double> known_;  // By median_weight().
};

}  // namespace lb
