#include "balancer/policies/ipvs/mh.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::Address;
using lb::ipvs::Mh;
using lbtest::make;
using lbtest::Pool;

Mh::Config config(bool fallback, bool port) {
    Mh::Config c;
    c.fallback = fallback;
    c.port = port;
    return c;
}

/// Where clients 192.0.2.0, 192.0.2.1, … go, from ports 1024, 1025, …; -1: nowhere.
std::vector<int> homes(Pool& pool, std::size_t clients) {
    std::vector<int> out;
    for (std::size_t k = 0; k != clients; ++k) {
        const auto client = Address::v4(0xc0000200 + static_cast<std::uint32_t>(k),
                                        static_cast<std::uint16_t>(1024 + k));
        const auto decision = pool.balancer.pick({.client = client}, {});
        const auto* ticket = std::get_if<lb::Ticket>(&decision);
        out.push_back(ticket == nullptr ? -1 : static_cast<int>(index(ticket->backend)));
        if (ticket != nullptr) pool.done(*ticket);
    }
    return out;
}

Pool& fill(Pool& pool, const std::vector<double>& weights) {
    for (std::size_t i = 0; i != weights.size(); ++i)
        pool.add(lbtest::numbered("10.0.0.", i + 1) + ":80", weights[i]);
    return pool;
}

// ---- Recorded from ip_vs_mh.c's own functions, compiled in user space and run

TEST(IpvsMh, SendsClientsWhereTheKernelDoes) {
    Pool pool{make<Mh>()};
    EXPECT_EQ(homes(fill(pool, {1, 1, 1}), 24), (std::vector{1, 2, 1, 1, 2, 1, 2, 1, 2, 0, 1, 2,
                                                             1, 0, 2, 1, 2, 0, 2, 0, 0, 2, 1, 2}));
}

TEST(IpvsMh, HashesThePortIfAsked) {
    Pool pool{make<Mh>(config(false, true))};
    EXPECT_EQ(homes(fill(pool, {1, 1, 1}), 24), (std::vector{0, 0, 2, 1, 1, 0, 2, 2, 1, 2, 1, 0,
                                                             0, 1, 0, 2, 1, 0, 1, 1, 0, 0, 0, 1}));
}

TEST(IpvsMh, RejectsTheClientsOfAnUnavailableDestination) {
    Pool pool{make<Mh>()};
    fill(pool, {300, 200, 100});
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(homes(pool, 24), (std::vector{-1, 2, -1, 0,  2, -1, -1, -1, 2, 0, -1, 2,
                                            -1, 0, 0,  -1, 2, 0,  0,  0,  0, 0, -1, -1}));
}

TEST(IpvsMh, FallsBackByHashingAgain) {
    Pool pool{make<Mh>(config(true, false))};
    fill(pool, {300, 200, 100});
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(homes(pool, 24), (std::vector{2, 2, 0, 0, 2, 0, 0, 0, 2, 0, 0, 2,
                                            0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(IpvsMh, FallsBackWithThePortToo) {
    Pool pool{make<Mh>(config(true, true))};
    fill(pool, {300, 200, 100});
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(homes(pool, 24), (std::vector{0, 0, 2, 0, 2, 0, 2, 2, 0, 0, 0, 0,
                                            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

// ---- Otherwise

TEST(IpvsMh, BringsClientsHomeWhenTheirDestinationIsBack) {
    Pool pool{make<Mh>(config(true, false))};
    const auto before = homes(fill(pool, {1, 1, 1}), 200);
    pool.exclude(pool.ids[2]);
    const auto meanwhile = homes(pool, 200);
    for (std::size_t k = 0; k != before.size(); ++k) {
        ASSERT_NE(meanwhile[k], 2);
        if (before[k] != 2) { ASSERT_EQ(meanwhile[k], before[k]); }
    }
    pool.admit(pool.ids[2]);
    EXPECT_EQ(homes(pool, 200), before);
}

TEST(IpvsMh, BuildsTheTableAnewForMembersAndWeightsOnly) {
    Pool pool{make<Mh>()};
    const auto before = homes(fill(pool, {1, 1, 1}), 200);
    pool.reweigh(pool.ids[0], 3);
    EXPECT_NE(homes(pool, 200), before);
    pool.reweigh(pool.ids[0], 1);
    EXPECT_EQ(homes(pool, 200), before);
    const auto guest = pool.add("10.0.0.4:80");
    EXPECT_NE(homes(pool, 200), before);
    pool.remove(guest);
    EXPECT_EQ(homes(pool, 200), before);
}

TEST(IpvsMh, PlacesARequestWithoutAddressByItsKey) {
    Pool pool{make<Mh>()};
    fill(pool, {1, 1, 1});
    std::vector<int> counts(3);
    for (std::uint64_t k = 0; k != 300; ++k) {
        const auto key = lbtest::numbered("key-", k);
        const auto home = pool.pick(key);
        EXPECT_EQ(pool.pick(key), home);
        ++counts[index(home)];
    }
    for (const int count : counts) EXPECT_GT(count, 50);
}

}  // namespace
