#pragma once

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"

namespace lb {

/// A backend that has said it is idle, uniformly among those; when none has, any, uniformly
/// (Lu et al., Join-Idle-Queue, Performance Evaluation 68(11), 2011).
///
/// Backends report to one balancer when they run idle, so that a pick asks nobody anything, however
/// many balancers there are.  We differ: the paper's queue is first in, first out; for like
/// backends that has the same response times.  A pick costs O(1).
class JoinIdleQueue final : public Policy {
public:
    static constexpr std::string_view kName = "join_idle_queue";
    static constexpr std::string_view kSummary = "One that reported itself idle, else any";
    static constexpr Equalises kEqualises = Equalises::Idleness;
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(1)";
    static constexpr std::string_view kSource =
        "Lu et al., Join-Idle-Queue, Performance Evaluation 68(11), 2011";
    static constexpr std::string_view kDiffers =
        "Backends tell one balancer that they are idle, so that it need not ask any, as p2c does "
        "of its own requests. The paper takes the idle first in, first out; here one is drawn.";
    struct Config {
        void describe(Fields&) {}
    };
    explicit JoinIdleQueue(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        c.explain([&](Explanation& why) {
            why.rule = "drawn among those that reported themselves idle, if none among all";
            why.score = "1 if it reported itself idle";
            for (const auto id : c.view.eligible())
                why.candidates.push_back({id, idle_.contains(id) ? 1.0 : 0.0});
        });
        if (idle_.all().empty()) return c.view.eligible()[c.rng.below(c.view.eligible().size())];
        const auto drawn = idle_.all()[c.rng.below(idle_.all().size())];
        idle_.erase(drawn);
        return drawn;
    }
    Reports reports() const override { return Reports::Idle; }
    void on_report(BackendId id, const LoadReport& report, Instant) override {
        if (report.in_flight == 0) (eligible_.contains(id) ? idle_ : idle_excluded_).insert(id);
    }
    /// What an excluded backend said is kept until it is back.
    void on_eligible(BackendId id, bool eligible, const View&, Instant) override {
        auto& from = eligible ? idle_excluded_ : idle_;
        auto& to = eligible ? idle_ : idle_excluded_;
        if (from.contains(id)) to.insert(id);
        from.erase(id);
        if (eligible)
            eligible_.insert(id);
        else
            eligible_.erase(id);
    }
    void on_removed(BackendId id, const View&, Instant) override { idle_excluded_.erase(id); }

private:
    BackendSet idle_, idle_excluded_, eligible_;
};

}  // namespace lb
