#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::entry;

/// Two backends in turn, four requests a second at 0.25 s, 0.5 s, … for ten seconds.
Scenario pair(std::vector<TimelineEntry> timeline, double service_s = 0.01) {
    auto s = lbtest::fleet(2, "round_robin", ConstantRate{4}, {Constant{service_s}});
    s.duration = 10s;
    s.timeline = std::move(timeline);
    return s;
}
/// Attempts on each backend, of requests that arrived in [from, to).
std::vector<std::uint64_t> attempts(const Scenario& s, Duration from, Duration to) {
    std::vector<std::uint64_t> out;
    for (const auto& b : simulate(s, 0).over(from, to).backends) out.push_back(b.attempts);
    return out;
}
using Counts = std::vector<std::uint64_t>;

TEST(World, SendsNothingToABackendThatWasRemovedAndLetsItServeWhatItHas) {
    // b0 has requests of 0.25 s, 0.75 s, … of three seconds each; four are there at 2 s.
    const auto s = pair({entry(2s, {"b0"}, RemoveBackends{})}, 3);
    EXPECT_EQ(attempts(s, 0s, 2s), (Counts{4, 3}));
    EXPECT_EQ(attempts(s, 2s, 10s), (Counts{0, 32}));
    const auto r = simulate(s, 0);
    EXPECT_EQ(r.all().backends[0].latency.count(), 4u);
    EXPECT_EQ(r.all().backends[0].latency.max(), Duration{12s + 250ms - 1750ms}.count());
}

TEST(World, SendsNothingToABackendThatDrains) {
    const auto s = pair({entry(2s, {"b0"}, DrainBackends{})});
    EXPECT_EQ(attempts(s, 2s, 10s), (Counts{0, 32}));
}

TEST(World, SendsToABackendFromTheInstantItWasAdded) {
    AddBackends add;
    add.members = {"b2"};
    const auto s = pair({entry(1s, {}, add)});
    EXPECT_EQ(attempts(s, 0s, 1s), (Counts{2, 1, 0}));
    const auto later = attempts(s, 1s, 10s);
    EXPECT_EQ(later[0] + later[1] + later[2], 36u);
    EXPECT_GE(later[2], 12u);
    EXPECT_EQ(simulate(s, 0).backends.back(), "b2");
}

TEST(World, FollowsTheWeightsFromTheInstantTheyChange) {
    const auto s = pair({entry(2s, {"b0"}, Reweight{3})});
    EXPECT_EQ(attempts(s, 2s, 10s), (Counts{24, 8}));
    EXPECT_EQ(simulate(s, 0).over(2s, 10s).backends[0].expected_by_weight, 24);
}

TEST(World, RejectsWhatNobodyMayServe) {
    auto s =
        pair({entry(2s, {"b0", "b1"}, DrainBackends{}), entry(5s, {"b0", "b1"}, RemoveBackends{})});
    s.clients[0].network = {Constant{0.01}};
    const auto t = simulate(s, 0).over(2s, 10s);
    EXPECT_EQ(t.outcomes.rejected, 32u);
    EXPECT_EQ(t.outcomes.attempts, 0u);
}

TEST(World, CountsWorkersOnlyWhileTheirBackendIsAMember) {
    AddBackends add;
    add.members = {"b2"};
    const auto s = pair({entry(4s, {"b0"}, RemoveBackends{}), entry(7s, {}, add)});
    const auto t = simulate(s, 0).all();
    EXPECT_EQ(t.backends[0].worker_ns, 4e9);
    EXPECT_EQ(t.backends[1].worker_ns, 10e9);
    EXPECT_EQ(t.backends[2].worker_ns, 3e9);
}

}  // namespace
