#include "balancer/policies/ribbon/servers.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "balancer/policies/ribbon/weighted_response_time.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::BackendId;
using lb::Instant;
using lb::Response;
using lb::ribbon::Servers;
using End = lb::Response::End;
using namespace std::chrono_literals;

constexpr BackendId kServer{0};

Instant at(lb::Duration t) { return Instant{t}; }

Servers one() {
    Servers servers{{}};
    servers.add(kServer, {});
    return servers;
}
void fail(Servers& servers, int times, lb::Duration t) {
    for (int i = 0; i != times; ++i) servers.done(kServer, {.end = End::Refused}, at(t));
}

TEST(RibbonServers, AreLeftAloneFromTheThirdConnectionFailureInARow) {
    auto servers = one();
    fail(servers, 2, 0s);
    EXPECT_FALSE(servers.tripped(kServer, at(0s)));
    fail(servers, 1, 1s);
    EXPECT_TRUE(servers.tripped(kServer, at(1s)));
    EXPECT_TRUE(servers.tripped(kServer, at(11s - 1ns)));
    EXPECT_FALSE(servers.tripped(kServer, at(11s)));
}

TEST(RibbonServers, AreLeftAloneTwiceAsLongForEachFurtherFailureAndThirtySecondsAtMost) {
    auto servers = one();
    fail(servers, 4, 0s);
    EXPECT_TRUE(servers.tripped(kServer, at(20s - 1ns)));
    EXPECT_FALSE(servers.tripped(kServer, at(20s)));
    for (const int more : {1, 1, 60, 1000}) {
        fail(servers, more, 0s);
        EXPECT_TRUE(servers.tripped(kServer, at(30s - 1ns)));
        EXPECT_FALSE(servers.tripped(kServer, at(30s)));
    }
}

TEST(RibbonServers, CountConnectionFailuresOnlyAndForgetThemWithAnyAnswer) {
    for (const Response& end :
         {Response{}, Response{.status = 503}, Response{.end = End::Cancelled}}) {
        auto servers = one();
        fail(servers, 2, 0s);
        servers.done(kServer, end, at(0s));
        fail(servers, 2, 0s);
        EXPECT_FALSE(servers.tripped(kServer, at(0s)));
    }
    for (const auto end : {End::Refused, End::Reset, End::Timeout}) {
        auto servers = one();
        fail(servers, 2, 0s);
        servers.done(kServer, {.end = end}, at(0s));
        EXPECT_TRUE(servers.tripped(kServer, at(0s)));
    }
}

TEST(RibbonServers, TakeRequestsForLostWhenNothingChangedForTenMinutes) {
    auto servers = one();
    servers.sent(kServer, at(0s));
    servers.sent(kServer, at(1s));
    EXPECT_EQ(servers.active(kServer, at(601s)), 2u);
    EXPECT_EQ(servers.active(kServer, at(601s + 1ns)), 0u);
    servers.sent(kServer, at(700s));
    servers.done(kServer, {}, at(701s));
    servers.done(kServer, {}, at(702s));  // One of those that were lost.
    EXPECT_EQ(servers.active(kServer, at(702s)), 0u);
}

TEST(RibbonServers, AverageWholeMillisecondsOfAllThatEnded) {
    auto servers = one();
    EXPECT_EQ(servers.average_ms(kServer), 0);
    servers.done(kServer, {.latency = 10ms}, {});
    servers.done(kServer, {.end = End::Timeout, .latency = 21ms + 999us}, {});
    servers.done(kServer, {.latency = 999us}, {});
    EXPECT_DOUBLE_EQ(servers.average_ms(kServer), 31 / 3.0);
}

TEST(RibbonServers, ForgetWhoHadTheSlotBefore) {
    auto servers = one();
    servers.sent(kServer, {});
    fail(servers, 9, 0s);
    servers.remove(kServer);
    servers.add(kServer, {});
    EXPECT_FALSE(servers.tripped(kServer, {}));
    EXPECT_EQ(servers.active(kServer, {}), 0u);
    EXPECT_EQ(servers.all().size(), 1u);
}

// ---- The turn, as a rule without weights takes it

using lbtest::ClockedPool;
ClockedPool in_turn() { return ClockedPool{lbtest::make<lb::ribbon::WeightedResponseTime>()}; }

std::vector<std::size_t> places(ClockedPool& pool, int picks) {
    std::vector<std::size_t> out;
    for (int i = 0; i != picks; ++i) out.push_back(index(pool.pick().value()));
    return out;
}

TEST(RibbonTurn, StartsAtTheSecond) {
    auto pool = in_turn();
    for (int i = 0; i != 3; ++i) pool.add();
    EXPECT_EQ(places(pool, 7), (std::vector<std::size_t>{1, 2, 0, 1, 2, 0, 1}));
}

TEST(RibbonTurn, GivesThePartOfAnExcludedOneToWhoeverComesNext) {
    auto pool = in_turn();
    for (int i = 0; i != 4; ++i) pool.add();
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(places(pool, 8), (std::vector<std::size_t>{2, 3, 0, 2, 3, 0, 2, 3}));
}

TEST(RibbonTurn, GivesUpAfterTen) {
    auto pool = in_turn();
    for (int i = 0; i != 11; ++i) pool.add();
    for (std::size_t i = 1; i != 11; ++i) pool.exclude(pool.ids[i]);
    EXPECT_EQ(pool.pick(), std::nullopt);  // 1 to 10.
    EXPECT_EQ(pool.pick(), pool.ids[0]);
    pool.exclude(pool.ids[0]);
    pool.admit(pool.ids[10]);
    EXPECT_EQ(pool.pick(), pool.ids[10]);  // The tenth.
}

}  // namespace
