#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "balancer/balancer.hpp"
#include "laws/flow.hpp"
#include "laws/play.hpp"
#include "laws/registry.hpp"
#include "support/pool.hpp"

// What every policy must obey.  A new one is tested by being registered.

namespace {

using namespace laws;
using lb::BackendId;
using lb::Ticket;
using lbtest::numbered;
using namespace std::chrono_literals;

class EveryPolicy : public testing::TestWithParam<std::string> {};

TEST_P(EveryPolicy, PicksSomeEligibleBackendWheneverThereIsOne) {
    for (std::uint64_t seed = 0; seed != 300; ++seed) {
        Play play{GetParam(), seed};
        for (int step = 0; step != 300; ++step)
            ASSERT_NO_FATAL_FAILURE(play.step()) << "seed " << seed << ", step " << step;
    }
}

TEST_P(EveryPolicy, LosesNoTicket) {
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        Play play{GetParam(), seed};
        for (int step = 0; step != 300; ++step) {
            play.step();
            ASSERT_NO_FATAL_FAILURE(play.count()) << "seed " << seed << ", step " << step;
        }
        play.answer_all();
        ASSERT_NO_FATAL_FAILURE(play.count());
    }
}

TEST_P(EveryPolicy, RepeatsItselfUnderTheSameSeed) {
    for (std::uint64_t seed = 0; seed != 30; ++seed)
        ASSERT_EQ(played(GetParam(), seed), played(GetParam(), seed));
}

// Requests take 30 times as long as the gap between two, so that rules that prefer the first of
// the idle come to the others, too.  At random, missing one of five in 2000 has a chance of 1e-193.
TEST_P(EveryPolicy, SendsNothingToAnExcludedBackendAndFindsItAgain) {
    for (std::size_t excluded = 0; excluded != 5; ++excluded) {
        Flow flow{made(GetParam())};
        flow.step = 1ms;
        flow.answer = {.latency = 30ms, .first_byte = 30ms};
        for (int i = 0; i != 5; ++i) flow.pool.add();
        const auto id = flow.pool.ids[excluded];
        flow.pool.exclude(id);
        EXPECT_EQ(flow.counts(2000)[index(id)], 0u);
        flow.pool.admit(id);
        const auto found = flow.counts(2000)[index(id)];
        EXPECT_TRUE(found > 0 || entry_of(GetParam()).starves);
    }
}

TEST_P(EveryPolicy, KeepsNothingOfBackendsThatLeft) {
    Play play{GetParam(), 1};
    for (int i = 0; i != 5; ++i) play.add();
    for (int round = 0; round != 2000; ++round) {
        play.remove(static_cast<std::size_t>(round % 5));
        play.add();
        for (int i = 0; i != 3; ++i) ASSERT_NO_FATAL_FAILURE(play.request());
        if (round % 7 == 0) play.answer_all();  // Late: until then their slots are taken.
    }
    EXPECT_LE(play.slots(), 5u + 7u);
    play.answer_all();
    while (play.members() != 0) play.remove(0);
    ASSERT_NO_FATAL_FAILURE(play.request());
    EXPECT_EQ(play.picks().back(), -1);
    play.add();
    ASSERT_NO_FATAL_FAILURE(play.request());
    EXPECT_NE(play.picks().back(), -1);
}

TEST_P(EveryPolicy, TakesOverAFleetThatHasRequestsInFlight) {
    lb::Fleet fleet;
    for (int i = 0; i != 4; ++i) fleet.sent(lbtest::join(fleet, "b", 1 + i), {});
    fleet.exclude(BackendId{1}, lb::Exclusion::Draining, {});
    fleet.remove(BackendId{2}, {});
    lb::Balancer balancer{fleet, made(GetParam()), lb::Rng{1}, {}};
    for (std::uint64_t i = 0; i != 100; ++i) {
        const Visitor visitor{i};
        const auto decision = balancer.pick(visitor.request(), {});
        const auto* ticket = std::get_if<Ticket>(&decision);
        ASSERT_TRUE(ticket != nullptr || entry_of(GetParam()).declines);
        if (ticket == nullptr) continue;
        ASSERT_TRUE(fleet.is_eligible(ticket->backend));
        if (i % 2 == 0) balancer.done(*ticket, {}, {});
    }
    for (std::uint32_t i = 0; i != 4; ++i) fleet.done(BackendId{i}, {});
    EXPECT_EQ(lbtest::join(fleet, "new"), BackendId{2});
}

TEST_P(EveryPolicy, CopesWithFleetsOfEverySize) {
    for (const std::size_t size : {1u, 2u, 3u, 10u, 1000u, 10'000u}) {
        lbtest::Pool pool{made(GetParam())};
        for (std::size_t i = 0; i != size; ++i) pool.add();
        if (size != 1) pool.exclude(pool.ids[size / 2]);
        std::vector<Ticket> out;
        std::size_t answered = 0;
        for (std::size_t i = 0; i != size + 100; ++i) {
            const auto key = numbered("k", i);
            const auto decision = pool.balancer.pick({.key = key}, {});
            const auto* ticket = std::get_if<Ticket>(&decision);
            ASSERT_TRUE(ticket != nullptr || entry_of(GetParam()).declines);
            if (ticket != nullptr) {
                out.push_back(*ticket);
                ASSERT_TRUE(pool.fleet.is_eligible(ticket->backend));
            }
            if (i % 3 == 0 && answered != out.size()) pool.done(out[answered++]);
        }
        std::uint64_t in_flight = 0;
        for (const auto id : pool.ids) in_flight += pool.fleet.in_flight(id);
        ASSERT_EQ(in_flight, out.size() - answered);
    }
}

/// A policy that sees what a balancer sees, and is asked by hand.
struct Bare {
    Bare(std::string_view name, const lbtest::Pool& pool)
        : policy{made(name)}, view{pool.balancer.view()} {
        for (const auto id : pool.ids) {
            policy->on_added(id, view, {});
            policy->on_eligible(id, true, view, {});
        }
    }
    std::optional<BackendId> pick(const lb::Request& request, lb::ExplainedPick* why) {
        const auto picked = policy->pick({view, request, {}, rng, asks, why});
        if (picked) policy->on_sent(*picked, {});
        return picked;
    }
    std::unique_ptr<lb::Policy> policy;
    const lb::View& view;
    lb::Rng rng{1};
    std::vector<lb::Ask> asks;
};

TEST_P(EveryPolicy, TellsWhyWithoutPickingOtherwise) {
    lbtest::Pool pool{made(GetParam())};
    for (int i = 0; i != 5; ++i) pool.add();
    pool.load(pool.ids[1], 3);
    Bare silent{GetParam(), pool}, asked{GetParam(), pool};
    for (std::uint64_t i = 0; i != 200; ++i) {
        const Visitor visitor{i};
        lb::ExplainedPick why;
        const auto picked = asked.pick(visitor.request(), &why);
        ASSERT_EQ(picked, silent.pick(visitor.request(), nullptr));
        ASSERT_FALSE(why.rule.empty());
        ASSERT_FALSE(why.score.empty());
        ASSERT_TRUE(!picked || std::any_of(why.candidates.begin(), why.candidates.end(),
                                           [&](const auto& c) { return c.backend == *picked; }));
    }
}

INSTANTIATE_TEST_SUITE_P(Builtin, EveryPolicy, testing::ValuesIn(names_of(any)), test_name);

}  // namespace
