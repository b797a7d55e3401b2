#include "balancer/policies/prequal.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::Ask;
using lb::BackendId;
using lb::Duration;
using lb::Instant;
using lb::Prequal;
using lbtest::fits;
using namespace std::chrono_literals;

struct Pool {
    lb::Fleet fleet;
    Instant now{};
    lb::Balancer balancer;
    std::vector<BackendId> ids;
    std::vector<Ask> asks;  // Of the last pick.

    explicit Pool(std::size_t size, Prequal::Config config = {}, std::uint64_t seed = 1)
        : balancer{fleet, lbtest::make<Prequal>(config), lb::Rng{seed}, now} {
        for (std::size_t i = 0; i != size; ++i)
            ids.push_back(lbtest::join(fleet, lbtest::numbered("b", i)));
    }
    std::size_t pick() {
        const auto ticket = std::get<lb::Ticket>(balancer.pick({}, now));
        balancer.done(ticket, {}, now);
        balancer.take_asks(asks);
        return index(ticket.backend);
    }
    void answer(std::size_t from, std::uint32_t in_flight, Duration latency,
                std::uint32_t uses = lb::Probe::kEndless) {
        lb::LoadReport report;
        report.in_flight = in_flight;
        report.latency = latency;
        balancer.answered({ids[from], uses}, report, now);
    }
    /// Whom it picks if it knows nothing better.
    std::set<std::size_t> anybody() {
        std::set<std::size_t> out;
        for (int i = 0; i != 200; ++i) out.insert(pick());
        return out;
    }
};

/// No answer leaves but for its age or use.
Prequal::Config keeping() {
    Prequal::Config config;
    config.removals = 0;
    return config;
}

TEST(Prequal, AsksThreeDistinctBackendsWithEachRequest) {
    Pool pool{10};
    EXPECT_EQ(pool.balancer.policy().reports(), lb::Policy::Reports::Answers);
    std::vector<std::uint64_t> counts(10);
    for (int i = 0; i != 50'000; ++i) {
        pool.pick();
        ASSERT_EQ(pool.asks.size(), 3u);
        std::set<std::size_t> asked;
        for (const auto& ask : pool.asks) asked.insert(index(ask.to));
        ASSERT_EQ(asked.size(), 3u);
        // One of the three, so that the counts are independent.
        ++counts[index(pool.asks[static_cast<std::size_t>(i % 3)].to)];
    }
    EXPECT_TRUE(fits(counts, std::vector(10, 0.1)));
}

TEST(Prequal, AsksAllOfAFewAndOnlyThoseThatMayBePicked) {
    Pool pool{4};
    pool.fleet.exclude(pool.ids[1], lb::Exclusion::Down, {});
    pool.fleet.exclude(pool.ids[3], lb::Exclusion::Down, {});
    pool.pick();
    std::set<std::size_t> asked;
    for (const auto& ask : pool.asks) asked.insert(index(ask.to));
    EXPECT_EQ(asked, (std::set<std::size_t>{0, 2}));
}

TEST(Prequal, RoundsFractionsOfProbesAtRandom) {
    Prequal::Config config;
    config.probes = 1.3;
    Pool pool{20, config};
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 100'000; ++i) {
        pool.pick();
        ++counts[pool.asks.size()];
    }
    EXPECT_TRUE(fits(counts, {0, 0.7, 0.3, 0}));
}

TEST(Prequal, UsesAnAnswerAsOftenAsThePoolNeeds) {
    Pool pool{100};  // 2 / ((1 - 16 / 100) * 3 - 1) = 1.3158
    std::vector<std::uint64_t> uses(3);
    for (int i = 0; i != 30'000; ++i) {
        pool.pick();
        ++uses[pool.asks[0].token];
    }
    EXPECT_TRUE(fits(uses, {0, 1 - 0.31578947368421, 0.31578947368421}));
    Pool few{10};  // Three are kept: 2 / ((1 - 3 / 10) * 3 - 1) = 1.818
    std::vector<std::uint64_t> more(3);
    for (int i = 0; i != 30'000; ++i) {
        few.pick();
        ++more[few.asks[0].token];
    }
    EXPECT_TRUE(fits(more, {0, 2 / 11.0, 9 / 11.0}));
}

