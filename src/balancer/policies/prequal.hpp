#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "balancer/policies.hpp"
#include "balancer/policy.hpp"
#include "balancer/probe_pool.hpp"

namespace lb {

/// The fastest of those that are not busier than most, by what backends answered when they were
/// asked shortly before: Prequal.
///
/// With each request, and not for it, `probes` backends drawn at random are asked how many requests
/// they hold and what latency one more would have.  The answers go to a pool; the request goes by
/// those that are in it (see ProbePool for who is best).  Hot is whoever holds more than the
/// quantile `hot_quantile` of the last 128 answers.  So there is no waiting for answers, what is
/// known is of all balancers' requests, and a backend that others slow down is seen by its latency
/// before its queue grows.
///
/// An answer leaves when it is older than `max_age`, when it was used as often as reuse_budget()
/// says, when the pool overflows, or as one of the `removals` of each request: the oldest and the
/// worst in turn, so that bad news is not all that stays.  If fewer than two are left, a backend is
/// drawn at random.  Numbers with a fraction are rounded up or down at random.
///
/// We differ in small fleets: a pool that knows nearly all backends sends everything to the same
/// one, and so do all other balancers.  No more than a third of them is kept, and 16 from 48 on.
///
/// Source: Wydrowski et al., Load is not what you should balance: Introducing Prequal, NSDI 2024.
/// A pick costs O(pool + probes^2).
class Prequal final : public Policy {
public:
    static constexpr std::string_view kName = "prequal";
    static constexpr std::string_view kSummary =
        "The fastest that is not among the busiest, by probes sent shortly before";
    static constexpr Evidence kEvidence = Evidence::Documented;
    static constexpr WeightRule kWeights{WeightRule::Kind::Ignored};
    static constexpr std::string_view kCost = "O(pool)";
    static constexpr std::string_view kSource =
        "Wydrowski et al., Load is not what you should balance: Introducing Prequal, NSDI 2024";
    static constexpr std::string_view kDiffers =
        "p2c looks only at its own requests, prequal at everybody's and at latency. The paper's "
        "aversion to backends that fail fast is not told there, and not in here; a newer answer "
        "of the same backend replaces the older, and no more than a third of a small fleet is "
        "kept.";
    struct Config {
        std::int64_t pool = 16;
        Duration max_age = 1s;
        double probes = 3;
        double removals = 1;
        double hot_quantile = 0.8408964152537145;  // 2^-0.25
        double delta = 1;
        Duration max_idle{};
        void describe(Fields& f) {
            f.field("pool", pool, "How many answers are kept", {.low = 2, .high = kMostKept});
            f.field("max_age", max_age, "How old an answer may be");
            f.field("probes", probes, "How many backends are asked with each request",
                    {.low = 0, .high = kMostAsked});
            f.field("removals", removals, "How many answers are dropped with each request",
                    {.low = 0, .high = kMostKept});
            f.field("hot_quantile", hot_quantile,
                    "A backend is hot if it holds more requests than this share of answers",
                    kProbability, Unit::Fraction);
            f.field("delta", delta, "More than 0: answers are used more often, the pool is fuller",
                    kNotNegative);
            f.field("max_idle", max_idle,
                    "After so long without a request backends are asked all the same; 0s: never",
                    kNotNegative);
        }
    };
    explicit Prequal(const Config& config)
        : config_{config}, pool_{static_cast<std::size_t>(config.pool)}, loads_{kLoads} {}

    std::optional<BackendId> pick(const PickContext& c) override {
        pool_.retain([&](const Probe& p) {
            return c.now - p.at <= config_.max_age && c.view.is_eligible(p.from);
        });
        while (pool_.all().size() > places(c.view.eligible().size())) pool_.remove(0);
        const auto hot_above = loads_.quantile(config_.hot_quantile);
        c.explain([&](Explanation& why) { explain(hot_above, why); });
        const auto picked = choose(c, hot_above);
        if (pool_.all().size() < kLeast)
            c.explain([&](Explanation& why) {
                why.candidates.push_back({picked, 0, "at random: too few are known"});
            });
        for (auto n = rounded(config_.removals, c.rng); n != 0 && !pool_.all().empty(); --n) {
            pool_.remove(oldest_next_ ? 0 : pool_.worst(hot_above));
            oldest_next_ = !oldest_next_;
        }
        ask(c.view, c.now, c.rng, c.asks);
        return picked;
    }

