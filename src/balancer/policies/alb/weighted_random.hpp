#pragma once

#include <algorithm>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/weight_tree.hpp"
#include "base/math.hpp"

namespace lb::alb {

/// Any target, uniformly, but fewer requests to those that fail more than the others do: ALB's
/// weighted_random with its automatic target weights.
///
/// What is documented: with anomaly mitigation on, and at least three healthy targets, one whose
/// share of errors (5xx and failed connections) is anomalous among its peers gets less and less
/// traffic, down to a negligible part, until it recovers; then it gets more, bit by bit, up to its
/// full part.  Latency does not count.  How that is computed is not published.  This is ours:
///
/// - Each `period`, each target that had kEnough answers since it was last judged is judged by
///   them.  Fewer say nothing: so one that hardly gets any traffic is judged less often, and not
///   taken for well because it is not asked.
/// - It is anomalous if its share of errors is at least twice that of all others together, and
///   greater by kErrors standard errors of the difference (two proportions, pooled, with Yates's
///   correction).  Twice, because among many answers the least difference is significant, and is
///   nothing to act on.  Four standard errors, because each target is judged 17,000 times a day: a
///   well one is then suspected about every other day, and gets less traffic for five periods.
/// - Then its weight is multiplied by `lower`, but not below `least`; else `raise` is added, up to
///   1.  From all to 1 % takes seven periods and back ten: quick when users are hurt, slow when the
///   target may be hurt, as congestion control does it.
///
/// Cancelled requests are nobody's errors.  Errors at targets that all fail alike are no anomaly.
/// A pick costs O(1) while weights are equal, else O(log n); each period costs O(n).
class WeightedRandom final : public Policy {
public:
    static constexpr std::string_view kName = "alb/weighted_random";
    static constexpr std::string_view kSummary =
        "As ALB: anywhere, but less to those that fail more than their peers";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(log n), and O(n) a period";
    static constexpr std::string_view kSource =
        "Elastic Load Balancing, Application Load Balancers: weighted_random and automatic target "
        "weights";
    static constexpr std::string_view kDiffers =
        "That weights fall and rise with errors among peers is documented; by what rule is not, so "
        "the test and its constants are ours. Without mitigation it is random without weights.";
    struct Config {
        bool anomaly_mitigation = false;
        Duration period = 5s;
        double lower = 0.5, raise = 0.1, least = 0.01;
        void describe(Fields& f) {
            f.field("anomaly_mitigation", anomaly_mitigation,
                    "Send less to targets that fail more than their peers");
            f.field("period", period, "How often weights are adjusted");
            f.field("lower", lower, "What the weight of an anomalous target is multiplied by",
                    {.low = 0, .high = 1}, Unit::Fraction);
            f.field("raise", raise, "What is added to the weight of any other, up to 1",
                    {.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
            f.field("least", least, "The least that a weight falls to",
                    {.low = 0, .high = 1, .low_included = false}, Unit::Fraction);
        }
    };
    explicit WeightedRandom(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto pool = c.view.eligible();
        c.explain([&](Explanation& why) {
            why.rule = "drawn at random in proportion to automatic weights";
            why.score = "automatic weight";
            for (const auto id : pool) why.candidates.push_back({id, targets_[index(id)].weight});
        });
        if (lowered_ == 0) return pool[c.rng.below(pool.size())];
        return BackendId{static_cast<std::uint32_t>(chances_.at(c.rng.unit()))};
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        if (due_ == Instant::max() && config_.anomaly_mitigation) due_ = now + config_.period;
        targets_.resize(std::max(targets_.size(), view.slots()));
        chances_.resize(targets_.size());
        targets_[index(id)] = {};
    }
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        chances_.set(index(id), eligible ? targets_[index(id)].weight : 0);
    }
    void on_removed(BackendId id, const View& view, Instant) override { set_weight(id, 1, view); }
    void on_done(BackendId id, const Response& response, Instant) override {
        if (response.end == Response::End::Cancelled) return;
        ++targets_[index(id)].answers;
        targets_[index(id)].errors += response.failed();
    }

    Instant next_due() const override { return due_; }
    void due(const View& view, Instant now, Rng&, std::vector<Ask>&) override {
        due_ = now + config_.period;
        std::uint64_t answers = 0, errors = 0;
        for (const auto id : view.eligible()) {
            answers += targets_[index(id)].answers;
            errors += targets_[index(id)].errors;
        }
        for (const auto id : view.eligible()) {
            const auto& t = targets_[index(id)];
            if (t.answers < kEnough) continue;
            const bool anomalous = view.eligible().size() >= kTargets &&
                                   is_anomalous(t, {answers - t.answers, errors - t.errors});
            set_weight(id,
                       anomalous ? std::max(config_.least, t.weight * config_.lower)
                                 : std::min(1.0, t.weight + config_.raise),
                       view);
        }
        for (const auto id : view.eligible())
            if (targets_[index(id)].answers >= kEnough)
                targets_[index(id)].answers = targets_[index(id)].errors = 0;
    }

private:
    static constexpr std::size_t kTargets = 3;    // Healthy ones, as documented.
    static constexpr std::uint64_t kEnough = 20;  // Answers.
    static constexpr double kErrors = 4;          // Standard errors.
    struct Target {
        std::uint64_t answers = 0, errors = 0;  // Since it was last judged.
        double weight = 1;
    };

    static bool is_anomalous(const Target& one, const Target& others) {
        if (others.answers == 0) return false;
        const auto n = static_cast<double>(one.answers), m = static_cast<double>(others.answers);
        const double share = static_cast<double>(one.errors) / n;
        const double usual = static_cast<double>(others.errors) / m;
        const double pooled = static_cast<double>(one.errors + others.errors) / (n + m);
        const double deviation = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
        const double correction = 0.5 * (1 / n + 1 / m);
        return share >= 2 * usual && share - usual - correction > kErrors * deviation;
    }
    void set_weight(BackendId id, double weight, const View& view) {
        auto& t = targets_[index(id)];
        lowered_ += static_cast<std::size_t>(weight < 1) - static_cast<std::size_t>(t.weight < 1);
        t.weight = weight;
        if (view.is_eligible(id)) chances_.set(index(id), weight);
    }

    Config config_;
    std::vector<Target> targets_;
    WeightTree chances_;       // Of the eligible.
    std::size_t lowered_ = 0;  // Targets that weigh less than 1.
    Instant due_ = Instant::max();
};

}  // namespace lb::alb
