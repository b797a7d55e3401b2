#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/envoy/schedule.hpp"
#include "base/math.hpp"

namespace lb::envoy {

/// Envoy's least request.  While all weights are equal: of a few drawn at random, the one with the
/// fewest requests in flight; the same may be drawn twice, so that the busiest of n still gets 1 in
/// n² of the requests.  Else earliest deadline first, where requests in flight lower a weight.
///
/// A pick costs O(choices), by weight O(log n), with a full scan O(n).
class LeastRequest final : public Policy {
public:
    static constexpr std::string_view kName = "envoy/least_request";
    static constexpr std::string_view kSummary =
        "The fewest in flight of two drawn; by earliest deadline if weights differ";
    static constexpr Equalises kEqualises = Equalises::InFlightOfFew;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr std::string_view kCost = "O(choices), O(log n) if weights differ";
    static constexpr std::string_view kSource =
        "Envoy, least_request_lb.cc (LeastRequestLoadBalancer), edf_scheduler.h";
    static constexpr std::string_view kDiffers =
        "p2c draws distinct backends, this one with replacement. With weights that differ it draws "
        "nothing: deadlines by weight / (in flight + 1)^bias, looked at when a backend is put back";

    enum class Method : std::uint8_t { NChoices, FullScan };
    struct Config {
        Method method = Method::NChoices;
        std::int64_t choices = 2;
        double bias = 1;
        void describe(Fields& f) {
            static constexpr std::string_view kMethods[] = {"n_choices", "full_scan"};
            word(f, "selection_method", method, kMethods,
                 "Who is compared while weights are equal: a few drawn at random, or all");
            f.field("choice_count", choices, "How many are drawn, with replacement",
                    {.low = 2, .high = 1e6});
            f.field("active_request_bias", bias,
                    "How strongly requests in flight lower a weight while weights differ; 0: not",
                    kNotNegative);
        }
    };
    explicit LeastRequest(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto weight = [&](BackendId id) { return biased(id, c.view, c.now); };
        if (schedule_.refresh(c, weight)) {
            schedule_.explain(c, "(in flight + 1)^bias / weight");
            return schedule_.pick(c, weight);
        }
        explain_draws(c);
        return config_.method == Method::FullScan ? least_of_all(c) : least_of_few(c);
    }
    void on_added(BackendId id, const View&, Instant) override { schedule_.on_added(id); }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant) override {
        schedule_.on_eligible(id, eligible, view);
    }
    void on_weight(BackendId, const View&, Instant) override { schedule_.on_weight(); }
    void on_ramp(BackendId, const View&, Instant) override { schedule_.on_ramp(); }
    void on_removed(BackendId id, const View&, Instant) override { schedule_.on_removed(id); }

private:
    double biased(BackendId id, const View& view, Instant now) const {
        const double weight = view.weight(id, now);
        const double load = view.in_flight(id) + 1.0;
        if (config_.bias == 0) return weight;
        return weight / (config_.bias == 1 ? load : pow(load, config_.bias));
    }
    static BackendId drawn(const PickContext& c) {
        const auto pool = c.view.eligible();
        const auto id = pool[c.rng.below(pool.size())];
        c.explain([&](Explanation& why) {
            why.candidates.push_back({id, static_cast<double>(c.view.in_flight(id))});
        });
        return id;
    }
    BackendId least_of_few(const PickContext& c) const {
        BackendId best = drawn(c);
        for (std::int64_t i = 1; i < config_.choices; ++i) {
            const BackendId other = drawn(c);
            if (c.view.in_flight(other) < c.view.in_flight(best)) best = other;
        }
        return best;
    }
    BackendId least_of_all(const PickContext& c) const {
        BackendId best{};
        std::uint64_t ties = 0;
        for (const auto id : c.view.eligible()) {
            const auto load = c.view.in_flight(id);
            c.explain([&](Explanation& why) {
                why.candidates.push_back({id, static_cast<double>(load)});
            });
            if (ties != 0 && load > c.view.in_flight(best)) continue;
            ties = ties != 0 && load == c.view.in_flight(best) ? ties + 1 : 1;
            if (ties == 1 || c.rng.below(ties) == 0) best = id;  // Each of k ties stays with 1/k.
        }
        return best;
    }
    void explain_draws(const PickContext& c) const {
        c.explain([&](Explanation& why) {
            why.rule =
                config_.method == Method::FullScan
                    ? "weights are equal: the fewest in flight, at random among equals"
                    : "weights are equal: the fewest in flight of those drawn, of equal ones "
                      "the first drawn";
            why.score = "requests in flight";
        });
    }

    Config config_;
    Schedule schedule_;
};

}  // namespace lb::envoy
