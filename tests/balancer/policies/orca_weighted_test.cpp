#include "balancer/policies/orca_weighted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Duration;
using lb::Instant;
using lb::LoadReport;
using lb::OrcaWeighted;
using namespace std::chrono_literals;

/// A fleet whose backends report and whose weights are believed at once.
struct Pool {
    lb::Fleet fleet;
    Instant now{};
    lb::Balancer balancer;
    std::vector<BackendId> ids;

    explicit Pool(std::size_t size, Duration blackout = 0s, std::uint64_t seed = 1)
        : balancer{fleet, lbtest::make<OrcaWeighted>(config(blackout)), lb::Rng{seed}, now} {
        for (std::size_t i = 0; i != size; ++i) add();
    }
    static OrcaWeighted::Config config(Duration blackout) {
        OrcaWeighted::Config c;
        c.blackout = blackout;
        return c;
    }
    BackendId add() {
        return ids.emplace_back(lbtest::join(fleet, lbtest::numbered("b", ids.size()), 1, now));
    }
    lb::Ticket send() { return std::get<lb::Ticket>(balancer.pick({}, now)); }
    std::size_t pick() {
        const auto ticket = send();
        balancer.done(ticket, {}, now);
        return index(ticket.backend);
    }
    /// As if a request to it came back with a report.
    void report(std::size_t which, double rate, double utilization) {
        LoadReport r;
        r.rate_per_s = rate;
        r.utilization = utilization;
        lb::Response response;
        response.report = &r;
        balancer.done(balancer.adopt(ids[which], now, now), response, now);
    }
    void update() {
        now = std::max(now, balancer.next_due());
        balancer.due(now);
    }
    std::vector<int> counts(int picks) {
        std::vector<int> out(fleet.slots());
        for (int i = 0; i != picks; ++i) ++out[pick()];
        return out;
    }
};

TEST(OrcaWeighted, WantsReportsWithResponsesAndTimeToUpdate) {
    Pool pool{2};
    EXPECT_EQ(pool.balancer.policy().reports(), lb::Policy::Reports::Responses);
    EXPECT_EQ(pool.balancer.next_due(), Instant{1s});
    pool.balancer.due(Instant{1200ms});
    EXPECT_EQ(pool.balancer.next_due(), Instant{2200ms});
}

TEST(OrcaWeighted, TakesEachInTurnWhileItKnowsNothing) {
    Pool pool{5};
    for (int round = 0; round != 10; ++round)
        EXPECT_EQ(pool.counts(5), (std::vector{1, 1, 1, 1, 1})) << round;
}

TEST(OrcaWeighted, DoesNotMarchInStepWithOtherBalancers) {
    std::vector<int> first(5);
    for (std::uint64_t seed = 0; seed != 200; ++seed) ++first[Pool{5, 0s, seed}.pick()];
    EXPECT_GT(*std::min_element(first.begin(), first.end()), 10);  // (4/5)^200: never by chance.
}

TEST(OrcaWeighted, SharesByWhatTheBackendsReportThatTheyCouldTake) {
    Pool pool{3};
    pool.report(0, 50, 0.5);  // 100
    pool.report(1, 90, 0.3);  // 300
    pool.report(2, 20, 0.2);  // 100
    EXPECT_EQ(pool.counts(30), (std::vector{10, 10, 10})) << "at the next update";
    pool.update();
    for (int round = 0; round != 20; ++round)
        EXPECT_EQ(pool.counts(5), (std::vector{1, 3, 1})) << round;
}

TEST(OrcaWeighted, TakesTheUnknownForTheMedianOfTheKnown) {
    Pool pool{4};
    pool.report(0, 10, 1);
    pool.report(1, 20, 1);
    pool.report(2, 1000, 1);  // The mean would be 343.
    pool.report(3, 10, 0);    // Does not say how busy it is.
    pool.update();
    EXPECT_EQ(pool.counts(1050), (std::vector{10, 20, 1000, 20}));
    pool.add();
    pool.report(3, 40, 1);
    pool.update();
    EXPECT_EQ(pool.counts(1100), (std::vector{10, 20, 1000, 40, 30})) << "of 20 and 40";
}

TEST(OrcaWeighted, DoesNotBelieveTheFirstReportsNorOldOnes) {
    Pool pool{2, 10s};
    for (int second = 1; second != 13; ++second) {
        pool.report(0, 300, 1);
        pool.report(1, 100, 1);
        pool.update();
        const auto counts = pool.counts(40);
        EXPECT_NEAR(counts[0], second < 10 ? 20 : 30, 1) << second;
    }
    while (pool.now != Instant{190s}) pool.update();  // The last report was at 11 s.
    EXPECT_NEAR(pool.counts(400)[0], 300, 1);
    pool.update();
    EXPECT_NEAR(pool.counts(400)[0], 200, 1);
}

TEST(OrcaWeighted, DoesNotSendABackendThatComesBackWhatItMissed) {
    Pool pool{4};
    pool.counts(6);
    pool.fleet.exclude(pool.ids[2], lb::Exclusion::Down, pool.now);
    EXPECT_EQ(pool.counts(300), (std::vector{100, 100, 0, 100}));
    pool.update();
    pool.fleet.admit(pool.ids[2], lb::Exclusion::Down, pool.now);
    for (int round = 0; round != 10; ++round) {
        const auto counts = pool.counts(4);
        EXPECT_LE(*std::max_element(counts.begin(), counts.end()), 2) << round;
    }
    EXPECT_EQ(pool.counts(400), (std::vector{100, 100, 100, 100}));
}

TEST(OrcaWeighted, KeepsItsTurnsThroughUpdatesOfTheSameWeights) {
    Pool pool{3}, updated{3};
    for (int i = 0; i != 100; ++i) {
        ASSERT_EQ(pool.pick(), updated.pick()) << i;
        updated.update();
    }
}

TEST(OrcaWeighted, ForgetsABackendThatLeft) {
    Pool pool{2};
    pool.report(0, 100, 1);
    pool.report(1, 300, 1);
    pool.update();
    pool.fleet.remove(pool.ids[1], pool.now);
    const auto tenant = pool.add();
    ASSERT_EQ(tenant, pool.ids[1]);
    pool.update();
    EXPECT_NEAR(pool.counts(40)[0], 20, 1);
}

TEST(OrcaWeighted, SaysWhoseTurnItIs) {
    Pool pool{2};
    lb::OrcaWeighted policy{{}};
    lb::ExplainedPick why;
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
    lb::View view{pool.fleet};
    for (const auto id : pool.ids) {
        view.insert(id);
        policy.on_added(id, view, {});
        view.set_eligible(id, true);
        policy.on_eligible(id, true, view, {});
    }
    const auto picked = policy.pick({view, {}, {}, rng, asks, &why});
    ASSERT_EQ(why.candidates.size(), 2u);
    const auto& a = why.candidates[0];
    const auto& b = why.candidates[1];
    EXPECT_EQ(a.score < b.score ? a.backend : b.backend, *picked);
    EXPECT_FALSE(why.rule.empty());
}

}  // namespace
