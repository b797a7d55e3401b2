#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balancer/limits/adaptive_limits.hpp"
#include "balancer/limits/admission_control.hpp"
#include "balancer/limits/client_throttle.hpp"
#include "balancer/limits/resource_limits.hpp"
#include "balancer/limits/retry_budget.hpp"

// What the recorded vectors do not say: laws over every adaptive limit, and what limits count.

namespace {

using namespace std::chrono_literals;
using lb::AdaptiveLimit;
using lb::Instant;

// ---- Adaptive limits, each with its defaults

class EveryAdaptiveLimit : public testing::TestWithParam<std::string> {
protected:
    std::unique_ptr<AdaptiveLimit> make(std::uint64_t seed = 1) const {
        lb::Defaults defaults;
        return lb::find_adaptive_limit(GetParam())->configure(defaults)(lb::Rng{seed}, Instant{});
    }
};

/// A backend of so many workers that takes `service`, from which as much is asked as the limit
/// allows.  Returns the mean number in flight over the last half.
double driven(AdaptiveLimit& limit, std::int64_t workers, lb::Duration service, Instant from,
              int steps) {
    struct Request {
        Instant sent, ends;
        std::int64_t in_flight;
    };
    std::vector<Request> out;  // In order of their ends.
    std::vector<Instant> free(static_cast<std::size_t>(workers), from);
    Instant now = from;
    double sum = 0;
    for (int i = 0; i != steps; ++i) {
        now += 1ms;
        while (limit.next_due() && *limit.next_due() <= now) limit.due(now);
        while (!out.empty() && out.front().ends <= now) {
            const auto r = out.front();
            out.erase(out.begin());
            limit.on_sample({r.sent, r.ends - r.sent, r.in_flight, false}, now);
        }
        while (static_cast<std::int64_t>(out.size()) < limit.limit()) {
            auto& worker = *std::min_element(free.begin(), free.end());
            worker = std::max(worker, now) + service;
            out.push_back({now, worker, static_cast<std::int64_t>(out.size()) + 1});
            std::sort(out.begin(), out.end(),
                      [](const auto& a, const auto& b) { return a.ends < b.ends; });
        }
        if (2 * i >= steps) sum += static_cast<double>(out.size());
    }
    return 2 * sum / steps;
}

TEST_P(EveryAdaptiveLimit, StaysPositiveAndFiniteWhateverHappens) {
    for (std::uint64_t seed = 1; seed != 30; ++seed) {
        const auto limit = make(seed);
        lb::Rng rng{seed};
        Instant now{};
        for (int i = 0; i != 3000; ++i) {
            now += lb::Duration{static_cast<lb::Duration::rep>(rng.below(20'000'000))};
            while (limit->next_due() && *limit->next_due() <= now) limit->due(now);
            const auto latency = lb::Duration{static_cast<lb::Duration::rep>(
                rng.below(2) == 0 ? rng.below(10) : rng.below(10'000'000'000))};
            const auto most = static_cast<std::uint64_t>(limit->limit());
            limit->on_sample({now - latency, latency,
                              static_cast<std::int64_t>(1 + rng.below(most)), rng.chance(0.1)},
                             now);
            ASSERT_GE(limit->limit(), 1);
            ASSERT_LE(limit->limit(), 1000);
        }
    }
}

TEST_P(EveryAdaptiveLimit, DoesTheSameWithTheSameSeed) {
    const auto a = make(7), b = make(7);
    EXPECT_EQ(driven(*a, 10, 20ms, Instant{}, 5000), driven(*b, 10, 20ms, Instant{}, 5000));
}

// Thirty workers are kept busy: whatever the limit is about, it does not starve a backend that is
// well.
TEST_P(EveryAdaptiveLimit, LetsAHealthyBackendWork) {
    const auto limit = make();
    EXPECT_GE(driven(*limit, 30, 20ms, Instant{}, 60'000), 0.9 * 30) << limit->limit();
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryAdaptiveLimit, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const auto& kind : lb::adaptive_limits())
                                 names.emplace_back(kind.name);
                             return names;
                         }()),
                         [](const auto& test) { return test.param; });

// ---- Of resources

TEST(ResourceLimits, CountWhatIsTakenAndWhatIsRefused) {
    using R = lb::ResourceLimits::Resource;
    lb::ResourceLimits limits{{.max_connections = {2}, .max_requests = {}, .retry_budget = {}}};
    EXPECT_TRUE(limits.take(R::Connections));
    EXPECT_TRUE(limits.take(R::Connections));
    EXPECT_FALSE(limits.take(R::Connections));
    EXPECT_EQ(limits.used(R::Connections), 2);
    EXPECT_EQ(limits.overflows(R::Connections), 1u);
    limits.give_back(R::Connections);
    EXPECT_TRUE(limits.admits(R::Connections));
    for (int i = 0; i != 100'000; ++i) ASSERT_TRUE(limits.take(R::Requests));
}

TEST(ResourceLimits, LetRetriesGrowWithTheRequestsUnderABudget) {
    using R = lb::ResourceLimits::Resource;
    lb::ResourceLimits limits{
        {.max_requests = {}, .retry_budget = lb::RetryBudget::Config{.percent = 0.1, .min = 1}}};
    EXPECT_EQ(limits.limit(R::Retries), 1);
    for (int i = 0; i != 49; ++i) limits.take(R::Requests);
    EXPECT_EQ(limits.limit(R::Retries), 4);
    limits.take(R::Pending);
    EXPECT_EQ(limits.limit(R::Retries), 5);
}

// ---- Of admission

// The share that is turned away is what the formula says of the last 30 s, and is forgotten.
TEST(AdmissionControl, TurnsAwayMoreTheFewerSucceedAndForgets) {
    lb::AdmissionControl control{{}};
    lb::Rng rng{1};
    Instant now{};
    EXPECT_EQ(control.reject_probability(now), 0);
    for (int i = 0; i != 1000; ++i) {
        now += 10ms;
        control.on_done(i % 2 == 0, now);
    }
    const double p = (1000 - 500 / 0.95) / 1001;
    EXPECT_NEAR(control.reject_probability(now), p, 1e-12);
    int turned_away = 0;
    for (int i = 0; i != 100'000; ++i) turned_away += !control.admits(now, rng);
    // Five standard deviations: a false alarm in 2 million.
    EXPECT_NEAR(turned_away * 1e-5, p, 5 * 0.0016);
    EXPECT_EQ(control.reject_probability(now + 31s), 0);
}

TEST(AdmissionControl, TurnsAwayNoMoreThanItsMost) {
    lb::AdmissionControl control{{}};
    Instant now{};
    for (int i = 0; i != 1000; ++i) control.on_done(false, now += 10ms);
    EXPECT_EQ(control.reject_probability(now), 0.8);
}

TEST(ClientThrottle, ForgetsWhatIsOlderThanItsWindow) {
    lb::ClientThrottle throttle{{}, Instant{}};
    lb::Rng rng{1};
    Instant now{};
    for (int i = 0; i != 100; ++i) throttle.on_request(now += 10ms, rng);
    EXPECT_NEAR(throttle.reject_probability(now), 100 / 101.0, 1e-12);
    for (int i = 0; i != 49; ++i) throttle.on_accepted(now);
    EXPECT_NEAR(throttle.reject_probability(now), 2 / 101.0, 1e-12);
    throttle.on_accepted(now);
    EXPECT_EQ(throttle.reject_probability(now), 0);
    for (int i = 0; i != 100; ++i) throttle.on_request(now += 10ms, rng);
    EXPECT_GT(throttle.reject_probability(now), 0.4);
    EXPECT_EQ(throttle.reject_probability(now + 2min + 5s), 0);
}

}  // namespace