TEST(Prequal, DrawsAtRandomUntilItKnowsTwo) {
    Pool pool{6};
    pool.answer(3, 0, 1ms);
    EXPECT_EQ(pool.anybody().size(), 6u);  // Missing one in 200: 6 * (5/6)^200 < 1e-14.
    std::vector<std::uint64_t> counts(6);
    for (int i = 0; i != 60'000; ++i) ++counts[pool.pick()];
    EXPECT_TRUE(fits(counts, std::vector(6, 1 / 6.0)));
}

TEST(Prequal, SendsToTheFastestThatIsNotAmongTheBusiest) {
    Pool pool{48, keeping()};
    for (int i = 0; i != 120; ++i) pool.answer(40, 5, 90ms);
    pool.answer(1, 5, 20ms);
    pool.answer(2, 9, 1ms);  // Hot: more than 84 % of the answers.
    pool.answer(3, 4, 30ms);
    EXPECT_EQ(pool.pick(), 1u);
}

TEST(Prequal, CountsItsOwnRequestsToABackendSinceItAnswered) {
    Pool pool{48, keeping()};
    for (int i = 0; i != 120; ++i) pool.answer(40, 5, 90ms);
    pool.answer(1, 3, 20ms);
    pool.answer(2, 5, 30ms);
    EXPECT_EQ(pool.pick(), 1u);
    EXPECT_EQ(pool.pick(), 1u);
    EXPECT_EQ(pool.pick(), 1u);
    EXPECT_EQ(pool.pick(), 2u);  // Now the first is hot: 6.
}

TEST(Prequal, ForgetsAnswersThatAreOldOrUsedUp) {
    auto config = keeping();
    config.hot_quantile = 1;  // Nobody is hot.
    Pool pool{48, config};
    pool.answer(1, 0, 20ms);
    pool.answer(2, 0, 10ms, 2);
    pool.answer(3, 0, 30ms);
    EXPECT_EQ(pool.pick(), 2u);
    EXPECT_EQ(pool.pick(), 2u);
    EXPECT_EQ(pool.pick(), 1u);
    pool.now = Instant{1s};
    EXPECT_EQ(pool.pick(), 1u);
    pool.now += 1ns;
    EXPECT_EQ(pool.anybody().size(), 48u);
}

TEST(Prequal, RemovesTheOldestAndTheWorstInTurn) {
    Prequal::Config config;
    config.hot_quantile = 1;
    Pool pool{48, config};
    pool.answer(1, 0, 30ms);
    pool.answer(2, 0, 20ms);
    pool.answer(3, 0, 90ms);
    pool.answer(4, 0, 10ms);
    pool.answer(5, 0, 40ms);
    EXPECT_EQ(pool.pick(), 4u);  // 1 leaves, the oldest.
    EXPECT_EQ(pool.pick(), 4u);  // 3, the worst.
    EXPECT_EQ(pool.pick(), 4u);  // 2, the oldest.
    EXPECT_EQ(pool.pick(), 4u);  // 5, the worst.
    EXPECT_EQ(pool.anybody().size(), 48u);
}

TEST(Prequal, KeepsAnswersOfAThirdOfASmallFleet) {
    Pool pool{9, keeping()};
    for (std::size_t i = 0; i != 9; ++i) pool.answer(i, 0, 10ms * static_cast<int>(i + 1));
    EXPECT_EQ(pool.pick(), 6u);
}

TEST(Prequal, DoesNotGoByAnswersOfThoseThatMayNotBePickedOrLeft) {
    Pool pool{48, keeping()};
    for (const std::size_t i : {1u, 2u, 3u, 4u}) pool.answer(i, 0, 10ms * static_cast<int>(i));
    pool.fleet.exclude(pool.ids[1], lb::Exclusion::Draining, {});
    EXPECT_EQ(pool.pick(), 2u);
    pool.fleet.remove(pool.ids[2], {});
    ASSERT_EQ(lbtest::join(pool.fleet, "new"), pool.ids[2]);
    EXPECT_EQ(pool.pick(), 3u);
}

TEST(Prequal, AsksAlsoWithoutRequestsIfToldTo) {
    EXPECT_EQ(Pool{3}.balancer.next_due(), Instant::max());
    Prequal::Config config;
    config.max_idle = 100ms;
    Pool pool{10, config};
    EXPECT_EQ(pool.balancer.next_due(), Instant{100ms});
    pool.now = Instant{30ms};
    pool.pick();
    EXPECT_EQ(pool.balancer.next_due(), Instant{130ms});
    pool.balancer.due(Instant{130ms});
    pool.balancer.take_asks(pool.asks);
    EXPECT_EQ(pool.asks.size(), 3u);
    EXPECT_EQ(pool.balancer.next_due(), Instant{230ms});
}

TEST(Prequal, SaysWhatItWentBy) {
    lb::Fleet fleet;
    lb::View view{fleet};
    lb::Prequal policy{{}};
    for (std::size_t i = 0; i != 48; ++i) {
        const auto id = lbtest::join(fleet, "b");
        view.insert(id);
        view.set_eligible(id, true);
        policy.on_added(id, view, {});
    }
    lb::LoadReport report;
    for (int i = 0; i != 20; ++i) policy.on_answer({BackendId{5}, 9}, report, {});
    report.in_flight = 7;
    report.latency = 3ms;
    policy.on_answer({BackendId{4}, 9}, report, {});
    lb::ExplainedPick why;
    lb::Rng rng{1};
    std::vector<Ask> asks;
    EXPECT_EQ(policy.pick({view, {}, {}, rng, asks, &why}), BackendId{5});
    ASSERT_EQ(why.candidates.size(), 2u);
    EXPECT_EQ(why.candidates[1].backend, BackendId{4});
    EXPECT_EQ(why.candidates[1].score, 0.003);
    EXPECT_EQ(why.candidates[1].note, "7 in flight, hot");
    EXPECT_EQ(why.candidates[0].note, "0 in flight");
}

}  // namespace
