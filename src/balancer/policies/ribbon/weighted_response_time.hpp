#pragma once

#include <algorithm>
#include <span>

#include "balancer/policies/ribbon/servers.hpp"

namespace lb::ribbon {

/// At random, in proportion to how much of all servers' mean response times is not the server's
/// own: Ribbon's WeightedResponseTimeRule.
///
/// Weights are made anew each `interval`, of the means since each server joined, which therefore
/// move less and less.  One whose mean is half of the sum still gets half of what one with a mean
/// of 0 gets: with many servers all are nearly equal, whatever they do.  Until there are weights,
/// and from when the number of servers changes until they are made anew, it is round robin.  A pick
/// costs O(log n) while all are eligible, else O(n).
///
/// Ribbon draws until it meets a server that is alive, for ever if it must.  We differ: one draw
/// among the eligible, which has the same law and ends; if none of them weighs anything, round
/// robin.
///
/// Source: Ribbon, WeightedResponseTimeRule.java (maintainWeights, choose).
class WeightedResponseTime final : public Rule {
public:
    static constexpr std::string_view kName = "ribbon/weighted_response_time";
    static constexpr std::string_view kSummary =
        "As Ribbon: at random, less to those with long mean response times";
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr bool kDeclines = true;
    static constexpr std::string_view kCost = "O(log n), O(n) if some are excluded";
    static constexpr std::string_view kSource = "Ribbon 2a55b5da, WeightedResponseTimeRule.java";
    static constexpr std::string_view kDiffers =
        "Weights are the sum of all means less the own, made every 30 s of means over all time: "
        "it hardly tells servers apart where there are many, and reacts late. Where Ribbon draws "
        "until a server is alive, we draw among the eligible.";
    struct Config {
        Duration interval = 30s;
        void describe(Fields& f) { f.field("interval", interval, "How often weights are made"); }
    };
    explicit WeightedResponseTime(const Config& config)
        : Rule{Breaker{}}, interval_{config.interval} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto& all = servers_.all();
        if (sums_.size() != all.size() || sums_.back() < 0.001) return next(c);
        c.explain([&](Explanation& why) {
            why.rule = "drawn at random in proportion to the weights";
            why.score = "sum of all mean response times less the own, in ms";
            for (std::size_t i = 0; i != all.size(); ++i)
                if (c.view.is_eligible(all[i])) why.candidates.push_back({all[i], weight(i)});
        });
        const auto at = std::lower_bound(sums_.begin(), sums_.end(), c.rng.unit() * sums_.back());
        const auto id = all[static_cast<std::size_t>(at - sums_.begin())];
        return c.view.is_eligible(id) ? id : among_eligible(c);
    }

    void on_added(BackendId id, const View& view, Instant now) override {
        if (due_ == Instant::max()) due_ = now + interval_;
        Rule::on_added(id, view, now);
    }
    Instant next_due() const override { return due_; }
    void due(const View&, Instant now, Rng&, std::vector<Ask>&) override {
        due_ = now + interval_;
        std::vector<double> means;
        for (const auto id : servers_.all()) means.push_back(servers_.average_ms(id));
        sums_ = accumulated(means);
    }

    /// The running sums of the weights that these means give.
    static std::vector<double> accumulated(std::span<const double> means) {
        double total = 0, sum = 0;
        for (const double mean : means) total += mean;
        std::vector<double> sums;
        for (const double mean : means) sums.push_back(sum += total - mean);
        return sums;
    }

private:
    double weight(std::size_t i) const { return i == 0 ? sums_[0] : sums_[i] - sums_[i - 1]; }

    std::optional<BackendId> among_eligible(const PickContext& c) {
        const auto& all = servers_.all();
        double total = 0;
        for (std::size_t i = 0; i != all.size(); ++i)
            if (c.view.is_eligible(all[i])) total += weight(i);
        if (total <= 0) return next(c);
        double left = c.rng.unit() * total;
        std::optional<BackendId> last;  // Rounding may leave something beyond the last.
        for (std::size_t i = 0; i != all.size() && (!last || left >= 0); ++i) {
            if (!c.view.is_eligible(all[i]) || weight(i) <= 0) continue;
            last = all[i];
            left -= weight(i);
        }
        return last;
    }

    Duration interval_;
    Instant due_ = Instant::max();
    std::vector<double> sums_;  // By place among servers_.all(), as that was when they were made.
};

}  // namespace lb::ribbon
