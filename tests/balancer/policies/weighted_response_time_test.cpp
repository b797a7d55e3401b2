#include "balancer/policies/weighted_response_time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <variant>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::Instant;
using lb::WeightedResponseTime;
using lbtest::fits;
using lbtest::make;
using namespace std::chrono_literals;

/// Backends that answer at once and say that it took a time of their own.
struct Pool : lbtest::Pool {
    explicit Pool(WeightedResponseTime::Config config = {})
        : lbtest::Pool{make<WeightedResponseTime>(config)} {}
    std::vector<lb::Duration> took;
    Instant now{};

    void add(double weight, lb::Duration latency) {
        lbtest::Pool::add(weight);
        took.push_back(latency);
    }
    std::vector<std::uint64_t> counts(int requests) {
        std::vector<std::uint64_t> out(ids.size());
        for (int i = 0; i != requests; ++i) {
            const auto ticket = std::get<lb::Ticket>(balancer.pick({}, now));
            ++out[index(ticket.backend)];
            balancer.done(ticket, {.latency = took[index(ticket.backend)]}, now);
        }
        return out;
    }
};

TEST(WeightedResponseTime, GoesByWeightUntilItKnowsMore) {
    Pool pool;
    pool.add(1, 10ms);
    pool.add(3, 90ms);
    EXPECT_TRUE(fits(pool.counts(40'000), {0.25, 0.75})) << "within the first period";
}

// 200,000 requests see a share off by half a point with probability 0.999.
TEST(WeightedResponseTime, SharesRequestsOutInProportionToWeightOverLatency) {
    Pool pool;
    pool.add(1, 10ms);
    pool.add(1, 20ms);
    pool.add(2, 40ms);
    pool.counts(1000);
    pool.now += 1s;
    EXPECT_TRUE(fits(pool.counts(200'000), {0.5, 0.25, 0.25}));
}

// The mean speed is (99 + 0.02) / 100 of a fast one's: the floor is 5 % of that.
TEST(WeightedResponseTime, LeavesTheSlowestTheFloor) {
    Pool pool;
    for (int i = 0; i != 99; ++i) pool.add(1, 10ms);
    pool.add(1, 500ms);
    pool.counts(10'000);
    pool.now += 1s;
    const double mean = (99 + 0.02) / 100, floor = 0.05 * mean;
    std::vector<double> shares(100, 1 / (99 + floor));
    shares[99] = floor / (99 + floor);
    const auto counts = pool.counts(1'000'000);
    EXPECT_TRUE(fits(counts, shares));
    EXPECT_GT(static_cast<double>(counts[99]), 1e6 / 100 * 0.05 / 1.05 * 0.8);
}

TEST(WeightedResponseTime, LooksAtSpeedsOnceInAPeriod) {
    WeightedResponseTime::Config config;
    config.decay = 1ms;
    Pool pool{config};
    pool.add(1, 10ms);
    pool.add(1, 10ms);
    pool.counts(100);
    pool.now += 1s;
    pool.counts(100);
    pool.took[1] = 90ms;
    pool.now += 999ms;
    EXPECT_TRUE(fits(pool.counts(40'000), {0.5, 0.5}));
    pool.now += 1ms;
    EXPECT_TRUE(fits(pool.counts(40'000), {0.9, 0.1}));
}

TEST(WeightedResponseTime, GivesWhoNeverAnsweredTheMeanSpeed) {
    Pool pool;
    pool.add(1, 10ms);
    pool.add(1, 30ms);
    pool.counts(1000);
    pool.now += 1s;
    pool.counts(1);
    pool.add(1, 10ms);
    // Speeds are 3/2 and 1/2 of the mean.
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i != 60'000; ++i)
        ++counts[index(std::get<lb::Ticket>(pool.balancer.pick({}, pool.now)).backend)];
    EXPECT_TRUE(fits(counts, {1.5 / 3, 0.5 / 3, 1 / 3.0}));
}

}  // namespace
