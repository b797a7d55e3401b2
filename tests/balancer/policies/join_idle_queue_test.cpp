#include "balancer/policies/join_idle_queue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "support/chance.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::JoinIdleQueue;
using lbtest::fits;
using lbtest::make;

struct Pool : lbtest::Pool {
    explicit Pool(std::uint64_t seed = 1) : lbtest::Pool{make<JoinIdleQueue>(), seed} {
        for (int i = 0; i != 4; ++i) add();
    }
    void report(std::size_t which, std::uint32_t in_flight = 0) {
        balancer.report(ids[which], {in_flight}, {});
    }
    /// Whom it picks in a hundred requests of which it knows nothing better.
    std::set<BackendId> anybody() {
        std::set<BackendId> out;
        for (int i = 0; i != 200; ++i) out.insert(pick());
        return out;
    }
};

TEST(JoinIdleQueue, AsksForReportsOfIdleness) {
    EXPECT_EQ(JoinIdleQueue{{}}.reports(), lb::Policy::Reports::Idle);
}

TEST(JoinIdleQueue, SendsToEachThatReportedItselfIdleOnce) {
    Pool pool;
    pool.report(1);
    pool.report(3);
    const std::set picked{pool.pick(), pool.pick()};
    EXPECT_EQ(picked, (std::set{pool.ids[1], pool.ids[3]}));
    EXPECT_EQ(pool.anybody().size(), 4u);  // Missing one of four in 200: 4 * (3/4)^200 < 1e-24.
}

TEST(JoinIdleQueue, HoldsABackendThatReportsTwiceForIdleOnce) {
    Pool pool;
    pool.report(2);
    pool.report(2);
    EXPECT_EQ(pool.pick(), pool.ids[2]);
    EXPECT_EQ(pool.anybody().size(), 4u);
}

TEST(JoinIdleQueue, DoesNotTakeABusyBackendForIdle) {
    Pool pool;
    pool.report(2, 1);
    EXPECT_EQ(pool.anybody().size(), 4u);
}

TEST(JoinIdleQueue, DrawsUniformlyAmongTheIdle) {
    Pool pool;
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 120'000; ++i) {
        for (const std::size_t idle : {0u, 2u, 3u}) pool.report(idle);
        ++counts[index(pool.pick())];
        pool.pick();  // The other two, so that the next round starts afresh.
        pool.pick();
    }
    EXPECT_TRUE(fits(counts, {1 / 3.0, 0, 1 / 3.0, 1 / 3.0}));
}

TEST(JoinIdleQueue, DrawsUniformlyAmongAllWhenNoneIsIdle) {
    Pool pool;
    pool.exclude(pool.ids[1]);
    std::vector<std::uint64_t> counts(4);
    for (int i = 0; i != 120'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(fits(counts, {1 / 3.0, 0, 1 / 3.0, 1 / 3.0}));
}

TEST(JoinIdleQueue, RemembersWhatAnExcludedBackendSaidBeforeAndMeanwhile) {
    Pool pool;
    pool.report(1);
    pool.exclude(pool.ids[1]);
    pool.exclude(pool.ids[2]);
    pool.report(2);
    EXPECT_EQ(pool.anybody(), (std::set{pool.ids[0], pool.ids[3]}));
    pool.admit(pool.ids[1]);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
    pool.admit(pool.ids[2]);
    EXPECT_EQ(pool.pick(), pool.ids[2]);
    EXPECT_EQ(pool.anybody().size(), 4u);
}

// If nothing is known, the first pick is the new tenant's with probability 1/4: 4^-20 to be his
// every time, which is what an entry left behind would do.
TEST(JoinIdleQueue, ForgetsABackendThatLeft) {
    for (const bool excluded : {false, true}) {
        int first = 0;
        for (std::uint64_t seed = 0; seed != 20; ++seed) {
            Pool pool{seed};
            pool.report(1);
            if (excluded) pool.exclude(pool.ids[1]);
            pool.remove(pool.ids[1]);
            const auto tenant = pool.add("another");
            ASSERT_EQ(tenant, pool.ids[1]) << "in the same slot";
            first += pool.pick() == tenant;
            pool.report(1);
            ASSERT_EQ(pool.pick(), tenant) << "and it may report";
        }
        EXPECT_LT(first, 20);
    }
}

// The entry is about the past: another balancer may have sent a request meanwhile.
TEST(JoinIdleQueue, ActsOnAnEntryThatWentStale) {
    Pool pool;
    pool.report(1);
    pool.load(pool.ids[1], 5);
    EXPECT_EQ(pool.pick(), pool.ids[1]);
}

}  // namespace
