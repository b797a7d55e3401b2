#include "balancer/health/latency_digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace {

using lb::Duration;
using lb::LatencyDigest;
using namespace std::chrono_literals;

double ratio(Duration a, Duration b) { return lb::seconds(a) / lb::seconds(b); }

TEST(LatencyDigest, KeepsEveryLatencyToASixteenth) {
    lb::Rng rng{2};
    for (int i = 0; i != 20'000; ++i) {
        const auto octave = 10 + rng.below(32);
        const Duration latency{
            static_cast<Duration::rep>((1ull << octave) + rng.below(1ull << octave))};
        LatencyDigest digest;
        digest.add(latency);
        ASSERT_NEAR(ratio(digest.quantile(0.5), latency), 1, 1 / 16.0) << latency.count();
    }
}

TEST(LatencyDigest, CountsWhatIsTooShortOrTooLongAsTheNearest) {
    for (const auto& [latency, kept] :
         std::vector<std::pair<Duration, Duration>>{{0ns, 1us}, {-5s, 1us}, {100ns, 1us}}) {
        LatencyDigest digest;
        digest.add(latency);
        EXPECT_NEAR(ratio(digest.quantile(0.5), kept), 1, 0.1);
    }
    LatencyDigest digest;
    digest.add(5h);
    EXPECT_GT(digest.quantile(0.5), 1h);
    digest.add(Duration::max());
    EXPECT_GT(digest.quantile(1), 1h);
}

TEST(LatencyDigest, FindsTheQuantileByRank) {
    LatencyDigest digest;
    EXPECT_EQ(digest.quantile(0.5), 0s);
    for (int i = 0; i != 90; ++i) digest.add(10ms);
    for (int i = 0; i != 10; ++i) digest.add(1s);
    EXPECT_EQ(digest.count(), 100u);
    for (const double q : {0.0, 0.01, 0.5, 0.9}) EXPECT_LT(digest.quantile(q), 11ms) << q;
    for (const double q : {0.91, 0.99, 1.0}) EXPECT_GT(digest.quantile(q), 900ms) << q;
    digest.clear();
    EXPECT_EQ(digest.count(), 0u);
    EXPECT_EQ(digest.quantile(1), 0s);
}

TEST(LatencyDigest, AgreesWithASortedList) {
    lb::Rng rng{3};
    for (int round = 0; round != 50; ++round) {
        std::vector<Duration> all;
        LatencyDigest digest;
        const auto n = 1 + rng.below(300);
        for (std::uint64_t i = 0; i != n; ++i) {
            const auto octave = 12 + rng.below(20);
            all.push_back(
                Duration{static_cast<Duration::rep>(1 + rng.below(1ull << octave)) + 1024});
            digest.add(all.back());
        }
        std::sort(all.begin(), all.end());
        for (const double q : {0.1, 0.5, 0.75, 0.99}) {
            const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(n)));
            EXPECT_NEAR(ratio(digest.quantile(q), all[rank - 1]), 1, 1 / 16.0);
        }
    }
}

}  // namespace
