#pragma once

#include "balancer/policies.hpp"
#include "balancer/policies/envoy/schedule.hpp"

namespace lb::envoy {

/// Envoy's round robin: while all weights are equal, the hosts in turn, from a random start; else
/// earliest deadline first, also from a random start.
///
/// When hosts come and go, the turn of equals is a mere number, so it jumps; the order by weight
/// starts over from the same seed.  A pick costs O(1), by weight O(log n).
class RoundRobin final : public Policy {
public:
    static constexpr std::string_view kName = "envoy/round_robin";
    static constexpr std::string_view kSummary =
        "In turn from a random start; by earliest deadline if weights differ";
    static constexpr Equalises kEqualises = Equalises::Requests;
    static constexpr Evidence kEvidence = Evidence::Source;
    static constexpr WeightRule kWeights{WeightRule::Kind::Whole, 4'294'967'295.0};
    static constexpr std::string_view kCost = "O(1), O(log n) if weights differ";
    static constexpr std::string_view kSource =
        "Envoy, round_robin_lb.h (RoundRobinLoadBalancer), edf_scheduler.h";
    static constexpr std::string_view kDiffers =
        "Deadlines where round_robin is smooth: 5, 1, 1 gives a a a a b c a. It starts at random, "
        "and a change of hosts makes the order by weight start over. A full backend is passed over "
        "where Envoy's circuit breaker would fail the request";
    struct Config {
        void describe(Fields&) {}
    };
    explicit RoundRobin(const Config&) {}

    std::optional<BackendId> pick(const PickContext& c) override {
        const auto weight = [&](BackendId id) { return c.view.weight(id, c.now); };
        if (schedule_.refresh(c, weight)) {
            schedule_.explain(c, "1 / weight");
            return schedule_.pick(c, weight);
        }
        if (!started_) {
            next_ = schedule_.seed();
            started_ = true;
        }
        const auto hosts = schedule_.hosts().all();
        explain_turn(c, hosts);
        while (!c.view.is_eligible(hosts[next_ % hosts.size()])) ++next_;
        return hosts[next_++ % hosts.size()];
    }
    void on_added(BackendId id, const View&, Instant) override { schedule_.on_added(id); }
    void on_eligible(BackendId id, bool eligible, const View& view, Instant) override {
        schedule_.on_eligible(id, eligible, view);
    }
    void on_weight(BackendId, const View&, Instant) override { schedule_.on_weight(); }
    void on_ramp(BackendId, const View&, Instant) override { schedule_.on_ramp(); }
    void on_removed(BackendId id, const View&, Instant) override { schedule_.on_removed(id); }

private:
    void explain_turn(const PickContext& c, std::span<const BackendId> hosts) const {
        c.explain([&](Explanation& why) {
            why.rule = "weights are equal: the next in the order of configuration";
            why.score = "turns to wait";
            const auto n = hosts.size();
            for (std::size_t i = 0; i != n; ++i)
                why.candidates.push_back(
                    {hosts[(next_ + i) % n], static_cast<double>(i),
                     c.view.is_eligible(hosts[(next_ + i) % n]) ? "" : "full"});
        });
    }

    Schedule schedule_;
    std::uint64_t next_ = 0;
    bool started_ = false;
};

}  // namespace lb::envoy
