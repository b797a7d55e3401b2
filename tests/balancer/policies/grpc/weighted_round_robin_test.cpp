#include "balancer/policies/grpc/weighted_round_robin.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::Duration;
using lb::Instant;
using lb::grpc::WeightedRoundRobin;
using namespace std::chrono_literals;

constexpr Instant at(Duration since_start) { return Instant{since_start}; }

/// The policy alone, with a fleet that it looks at, driven by hand.
struct Driven {
    lb::Fleet fleet;
    lb::View view{fleet};
    WeightedRoundRobin policy;
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
    std::vector<lb::BackendId> ids;

    explicit Driven(int n, WeightedRoundRobin::Config config = {}) : policy{config} {
        for (int i = 0; i != n; ++i) add(1);
    }
    void add(double weight) {
        const auto id = ids.emplace_back(lbtest::join(fleet, "b", weight));
        view.insert(id);
        policy.on_added(id, view, {});
        eligible(id, true);
    }
    void eligible(lb::BackendId id, bool now) {
        view.set_eligible(id, now);
        policy.on_eligible(id, now, view, {});
    }
    void report(int which, double utilization, double rate, Instant now) {
        lb::LoadReport said;
        said.utilization = utilization;
        said.rate_per_s = rate;
        policy.on_done(ids[static_cast<std::size_t>(which)], {.report = &said}, now);
    }
    void due(Instant now) { policy.due(view, now, rng, asks); }
    std::string picks(int n, Instant now) {
        std::string out;
        for (int i = 0; i != n; ++i)
            out += static_cast<char>('a' + index(*policy.pick({view, {}, now, rng, asks})));
        return out;
    }
    std::vector<int> counts(int n, Instant now) {
        std::vector<int> out(ids.size());
        for (const char c : picks(n, now)) ++out[static_cast<std::size_t>(c - 'a')];
        return out;
    }
};
using Counts = std::vector<int>;

WeightedRoundRobin::Config configured() {
    WeightedRoundRobin::Config config;
    config.weights = WeightedRoundRobin::Weights::Configured;
    return config;
}

TEST(GrpcWeightedRoundRobin, TakesPlainTurnsUntilTwoHaveAWeight) {
    Driven d{3};
    d.report(0, 0.5, 300, at(0s));
    d.due(at(11s));
    const auto turns = d.picks(9, at(11s));
    EXPECT_NE(std::string{"abcabcabcabc"}.find(turns), std::string::npos) << turns;
}

TEST(GrpcWeightedRoundRobin, SharesByReportsAndTakesUnknownWeightsForTheMean) {
    Driven d{3};
    d.report(0, 0.5, 50, at(0s));   // 100
    d.report(1, 0.5, 150, at(0s));  // 300; so the third counts as 200.
    d.due(at(10s));
    const auto counts = d.counts(60'000, at(10s));
    EXPECT_NEAR(counts[0], 10'000, 5);
    EXPECT_NEAR(counts[1], 30'000, 5);
    EXPECT_NEAR(counts[2], 20'000, 5);
}

TEST(GrpcWeightedRoundRobin, ReadsReportsOnlyEveryUpdatePeriod) {
    Driven d{2};
    EXPECT_EQ(d.policy.next_due(), at(1s));
    d.picks(1, at(0s));
    d.report(0, 0.5, 50, at(0s));
    d.report(1, 0.5, 150, at(0s));
    EXPECT_EQ(d.counts(40, at(20s)), (Counts{20, 20}));
    d.due(at(20s));
    EXPECT_EQ(d.policy.next_due(), at(21s));
    EXPECT_EQ(d.counts(40, at(20s)), (Counts{10, 30}));
    d.report(0, 0.5, 150, at(20s));
    EXPECT_EQ(d.counts(40, at(20s)), (Counts{10, 30}));
    d.due(at(21s));
    EXPECT_EQ(d.counts(40, at(21s)), (Counts{20, 20}));
}

TEST(GrpcWeightedRoundRobin, ForgetsWhatABackendReportedBeforeItWasExcluded) {
    Driven d{2};
    d.report(0, 0.5, 50, at(0s));
    d.report(1, 0.5, 150, at(0s));
    d.eligible(d.ids[1], false);
    EXPECT_EQ(d.picks(3, at(20s)), "aaa");
    d.eligible(d.ids[1], true);
    EXPECT_EQ(d.counts(40, at(20s)), (Counts{20, 20})) << "one weight is known, which is too few";
}

TEST(GrpcWeightedRoundRobin, DoesNotLookAtConfiguredWeightsUnlessTold) {
    Driven reported{0}, told{0, configured()};
    for (const double weight : {5, 1, 1}) reported.add(weight), told.add(weight);
    EXPECT_EQ(reported.counts(21, {}), (Counts{7, 7, 7}));
    EXPECT_EQ(told.counts(70'000, {}), (Counts{50'000, 10'000, 10'000}));
    EXPECT_EQ(told.policy.reports(), lb::Policy::Reports::None);
    EXPECT_EQ(told.policy.next_due(), Instant::max());
    EXPECT_EQ(reported.policy.reports(), lb::Policy::Reports::Responses);
}

TEST(GrpcWeightedRoundRobin, GoesOnInItsSequenceWhenWeightsChange) {
    Driven d{4, configured()};
    const auto before = d.picks(1, {});
    d.policy.on_weight(d.ids[0], d.view, {});
    const auto after = d.picks(3, {});
    EXPECT_NE(std::string{"abcdabcd"}.find(before + after), std::string::npos);
}

TEST(GrpcWeightedRoundRobin, StartsAtRandomWhenABackendComesOrGoes) {
    Driven d{7, configured()};
    int in_sequence = 0;
    for (int round = 0; round != 200; ++round) {
        const auto before = d.picks(1, {}).front() - 'a';
        d.eligible(d.ids[0], false);
        d.eligible(d.ids[0], true);
        in_sequence += d.picks(1, {}).front() - 'a' == (before + 1) % 7;
    }
    EXPECT_LT(in_sequence, 70);  // A seventh is 29, with a standard deviation of 5.
}

// Go gives the least a scaled weight of 0, so that it is never picked; C++ a hundredth of the mean.
TEST(GrpcWeightedRoundRobin, StarvesATinyWeightInGoButNotInCpp) {
    auto config = configured();
    for (const auto rule : {lb::StaticStride::Rule::Go, lb::StaticStride::Rule::Cpp}) {
        config.rule = rule;
        Driven d{0, config};
        for (const double weight : {1.0, 1.0, 1e-6}) d.add(weight);
        EXPECT_EQ(d.counts(20'000, {})[2] > 0, rule == lb::StaticStride::Rule::Cpp);
    }
}

TEST(GrpcWeightedRoundRobin, PassesOverFullBackendsWhateverTheirWeights) {
    lbtest::Pool pool{lbtest::make<WeightedRoundRobin>(configured())};
    for (int i = 0; i != 3; ++i)
        pool.ids.push_back(pool.fleet.add(
            std::make_shared<const lb::Backend>(lb::Backend{.name = "b", .max_in_flight = 1}),
            i == 2 ? 1e-6 : 1, {}));
    pool.load(pool.ids[0], 1);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    pool.load(pool.ids[1], 1);
    EXPECT_EQ(pool.pick(), pool.ids[2]) << "whose turn never comes by weight";
}

}  // namespace
