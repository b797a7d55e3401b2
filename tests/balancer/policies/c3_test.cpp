#include "balancer/policies/c3.hpp"

#include <gtest/gtest.h>

#include <set>
#include <variant>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::C3;
using lb::c3_score;
using lb::Duration;
using lb::Instant;
using lb::Response;
using namespace std::chrono_literals;

struct Pool : lbtest::Pool {
    explicit Pool(std::size_t size, C3::Config config = {})
        : lbtest::Pool{lbtest::make<C3>(config)} {
        for (std::size_t i = 0; i != size; ++i) add();
    }
    /// A request to it took `latency`, of which `service` in service, and left so many waiting.
    void answer(std::size_t from, Duration latency, Duration service, std::uint32_t waiting = 0,
                Response response = {}) {
        lb::LoadReport report;
        report.service = service;
        report.waiting = waiting;
        response.latency = latency;
        response.report = &report;
        balancer.done(balancer.adopt(ids[from], {}, {}), response, {});
    }
};

TEST(C3Score, PutsTheServiceTimeInAgainByTheCubeOfTheQueue) {
    static_assert(c3_score(5, 5, 0, 0, 1) == 5);
    static_assert(c3_score(10, 4, 2, 1, 3) == 10 - 4 + 6 * 6 * 6 * 4);
    static_assert(c3_score(10, 4, 0, 0, 3) == 10);
}

TEST(C3, WantsReportsWithResponses) { EXPECT_EQ(C3{{}}.reports(), lb::Policy::Reports::Responses); }

TEST(C3, TriesEachBackendThatItHasNotHeardFromWithOneRequest) {
    Pool pool{5};
    std::set<BackendId> tried;
    for (int i = 0; i != 5; ++i) tried.insert(pool.send().backend);
    EXPECT_EQ(tried.size(), 5u);
}

TEST(C3, SendsToTheLeastScore) {
    Pool pool{3};
    pool.answer(0, 20ms, 10ms);                   // 20
    pool.answer(1, 30ms, 1ms);                    // 30
    pool.answer(2, 10ms, 9ms, 1);                 // 1 + 8 * 9 = 73
    EXPECT_EQ(pool.send().backend, pool.ids[0]);  // Now 10 + 8 * 10 = 90.
    for (int i = 0; i != 2; ++i)                  // 30, 29 + 8 = 37, then 29 + 27 = 56, then 93.
        EXPECT_EQ(pool.send().backend, pool.ids[1]);
    EXPECT_EQ(pool.send().backend, pool.ids[1]);
    EXPECT_EQ(pool.send().backend, pool.ids[2]);
}

TEST(C3, MultipliesWhatIsOutstandingByTheNumberOfBalancers) {
    C3::Config config;
    config.clients = 9;
    Pool pool{2, config};
    pool.answer(0, 1ms, 1ms);
    pool.answer(1, 900ms, 1ms);
    EXPECT_EQ(pool.send().backend, pool.ids[0]);
    EXPECT_EQ(pool.send().backend, pool.ids[1]);  // 900 is less than 10^3.
}

TEST(C3, CountsTheNewestResponseForNineTenths) {
    Pool pool{2};
    pool.answer(0, 100ms, 0ms);
    pool.answer(0, 10ms, 0ms);  // 9 + 10 = 19
    pool.answer(1, 18ms, 0ms);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    Pool other{2};
    other.answer(0, 100ms, 0ms);
    other.answer(0, 10ms, 0ms);
    other.answer(1, 20ms, 0ms);
    EXPECT_EQ(other.send().backend, other.ids[0]);
}

TEST(C3, TakesTheResponseTimeForTheServiceTimeIfNothingIsReported) {
    Pool pool{2};
    const auto a = pool.send(), b = pool.send();
    pool.balancer.done(a, {.latency = 10ms}, {});
    pool.balancer.done(b, {.latency = 79ms}, {});
    EXPECT_EQ(pool.send().backend, a.backend);
    EXPECT_EQ(pool.send().backend, b.backend);  // 79 is less than 8 * 10.
}

TEST(C3, LearnsNothingFromFailures) {
    for (const auto& failure :
         {Response{.end = Response::End::Reset}, Response{.end = Response::End::Cancelled},
          Response{.status = 503}}) {
        Pool pool{2};
        pool.answer(0, 10ms, 1ms);
        pool.answer(1, 20ms, 1ms);
        pool.answer(1, 1ms, 0ms, 0, failure);
        EXPECT_EQ(pool.send().backend, pool.ids[0]);
    }
}

TEST(C3, DrawsUniformlyAmongEquals) {
    Pool pool{4};
    for (std::size_t i = 0; i != 4; ++i) pool.answer(i, i == 1 ? 11ms : 10ms, 1ms);
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 90'000; ++i) {
        const auto ticket = pool.send();
        ++counts[index(ticket.backend)];
        pool.balancer.done(ticket, {.end = Response::End::Cancelled}, {});
    }
    EXPECT_TRUE(lbtest::fits(counts, {1 / 3.0, 0, 1 / 3.0, 1 / 3.0}));
}

TEST(C3, PassesOverABackendPastItsRateAndDeclinesIfAllAre) {
    C3::Config config;
    config.rate_control = true;
    Pool pool{2, config};
    pool.answer(0, 1ms, 0ms);
    pool.answer(1, 9ms, 0ms);
    for (int i = 0; i != 20; ++i)  // Ten in 20 ms each.
        ASSERT_EQ(pool.send().backend, pool.ids[i < 10 ? 0 : 1]) << i;
    EXPECT_EQ(std::get<lb::Rejection>(pool.balancer.pick({}, {})), lb::Rejection::Declined);
    EXPECT_EQ(std::get<lb::Ticket>(pool.balancer.pick({}, Instant{2ms})).backend, pool.ids[0]);
}

TEST(C3, SaysWhatItCompared) {
    lb::Fleet fleet;
    lb::View view{fleet};
    C3::Config config;
    config.rate_control = true;
    config.initial_rate = 1;
    C3 policy{config};
    for (int i = 0; i != 3; ++i) {
        const auto id = lbtest::join(fleet, "b");
        view.insert(id);
        view.set_eligible(id, true);
        policy.on_added(id, view, {});
    }
    policy.on_done(BackendId{0}, {.latency = 30ms}, {});
    policy.on_done(BackendId{1}, {.latency = 10ms}, {});
    policy.on_sent(BackendId{1}, {});
    lb::ExplainedPick why;
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
    EXPECT_EQ(policy.pick({view, {}, {}, rng, asks, &why}), BackendId{2});
    ASSERT_EQ(why.candidates.size(), 3u);
    EXPECT_NEAR(why.candidates[0].score, 0.03, 1e-15);
    EXPECT_EQ(why.candidates[0].note, "");
    EXPECT_EQ(why.candidates[1].note, "past its rate");
    EXPECT_EQ(why.candidates[2].note, "never heard from");
}

}  // namespace
