#pragma once

#include <optional>
#include <vector>

#include "balancer/orca.hpp"
#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/roster.hpp"
#include "balancer/static_stride.hpp"

namespace lb::grpc {

/// gRPC's weighted round robin: a static stride schedule over the ready backends, whose weights are
/// what they report that they could take (see OrcaWeight), read anew every `weight_update_period`.
///
/// Plain turns while fewer than two have a weight.  The sequence of turns goes on when weights
/// change, and starts at random when a backend comes or goes.  One that comes back from being
/// excluded has no weight until it has reported for a while, so it counts as the mean.
/// A pick costs O(greatest / mean weight), a change O(n).
class WeightedRoundRobin final : public Policy {
public:
    static constexpr std::string_view kName = "grpc/weighted_round_robin";
    static constexpr std::string_view kSummary =
        "In turn by static stride, by what backends report that they could take";
    static constexpr Equalises kEqualises = Equalises::Utilization;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr std::string_view kCost = "O(greatest weight / mean weight)";
    static constexpr std::string_view kSource =
        "gRFC A58; grpc-go, balancer/weightedroundrobin (scheduler.go, balancer.go); grpc C++, "
        "static_stride_scheduler.cc; the schedule alone recorded from grpc-go 4793ad0";
    static constexpr std::string_view kDiffers =
        "orca_weighted takes an unknown weight for the median, this one for the mean. To gRPC, "
        "weights are only what backends report; `weights: configured` is ours, to see the schedule "
        "alone";

    enum class Weights : std::uint8_t { Reported, Configured };
    struct Config : OrcaWeight::Config {
        Weights weights = Weights::Reported;
        StaticStride::Rule rule = StaticStride::Rule::Go;
        Duration update_period = 1s;
        void describe(Fields& f) {
            static constexpr std::string_view kWeightWords[] = {"reported", "configured"};
            static constexpr std::string_view kRules[] = {"go", "cpp"};
            word(f, "weights", weights, kWeightWords,
                 "What weights are: what backends report with responses, or what is configured");
            word(f, "scaling", rule, kRules,
                 "How weights are scaled: as they are (Go), or kept between a hundredth of the "
                 "mean and ten times it (C++)");
            f.field("weight_update_period", update_period, "How often reported weights are read",
                    at_least(0.1));
            OrcaWeight::Config::describe(f);
        }
    };
    explicit WeightedRoundRobin(const Config& config) : config_{config} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        if (changed_) sequence_ = static_cast<std::uint32_t>(c.rng());
        if (changed_ || reweighed_) build(c.view, c.now);
        explain(c);
        const auto hosts = ready_.all();
        for (std::size_t tries = 0; stride_ && tries != hosts.size(); ++tries) {
            const auto id = hosts[stride_->pick(sequence_)];
            if (c.view.is_eligible(id)) return id;
        }
        // Plain turns; also if all whose turn it was are full.
        while (!c.view.is_eligible(hosts[sequence_ % hosts.size()])) ++sequence_;
        return hosts[sequence_++ % hosts.size()];
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        ready_.on_added(id);
        reports_.resize(std::max(reports_.size(), view.slots()));
        reports_[index(id)] = {};
        if (reported() && next_due_ == Instant::max()) next_due_ = now + config_.update_period;
    }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant) override {
        if (!ready_.on_eligible(id, eligible, view)) return;
        changed_ = true;
        if (eligible) reports_[index(id)] = {};  // A new connection.
    }
    void on_removed(BackendId id, const View&, Instant) override {
        changed_ |= ready_.on_removed(id);
    }
    void on_weight(BackendId, const View&, Instant) override { reweighed_ = true; }
    void on_ramp(BackendId, const View&, Instant) override { reweighed_ = true; }

    Reports reports() const override { return reported() ? Reports::Responses : Reports::None; }
    void on_done(BackendId id, const Response& response, Instant now) override {
        if (reported() && response.report != nullptr)
            reports_[index(id)].on_report(*response.report, config_, now);
    }
    Instant next_due() const override { return next_due_; }
    void due(const View& view, Instant now, Rng&, std::vector<Ask>&) override {
        next_due_ = now + config_.update_period;
        if (!changed_) build(view, now);
    }

private:
    bool reported() const { return config_.weights == Weights::Reported; }
    double weight(BackendId id, const View& view, Instant now) const {
        return reported() ? reports_[index(id)].of(config_, now) : view.weight(id, now);
    }
    void build(const View& view, Instant now) {
        weights_.clear();
        for (const auto id : ready_.all()) weights_.push_back(weight(id, view, now));
        stride_ = StaticStride::make(weights_, config_.rule);
        changed_ = reweighed_ = false;
    }
    void explain(const PickContext& c) const {
        c.explain([&](Explanation& why) {
            why.rule = stride_
                           ? "the next in turn, each taking as many of 65535 of its turns as "
                             "its weight says"
                           : "fewer than two weights are known, or all are equal: the next in turn";
            why.score = stride_ ? "turns it takes of 65535" : "turns it takes";
            const auto hosts = ready_.all();
            for (std::size_t i = 0; i != hosts.size(); ++i)
                why.candidates.push_back({hosts[i], stride_ ? stride_->scaled()[i] : 1.0,
                                          weights_[i] == 0 ? "weight not known" : ""});
        });
    }

    Config config_;
    Roster ready_;
    std::vector<OrcaWeight> reports_;  // By BackendId.
    std::vector<double> weights_;      // Of ready_, as of the last build().
    std::optional<StaticStride> stride_;
    std::uint32_t sequence_ = 0;
    bool changed_ = false, reweighed_ = false;
    Instant next_due_ = Instant::max();
};

}  // namespace lb::grpc