    void on_added(BackendId, const View&, Instant now) override {
        if (next_due_ == Instant::max()) rest(now);
    }
    void on_removed(BackendId id, const View&, Instant) override { pool_.erase(id); }
    Reports reports() const override { return Reports::Answers; }
    void on_answer(const Ask& ask, const LoadReport& report, Instant now) override {
        loads_.add(report.in_flight);
        pool_.add(
            {ask.to, report.in_flight, report.latency, now, static_cast<std::uint32_t>(ask.token)});
    }
    Instant next_due() const override { return next_due_; }
    void due(const View& view, Instant now, Rng& rng, std::vector<Ask>& asks) override {
        ask(view, now, rng, asks);
    }

private:
    static constexpr std::size_t kLeast = 2;       // Fewer are no choice.
    static constexpr std::size_t kOfBackends = 3;  // One in so many is kept, if they are few.
    static constexpr std::size_t kLoads = 128;     // Answers that tell who is hot.
    static constexpr int kMostKept = 1024, kMostAsked = 16;
    static constexpr double kMostUses = 1e9;  // Who is used more often is used for ever.

    static std::uint32_t rounded(double x, Rng& rng) {
        const auto whole = static_cast<std::uint32_t>(x);
        return whole + (rng.chance(x - whole) ? 1 : 0);
    }
    std::size_t places(std::size_t backends) const {
        return std::min(static_cast<std::size_t>(config_.pool),
                        std::max(kLeast, backends / kOfBackends));
    }
    BackendId choose(const PickContext& c, std::int64_t hot_above) {
        if (pool_.all().size() < kLeast)
            return c.view.eligible()[c.rng.below(c.view.eligible().size())];
        const auto best = pool_.best(hot_above);
        const auto picked = pool_.all()[best].from;
        pool_.use(best);
        return picked;
    }
    /// Asks distinct ones of the eligible (Floyd's sample, CACM 30(9), 1987), all if they are few.
    void ask(const View& view, Instant now, Rng& rng, std::vector<Ask>& asks) {
        rest(now);
        const auto pool = view.eligible();
        const double budget =
            reuse_budget(static_cast<double>(places(pool.size())), static_cast<double>(pool.size()),
                         config_.probes, config_.removals, config_.delta);
        const auto count = std::min<std::size_t>(rounded(config_.probes, rng), pool.size());
        std::array<std::uint64_t, kMostAsked> drawn;
        for (std::size_t i = 0; i != count; ++i) {
            const auto last = pool.size() - count + i;
            const auto begin = drawn.begin(), end = begin + i;
            drawn[i] = rng.below(last + 1);
            if (std::find(begin, end, drawn[i]) != end) drawn[i] = last;
            const auto uses = budget < kMostUses ? rounded(budget, rng) : Probe::kEndless;
            asks.push_back({pool[drawn[i]], uses});
        }
    }
    void rest(Instant now) {
        if (config_.max_idle > Duration::zero()) next_due_ = now + config_.max_idle;
    }
    void explain(std::int64_t hot_above, Explanation& why) const {
        why.rule =
            "The cold one with the least latency, if all are hot the one with the fewest requests; "
            "among equals the other decides, then age; any if fewer than two are known";
        why.score = "latency in seconds";
        for (const auto& p : pool_.all())
            why.candidates.push_back({p.from, seconds(p.latency),
                                      std::to_string(p.in_flight) + " in flight" +
                                          (ProbePool::is_hot(p, hot_above) ? ", hot" : "")});
    }

    Config config_;
    ProbePool pool_;
    RecentLoads loads_;
    bool oldest_next_ = true;  // Of the removals: else the worst.
    Instant next_due_ = Instant::max();
};

}  // namespace lb
