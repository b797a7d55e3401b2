#include "balancer/policies/envoy/least_request.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::envoy::LeastRequest;
using lbtest::fits;
using lbtest::make;
using lbtest::Pool;

/// Who gets how many of requests that end at once, whatever else is in flight.
std::vector<std::uint64_t> counts(Pool& pool, int n) {
    std::vector<std::uint64_t> out(pool.ids.size());
    for (int i = 0; i != n; ++i) ++out[index(pool.pick())];
    return out;
}
void fill(Pool& pool, const std::vector<double>& weights, const std::vector<int>& loads) {
    for (std::size_t i = 0; i != weights.size(); ++i) pool.load(pool.add(weights[i]), loads[i]);
}

// Of four with loads 0 < 1 < 2 < 3: the least of two draws with replacement is k with probability
// (2 (4 - k) - 1) / 16.  Two distinct ones would never pick the last.
TEST(EnvoyLeastRequest, DrawsWithReplacementWhileWeightsAreEqual) {
    for (const bool upwards : {true, false}) {
        Pool pool{make<LeastRequest>()};
        fill(pool, {3, 3, 3, 3}, upwards ? std::vector{0, 1, 2, 3} : std::vector{3, 2, 1, 0});
        auto shares = std::vector<double>{7 / 16., 5 / 16., 3 / 16., 1 / 16.};
        if (!upwards) std::reverse(shares.begin(), shares.end());
        EXPECT_TRUE(fits(counts(pool, 200'000), shares));
    }
}

TEST(EnvoyLeastRequest, DrawsAsManyAsItIsTold) {
    LeastRequest::Config config;
    config.choices = 3;
    Pool pool{make<LeastRequest>(config)};
    fill(pool, {1, 1, 1}, {0, 1, 2});
    EXPECT_TRUE(fits(counts(pool, 200'000), {19 / 27., 7 / 27., 1 / 27.}));
}

TEST(EnvoyLeastRequest, KeepsTheFirstDrawnOfEquals) {
    Pool pool{make<LeastRequest>()};
    fill(pool, {1, 1, 1, 1}, {2, 2, 2, 2});
    EXPECT_TRUE(fits(counts(pool, 100'000), {0.25, 0.25, 0.25, 0.25}));
}

TEST(EnvoyLeastRequest, FindsTheLeastOfAllByFullScanAtRandomAmongEquals) {
    LeastRequest::Config config;
    config.method = LeastRequest::Method::FullScan;
    Pool pool{make<LeastRequest>(config)};
    fill(pool, {1, 1, 1, 1, 1}, {1, 0, 2, 0, 0});
    EXPECT_TRUE(fits(counts(pool, 90'000), {0, 1 / 3., 0, 1 / 3., 1 / 3.}));
}

TEST(EnvoyLeastRequest, DrawsNothingIfWeightsDifferButGoesByDeadline) {
    Pool pool{make<LeastRequest>()};
    fill(pool, {5, 1, 1}, {0, 0, 0});
    std::string picked;
    for (int i = 0; i != 14; ++i) picked += static_cast<char>('a' + index(pool.pick()));
    EXPECT_NE(std::string{"aaaaabcaaaaabcaaaaabc"}.find(picked), std::string::npos) << picked;
}

// Nobody ever answers: each of a's picks lowers its weight, so the two share as
// (in flight + 1) / weight would have them.
TEST(EnvoyLeastRequest, LowersTheWeightOfWhoHasRequestsInFlight) {
    const auto held = [](double bias) {
        LeastRequest::Config config;
        config.bias = bias;
        Pool pool{make<LeastRequest>(config)};
        fill(pool, {4, 1}, {0, 0});
        for (int i = 0; i != 1000; ++i) pool.send();
        return pool.fleet.in_flight(pool.ids[0]);
    };
    EXPECT_NEAR(held(0), 800, 1) << "weighted round robin";
    // Deadlines grow as n^(b+1) / ((b+1) w), so n is as w^(1 / (b+1)).
    EXPECT_NEAR(held(1), 1000 * 2 / 3., 2);
    EXPECT_NEAR(held(2), 1000 * 1.5874 / 2.5874, 3);
}

TEST(EnvoyLeastRequest, LooksAtRequestsInFlightWhenItPutsABackendBack) {
    Pool pool{make<LeastRequest>()};
    fill(pool, {2, 1}, {0, 0});
    counts(pool, 30);
    pool.load(pool.ids[0], 19);
    const auto after = counts(pool, 100);  // Weights 2 / 20 and 1, but for one turn of a's.
    EXPECT_NEAR(static_cast<double>(after[0]), 100 * 0.1 / 1.1, 2);
}

}  // namespace
