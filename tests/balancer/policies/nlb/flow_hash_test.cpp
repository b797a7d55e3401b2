#include "balancer/policies/nlb/flow_hash.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "support/chance.hpp"
#include "support/clocked_pool.hpp"

namespace {

using lb::Address;
using lb::BackendId;
using lb::nlb::FlowHash;
using lbtest::ClockedPool;
using lbtest::fits;
using lbtest::make;
using namespace std::chrono_literals;

struct Listener : ClockedPool {
    explicit Listener(int targets) : ClockedPool{make<FlowHash>()} {
        for (int i = 0; i != targets; ++i) add();
    }
    BackendId from(const Address& client) { return *pick({}, {.client = client}); }
    /// Where each of so many ports of one address goes.
    std::vector<BackendId> ports(std::uint16_t count) {
        std::vector<BackendId> out;
        for (std::uint16_t port = 0; port != count; ++port)
            out.push_back(from(Address::v4(0x0a000001, port)));
        return out;
    }
};

TEST(NlbFlowHash, SpreadsTheConnectionsOfOneClientEvenly) {
    Listener listener{5};
    std::vector<std::uint64_t> counts(5);
    for (const auto id : listener.ports(50'000)) ++counts[index(id)];
    EXPECT_TRUE(fits(counts, {0.2, 0.2, 0.2, 0.2, 0.2}));
}

TEST(NlbFlowHash, SpreadsClientsOfOnePortEvenly) {
    Listener listener{4};
    std::vector<std::uint64_t> counts(4);
    for (std::uint32_t i = 0; i != 50'000; ++i)
        ++counts[index(listener.from(Address::v4(0x0a000000 + i, 40'000)))];
    EXPECT_TRUE(fits(counts, {0.25, 0.25, 0.25, 0.25}));
}

TEST(NlbFlowHash, SendsAllRequestsOfAConnectionToOneTarget) {
    Listener listener{5};
    const auto before = listener.ports(500);
    for (int again = 0; again != 3; ++again) EXPECT_EQ(listener.ports(500), before);
}

TEST(NlbFlowHash, TellsPortsAndAddressFamiliesApart) {
    Listener listener{64};
    Address v6{.size = 16, .port = 1};
    v6.bytes[0] = 10;
    v6.bytes[3] = 1;
    std::map<BackendId, int> seen;
    for (std::uint16_t port = 1; port != 9; ++port) {
        v6.port = port;
        ++seen[listener.from(v6)];
        ++seen[listener.from(Address::v4(0x0a000001, port))];
    }
    EXPECT_GT(seen.size(), 8u);
}

TEST(NlbFlowHash, KeepsConnectionsWhereTheyAreWhenTargetsJoin) {
    Listener listener{3};
    const auto before = listener.ports(1000);
    const auto fresh = listener.add();
    EXPECT_EQ(listener.ports(1000), before);
    std::uint64_t there = 0;
    for (std::uint32_t i = 0; i != 1000; ++i)
        there += listener.from(Address::v4(0x0b000000 + i, 1)) == fresh;
    EXPECT_GT(there, 150u);  // New ones go there as to any other.
    EXPECT_LT(there, 350u);
}

TEST(NlbFlowHash, MovesOnlyTheConnectionsOfATargetThatGoesAndNotBack) {
    Listener listener{4};
    const auto before = listener.ports(1000);
    listener.exclude(listener.ids[2]);
    const auto after = listener.ports(1000);
    for (std::size_t i = 0; i != 1000; ++i) {
        if (before[i] == listener.ids[2])
            ASSERT_NE(after[i], listener.ids[2]);
        else
            ASSERT_EQ(after[i], before[i]);
    }
    listener.admit(listener.ids[2]);
    EXPECT_EQ(listener.ports(1000), after);
}

TEST(NlbFlowHash, TakesAFlowForNewAfterItWasIdle) {
    Listener listener{4};
    const auto before = listener.ports(1000);
    listener.add();
    for (int i = 0; i != 5; ++i) {
        listener.wait(350s - 1ns);
        ASSERT_EQ(listener.ports(1000), before);  // Each use keeps it.
    }
    listener.wait(350s);
    EXPECT_NE(listener.ports(1000), before);
}

TEST(NlbFlowHash, DoesNotTakeASuccessorInTheSlotForTheTarget) {
    Listener listener{2};
    const auto before = listener.ports(200);
    const auto gone = listener.ids[0];
    listener.fleet.remove(gone, {});
    for (std::uint32_t i = 0; i != 3; ++i) listener.add();
    const auto after = listener.ports(200);
    std::size_t stayed = 0, were = 0;
    for (std::size_t i = 0; i != 200; ++i) {
        were += before[i] == gone;
        stayed += before[i] == gone && after[i] == gone;
    }
    EXPECT_LT(stayed, were);  // Its flows were spread anew.
}

TEST(NlbFlowHash, SendsRequestsOfUnknownClientsAnywhere) {
    Listener listener{3};
    std::vector<std::uint64_t> counts(3);
    for (int i = 0; i != 30'000; ++i) ++counts[index(listener.from({}))];
    EXPECT_TRUE(fits(counts, {1 / 3.0, 1 / 3.0, 1 / 3.0}));
}

TEST(NlbFlowHash, SaysWhetherAConnectionIsPinned) {
    Listener listener{3};
    const lb::Request request{.client = Address::v4(1, 2)};
    const auto [first, target] = listener.explained(request);
    EXPECT_EQ(first.candidates.size(), 3u);
    const auto [second, same] = listener.explained(request);
    ASSERT_EQ(second.candidates.size(), 1u);
    EXPECT_EQ(second.candidates[0].backend, *target);
    EXPECT_EQ(same, target);
}

}  // namespace
