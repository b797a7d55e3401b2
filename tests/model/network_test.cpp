#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "support/chance.hpp"
#include "support/scenarios.hpp"

namespace {

using namespace lbsim;
using namespace std::chrono_literals;
using lbtest::CsvTrace;

Scenario remote(const CsvTrace& trace) {
    auto s = lbtest::one_station(trace.arrivals(), {Constant{0.1}});
    s.duration = 10s;
    s.clients[0].network = {Constant{0.01}};
    s.backends[0].network = {Constant{0.003}};
    return s;
}

TEST(World, AddsUpTheLatenciesOfAllFourLegs) {
    const CsvTrace trace{"0,1\n1,1\n"};
    const auto t = lbtest::run(remote(trace));
    EXPECT_EQ(lbtest::total_latency(t.latency), 2 * 126ms);
    EXPECT_EQ(t.backends[0].in_flight_ns, 2 * 106e6);  // As the balancer sees it.
    EXPECT_EQ(t.backends[0].busy_ns, 2 * 100e6);
}

TEST(World, MeasuresAtTheClientWhatWaitsAtTheBackend) {
    const CsvTrace trace{"0,1\n0.05,1\n"};
    EXPECT_EQ(lbtest::total_latency(lbtest::run(remote(trace)).latency), 126ms + 176ms);
}

TEST(World, DrawsTheLatencyOfEachLegAnew) {
    const CsvTrace trace{"0,1\n"};
    auto s = remote(trace);
    s.clients[0].network = s.backends[0].network = {Uniform{0, 1}};
    // Four legs: the mean is 2, the variance 4 / 12; two legs counted double would give 8 / 12.
    std::vector<double> sums, squares;
    for (std::uint64_t r = 0; r != 20'000; ++r) {
        const double legs = static_cast<double>(lbtest::run(s, r).latency.max()) * 1e-9 - 0.1;
        sums.push_back(legs);
        squares.push_back((legs - 2) * (legs - 2));
    }
    EXPECT_TRUE(lbtest::mean_is(sums, 2, 0.03));
    EXPECT_TRUE(lbtest::mean_is(squares, 4.0 / 12, 0.02));
}

TEST(World, FailsARefusedRequestAfterTheWayThereAndBack) {
    const CsvTrace trace{"0,1\n"};
    auto s = remote(trace);
    s.timeline = {lbtest::entry(0s, {"b0"}, Crash{})};
    const auto t = lbtest::run(s);
    EXPECT_EQ(t.outcomes.failed, 1u);
    EXPECT_EQ(t.backends[0].in_flight_ns, 6e6);
}

/// The fewest in flight; among equals the first.
class First final : public lb::Policy {
public:
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        auto best = c.view.members().front();
        for (const auto id : c.view.members())
            if (c.view.in_flight(id) < c.view.in_flight(best)) best = id;
        return best;
    }
};

// Nothing ever ends, so each balancer alternates between the two backends by what it sent itself.
// If both have had an odd number of requests, b0 has two more; if they knew of each other, or each
// request went to the same one, never.
TEST(World, HasBalancersThatKnowOnlyOfTheirOwnRequests) {
    std::set<std::uint64_t> excess;
    for (std::uint64_t r = 0; r != 40; ++r) {
        auto s = lbtest::fleet(2, "random", ConstantRate{1}, {Constant{1e6}});
        s.requests = 10;
        s.drain = 0s;
        s.balancers.count = 2;
        s.balancers.make_policy = [](const lb::Instance&) { return std::make_unique<First>(); };
        const auto t = lbtest::run(s, r);
        excess.insert(t.backends[0].attempts - t.backends[1].attempts);
    }
    EXPECT_EQ(excess, (std::set<std::uint64_t>{0, 2}));
}

}  // namespace
