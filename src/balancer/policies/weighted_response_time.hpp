#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "balancer/mean_latency.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/weight_tree.hpp"

namespace lb {

/// At random, in proportion to weight and speed, which is one over the mean latency; speeds are
/// looked at once in a while.
///
/// Each counts for its weight times the greater of its speed relative to the mean speed of the
/// eligible, and `floor`; who never answered has the mean speed.  So nobody gets less than
/// floor / (1 + floor) of what its weight alone would give it: enough to hear when it recovers.
/// Between two looks it does not see load: slower than policies that count requests in flight, but
/// with many balancers or rare requests that is what can be known.
///
/// A pick costs O(log n); a look O(n log n), at the first pick after each period.
class WeightedResponseTime final : public Policy {
public:
    static constexpr std::string_view kName = "weighted_response_time";
    static constexpr std::string_view kSummary =
        "At random, in proportion to weight / mean latency";
    static constexpr Equalises kEqualises = Equalises::RequestsTimesLatency;
    static constexpr std::string_view kCost = "O(log n), O(n log n) once in a period";
    static constexpr std::string_view kSource =
        "Netflix Ribbon, WeightedResponseTimeRule: the idea";
    static constexpr std::string_view kDiffers =
        "Inverse to latency, with a floor. ribbon/weighted_response_time weighs by the sum of all "
        "latencies less its own, so that one twice as slow as the others gets hardly less.";
    struct Config : MeanLatency::Config {
        Duration period = 1s;
        double floor = 0.05;
        void describe(Fields& f) {
            MeanLatency::Config::describe(f);
            f.field("period", period, "How often speeds are looked at");
            f.field("floor", floor, "The least speed a backend is given, of the mean",
                    {.low = 0.001, .high = 1}, Unit::Fraction);
        }
    };
    explicit WeightedResponseTime(const Config& config)
        : latency_{config}, period_{config.period}, floor_{config.floor} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (c.now >= next_look_) look(c.view, c.now);
        c.explain([&](Explanation& why) {
            why.rule = "drawn with probability proportional to the score";
            why.score = "weight x speed relative to the mean, at least the floor";
            for (const auto id : c.view.eligible())
                why.candidates.push_back({id, c.view.weight(id, c.now) * speeds_[index(id)]});
        });
        return BackendId{static_cast<std::uint32_t>(scores_.at(c.rng.unit()))};
    }
    void on_added(BackendId id, const View& view, Instant) override {
        if (index(id) >= speeds_.size()) speeds_.resize(index(id) + 1);
        speeds_[index(id)] = 1;
        scores_.resize(view.slots());
        latency_.on_added(id);
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant now) override {
        scores_.set(index(id), eligible ? view.weight(id, now) * speeds_[index(id)] : 0);
    }
    void on_weight(BackendId id, const View& view, Instant now) override {
        if (view.is_eligible(id)) on_eligible(id, true, view, now);
    }
    void on_ramp(BackendId id, const View& view, Instant now) override { on_weight(id, view, now); }
    void on_done(BackendId id, const Response& response, Instant now) override {
        latency_.on_done(id, response, now);
    }

private:
    void look(const View& view, Instant now) {
        double total = 0, weights = 0;
        for (const auto id : view.eligible()) {
            if (!latency_.known(id)) continue;
            total += view.weight(id, now) / latency_.of(id);
            weights += view.weight(id, now);
        }
        for (const auto id : view.eligible()) {
            const double speed = latency_.known(id) ? weights / (total * latency_.of(id)) : 1;
            speeds_[index(id)] = std::max(speed, floor_);
            scores_.set(index(id), view.weight(id, now) * speeds_[index(id)]);
        }
        next_look_ = now + period_;
    }

    MeanLatency latency_;
    Duration period_;
    double floor_;
    std::vector<double> speeds_;  // As last looked at, of the mean.
    WeightTree scores_;           // Of the eligible; 0 of others.
    Instant next_look_ = Instant::min();
};

}  // namespace lb
