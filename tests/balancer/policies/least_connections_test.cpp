#include "balancer/policies/least_connections.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/rng.hpp"
#include "support/chance.hpp"
#include "support/every.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::LeastConnections;
using lbtest::Every;
using lbtest::make;
using lbtest::Pool;

TEST(LeastConnections, PicksTheOneWithTheFewestInFlight) {
    for (Every e; e.next();) {
        Pool pool{make<LeastConnections>()};
        int least = 9;
        std::vector<int> loads(3);
        for (auto& load : loads) {
            load = e.below(4);
            least = std::min(least, load);
            pool.load(pool.add(), load);
        }
        ASSERT_EQ(loads[index(pool.pick())], least);
    }
}

TEST(LeastConnections, CountsTheRequestItIsAboutToSendAgainstTheWeight) {
    Pool pool{make<LeastConnections>()};
    pool.add("light", 1);
    const auto heavy = pool.add("heavy", 3);
    EXPECT_EQ(pool.pick(), heavy);  // Both idle: 1/3 is less than 1/1.
    pool.load(heavy, 1);
    EXPECT_EQ(pool.pick(), heavy);  // 2/3.
    pool.load(heavy, 2);
    EXPECT_EQ(pool.pick(), BackendId{0});  // 4/3.
}

// 3/1, 3/1 and 6/2 tie, across weights; a share off by 0.01 is seen with probability 0.999.
TEST(LeastConnections, DrawsUniformlyAmongEquals) {
    Pool pool{make<LeastConnections>()};
    for (const double weight : {1.0, 2.0, 1.0, 2.0, 1.0}) pool.add(weight);
    const int loads[] = {2, 5, 3, 9, 2};
    for (std::size_t i = 0; i != 5; ++i) pool.load(pool.ids[i], loads[i]);
    std::vector<std::uint64_t> counts(5);
    for (int i = 0; i != 150'000; ++i) ++counts[index(pool.pick())];
    EXPECT_TRUE(lbtest::fits(counts, {1 / 3.0, 1 / 3.0, 0, 0, 1 / 3.0}));
}

// ---- Against a scan of all backends

/// Whether a pick was one of those with the least load, by definition.
bool is_least(const lb::Fleet& fleet, BackendId picked) {
    const auto load = [&](BackendId id, int more) {
        return (static_cast<double>(fleet.in_flight(id)) + more) / fleet.weight(id);
    };
    for (std::uint32_t slot = 0; slot != fleet.slots(); ++slot) {
        const BackendId id{slot};
        // The picked one has the request already.
        if (id != picked && fleet.is_eligible(id) && load(id, 1) < load(picked, 0)) return false;
    }
    return fleet.is_eligible(picked);
}

/// Balancers over one fleet, and their requests.
struct Crowd {
    lb::Fleet fleet;
    std::vector<std::unique_ptr<lb::Balancer>> balancers;
    struct Sent {
        lb::Ticket ticket;
        std::size_t by;
    };
    std::vector<Sent> out;

    void open() {
        const lb::Rng rng{balancers.size() + 1};
        balancers.push_back(
            std::make_unique<lb::Balancer>(fleet, make<LeastConnections>(), rng, lb::Instant{}));
    }
    void pick(std::size_t by) {
        const auto decision = balancers[by]->pick({}, {});
        if (!std::holds_alternative<lb::Ticket>(decision)) return;
        out.push_back({std::get<lb::Ticket>(decision), by});
        ASSERT_TRUE(is_least(fleet, out.back().ticket.backend));
    }
    void done(std::size_t which) {
        balancers[out[which].by]->done(out[which].ticket, {}, {});
        out[which] = out.back();
        out.pop_back();
    }
};

void change_member(lb::Fleet& fleet, lb::Rng& rng, std::uint64_t what, double weight) {
    constexpr auto kWhy = lb::Exclusion::Draining;
    if (what == 0) {
        if (fleet.slots() < 12) lbtest::join(fleet, "b", weight);
        return;
    }
    if (fleet.slots() == 0) return;
    const BackendId id{static_cast<std::uint32_t>(rng.below(fleet.slots()))};
    if (!fleet.is_member(id)) return;
    if (what == 1) fleet.remove(id, {});
    if (what == 2) fleet.exclude(id, kWhy, {});
    if (what == 3) fleet.admit(id, kWhy, {});
    if (what == 4) fleet.set_weight(id, weight, {});
}

void play(lb::Rng& rng, int steps) {
    static constexpr double kWeights[] = {1, 1, 2, 3, 0.5};
    Crowd crowd;
    crowd.open();
    for (int step = 0; step != steps; ++step) {
        const auto what = rng.below(14);
        if (what < 5)
            change_member(crowd.fleet, rng, what, kWeights[rng.below(5)]);
        else if (what < 9 && !crowd.out.empty())
            crowd.done(rng.below(crowd.out.size()));
        else
            ASSERT_NO_FATAL_FAILURE(crowd.pick(rng.below(crowd.balancers.size())));
        // The others take over a fleet with requests in flight.
        if (step == steps / 3 || step == steps / 2) crowd.open();
    }
    while (!crowd.out.empty()) crowd.done(0);
    for (std::uint32_t slot = 0; slot != crowd.fleet.slots(); ++slot)
        ASSERT_EQ(crowd.fleet.in_flight(BackendId{slot}), 0u);
}

TEST(LeastConnections, PicksAsAScanWouldThroughRandomHistoriesOfSeveralBalancers) {
    for (std::uint64_t seed = 0; seed != 3000; ++seed) {
        lb::Rng rng{seed};
        ASSERT_NO_FATAL_FAILURE(play(rng, 150)) << "seed " << seed;
    }
    lb::Rng rng{1};
    ASSERT_NO_FATAL_FAILURE(play(rng, 50'000));
}

TEST(LeastConnections, SeesTheRequestsThatOthersSend) {
    lb::Fleet fleet;
    lb::Balancer one{fleet, make<LeastConnections>(), lb::Rng{1}, {}};
    lb::Balancer two{fleet, make<LeastConnections>(), lb::Rng{2}, {}};
    for (int i = 0; i != 4; ++i) lbtest::join(fleet, "b");
    for (int i = 0; i != 40; ++i) std::get<lb::Ticket>((i % 2 == 0 ? one : two).pick({}, {}));
    for (std::uint32_t i = 0; i != 4; ++i) EXPECT_EQ(fleet.in_flight(BackendId{i}), 10u);
}

TEST(LeastConnections, LetsOthersGoOnWhenItEnds) {
    lb::Fleet fleet;
    auto gone =
        std::make_unique<lb::Balancer>(fleet, make<LeastConnections>(), lb::Rng{1}, lb::Instant{});
    lb::Balancer stays{fleet, make<LeastConnections>(), lb::Rng{2}, {}};
    const auto a = lbtest::join(fleet, "a"), b = lbtest::join(fleet, "b");
    gone.reset();
    fleet.sent(a, {});
    EXPECT_EQ(std::get<lb::Ticket>(stays.pick({}, {})).backend, b);
}

}  // namespace
