#include "balancer/policies/bounded_load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "balancer/policies/maglev.hpp"
#include "balancer/policies/ring_hash.hpp"
#include "base/rng.hpp"
#include "support/keys.hpp"
#include "support/pool.hpp"

namespace {

using namespace lbtest;
using lb::BoundedLoad;
using Over = BoundedLoad::Over;

std::unique_ptr<lb::Policy> bounded(Over over, double factor = 1.25) {
    BoundedLoad::Config config;
    config.over = over;
    config.factor = factor;
    return make<BoundedLoad>(config);
}

TEST(BoundedLoad, SendsKeysHomeWhileThereIsRoom) {
    for (const auto over : {Over::Ring, Over::Maglev}) {
        Pool pool{bounded(over)};
        Pool unbounded{over == Over::Ring ? make<lb::RingHash>() : make<lb::Maglev>()};
        for (int i = 0; i != 7; ++i) pool.add(1 + i), unbounded.add(1 + i);
        EXPECT_EQ(owners(pool), owners(unbounded));
    }
}

/// The capacity by its definition, before the request that is to come.
double capacity(const Pool& pool, lb::BackendId id, double factor) {
    double in_flight = 0, weight = 0;
    for (const auto other : pool.ids) {
        if (!pool.fleet.is_eligible(other)) continue;
        in_flight += pool.fleet.in_flight(other);
        weight += pool.fleet.weight(other);
    }
    return std::ceil(factor * (in_flight + 1) * pool.fleet.weight(id) / weight);
}

// One key only, so that all come to one home: it overflows and overflows.
TEST(BoundedLoad, GivesNobodyMoreThanItsCapacityThroughRandomHistories) {
    for (const auto over : {Over::Ring, Over::Maglev})
        for (const double factor : {1.0, 1.25, 2.0}) {
            lb::Rng rng{1};
            Pool pool{bounded(over, factor)};
            for (const double weight : {1.0, 2.0, 1.0, 3.0, 0.5, 1.0}) pool.add(weight);
            std::vector<lb::Ticket> out;
            for (int step = 0; step != 3000; ++step) {
                const auto id = pool.ids[rng.below(6)];
                const auto what = rng.below(20);
                if (what == 0) pool.exclude(id);
                if (what == 1 || what == 2) pool.admit(id);
                if (what == 3) pool.reweigh(id, 1 + static_cast<double>(rng.below(3)));
                if (what > 11 && !out.empty()) {
                    const auto at = rng.below(out.size());
                    pool.done(out[at]);
                    out[at] = out.back();
                    out.pop_back();
                }
                if (what > 11 || pool.balancer.view().eligible().empty()) continue;
                std::vector<double> room(pool.ids.size());
                for (std::size_t i = 0; i != 6; ++i) room[i] = capacity(pool, pool.ids[i], factor);
                out.push_back(pool.send(numbered("k", rng.below(2))));
                const auto got = out.back().backend;
                ASSERT_LE(pool.fleet.in_flight(got), room[index(got)]) << "step " << step;
            }
        }
}

TEST(BoundedLoad, TakesTheNextOnTheWayAsSoonAsHomeIsFull) {
    Pool pool{bounded(Over::Ring)};
    for (int i = 0; i != 4; ++i) pool.add();
    // Capacity is ceil(1.25 (m + 1) / 4): 1 for the first three, then 2 up to the sixth.
    std::vector<std::uint32_t> most;
    for (int m = 0; m != 6; ++m) {
        pool.send("key");
        std::uint32_t now = 0;
        for (const auto id : pool.ids) now = std::max(now, pool.fleet.in_flight(id));
        most.push_back(now);
    }
    EXPECT_EQ(most, (std::vector<std::uint32_t>{1, 1, 1, 2, 2, 2}));
}

TEST(BoundedLoad, SendsAKeyHomeAgainWhenThereIsRoom) {
    Pool pool{bounded(Over::Maglev)};
    for (int i = 0; i != 4; ++i) pool.add();
    const auto first = pool.send("key");
    const auto second = pool.send("key");
    EXPECT_NE(second.backend, first.backend);
    pool.done(first);
    EXPECT_EQ(pool.send("key").backend, first.backend);
}

TEST(BoundedLoad, CountsTheRequestsThatOtherBalancersSend) {
    Pool pool{bounded(Over::Ring)};
    for (int i = 0; i != 4; ++i) pool.add();
    const auto home = pool.pick("key");
    pool.load(home, 5);
    EXPECT_NE(pool.pick("key"), home);
    for (const auto id : pool.ids) pool.load(id, 5);
    for (const auto id : pool.ids)
        if (id != home) pool.load(id, 5);
    EXPECT_EQ(pool.pick("key"), home);
}

TEST(BoundedLoad, DoesNotCountWhatTheExcludedHold) {
    Pool pool{bounded(Over::Ring, 1)};
    for (int i = 0; i != 3; ++i) pool.add();
    pool.load(pool.ids[0], 100);
    pool.exclude(pool.ids[0]);
    std::vector<lb::Ticket> out;
    for (int i = 0; i != 10; ++i) out.push_back(pool.send("key"));
    EXPECT_EQ(pool.fleet.in_flight(pool.ids[1]), 5u);
    EXPECT_EQ(pool.fleet.in_flight(pool.ids[2]), 5u);
}

}  // namespace
