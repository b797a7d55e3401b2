#include "balancer/balancer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "balancer/policies/least_connections.hpp"
#include "balancer/policies/random.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Balancer;
using lb::Exclusion;
using lb::Fleet;
using lb::Instant;
using lb::Rejection;
using lb::Ticket;
using lb::View;
using namespace std::chrono_literals;
using testing::ElementsAre;

/// Picks as it is told and writes down what it hears.
struct Puppet final : lb::Policy {
    explicit Puppet(std::vector<std::string>& to) : heard{to} {}
    std::optional<BackendId> pick(const lb::PickContext& c) override {
        say("pick", {}, c.now);
        if (next && curious) c.asks.push_back({*next, 7});
        return next;
    }
    void on_added(BackendId id, const View& v, Instant now) override { tell("added", id, v, now); }
    void on_eligible(BackendId id, bool in, const View& v, Instant now) override {
        tell(in ? "in" : "out", id, v, now);
    }
    void on_weight(BackendId id, const View& v, Instant now) override {
        tell("weight", id, v, now);
    }
    void on_removed(BackendId id, const View& v, Instant now) override {
        tell("removed", id, v, now);
    }
    void on_sent(BackendId id, Instant now) override { say("sent", id, now); }
    void on_done(BackendId id, const lb::Response& r, Instant now) override {
        say("done " + std::to_string(r.latency / 1s), id, now);
    }
    void on_report(BackendId id, const lb::LoadReport& r, Instant now) override {
        say("report " + std::to_string(r.in_flight), id, now);
    }
    void on_answer(const lb::Ask& ask, const lb::LoadReport& r, Instant now) override {
        say("answer " + std::to_string(ask.token) + ": " + std::to_string(r.in_flight), ask.to,
            now);
    }
    Instant next_due() const override { return wakes; }
    void due(const View& v, Instant now, lb::Rng&, std::vector<lb::Ask>& asks) override {
        say("due", {}, now);
        for (const auto id : v.members()) asks.push_back({id, 8});
        wakes = next_wake;
    }
    void tell(const char* what, BackendId id, const View& v, Instant now) {
        std::string said = what;
        said += lbtest::numbered(" ", v.eligible().size());
        said += lbtest::numbered("/", v.members().size());
        say(said, id, now);
    }
    void say(std::string what, std::optional<BackendId> id, Instant now) {
        if (id) what += lbtest::numbered(" b", index(*id));
        heard.push_back(what + " @" + std::to_string(now.time_since_epoch() / 1s));
    }
    std::vector<std::string>& heard;
    std::optional<BackendId> next{};
    bool curious = false;
    Instant wakes = Instant::max(), next_wake = Instant::max();
};

Instant at(int second) { return Instant{std::chrono::seconds{second}}; }

struct Stage {
    std::vector<std::string> heard;
    Fleet fleet;
    Puppet* puppet = nullptr;
    std::unique_ptr<Balancer> balancer;

    void begin(Instant now = {}) {
        auto policy = std::make_unique<Puppet>(heard);
        puppet = policy.get();
        balancer = std::make_unique<Balancer>(fleet, std::move(policy), lb::Rng{1}, now);
    }
};

TEST(Balancer, SaysWhyItPickedNobody) {
    Stage s;
    s.begin();
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::NoBackends);
    const auto a = lbtest::join(s.fleet, "a");
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::Declined);
    s.fleet.exclude(a, Exclusion::Draining, {});
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::AllExcluded);
    s.fleet.remove(a, {});
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::NoBackends);
}

TEST(Balancer, TellsWhomItPickedNobodyForBecauseTheyAreFull) {
    Stage s;
    s.begin();
    const auto add = [&](std::uint32_t most) {
        return s.fleet.add(
            std::make_shared<const lb::Backend>(lb::Backend{.name = "x", .max_in_flight = most}), 1,
            {});
    };
    const auto a = add(1), b = add(5);
    s.puppet->next = a;
    const auto ticket = std::get<Ticket>(s.balancer->pick({}, {}));
    s.fleet.exclude(b, Exclusion::Unhealthy, {});
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::AllFull);
    s.fleet.exclude(a, Exclusion::Open, {});  // It would not be picked if it held fewer.
    EXPECT_EQ(std::get<Rejection>(s.balancer->pick({}, {})), Rejection::AllExcluded);
    s.balancer->done(ticket, {}, {});
    s.fleet.admit(a, Exclusion::Open, {});
    EXPECT_TRUE(std::holds_alternative<Ticket>(s.balancer->pick({}, {})));
}

TEST(Balancer, GivesATicketThatCountsAsInFlightUntilItComesBack) {
    Stage s;
    s.begin();
    s.puppet->next = lbtest::join(s.fleet, "a");
    const auto ticket = std::get<Ticket>(s.balancer->pick({}, at(3)));
    EXPECT_EQ(ticket.backend, BackendId{0});
    EXPECT_EQ(ticket.sent, at(3));
    EXPECT_EQ(s.fleet.in_flight(ticket.backend), 1u);
    s.balancer->done(ticket, {}, at(4));
    EXPECT_EQ(s.fleet.in_flight(ticket.backend), 0u);
}

TEST(Balancer, TellsItsPolicyOfEverythingInOrderAndAfterItChanged) {
    Stage s;
    s.begin();
    const auto a = lbtest::join(s.fleet, "a", 1, at(1));
    lbtest::join(s.fleet, "b", 1, at(2));
    s.fleet.exclude(a, Exclusion::Draining, at(3));
    s.fleet.admit(a, Exclusion::Draining, at(4));
    s.fleet.set_weight(a, 2, at(5));
    s.fleet.remove(a, at(6));
    EXPECT_THAT(s.heard, ElementsAre("added 0/1 b0 @1", "in 1/1 b0 @1", "added 1/2 b1 @2",
                                     "in 2/2 b1 @2", "out 1/2 b0 @3", "in 2/2 b0 @4",
                                     "weight 2/2 b0 @5", "out 1/2 b0 @6", "removed 1/1 b0 @6"));
}

TEST(Balancer, TellsItsPolicyOfRequestsAndResponsesAlsoOfFormerMembers) {
    Stage s;
    s.begin();
    const auto a = lbtest::join(s.fleet, "a");
    s.puppet->next = a;
    s.heard.clear();
    const auto ticket = std::get<Ticket>(s.balancer->pick({}, at(1)));
    s.fleet.remove(a, at(2));
    s.balancer->done(ticket, {.latency = 2s}, at(3));
    EXPECT_THAT(s.heard, ElementsAre("pick @1", "sent b0 @1", "out 0/1 b0 @2", "removed 0/0 b0 @2",
                                     "done 2 b0 @3"));
    EXPECT_NE(s.fleet.slots(), 0u);
    EXPECT_EQ(lbtest::join(s.fleet, "b"), a) << "the slot is free once the ticket is back";
}

TEST(Balancer, PassesOnReportsOfMembersOnly) {
    Stage s;
    s.begin();
    const auto a = lbtest::join(s.fleet, "a");
    s.heard.clear();
    s.balancer->report(a, {7}, at(1));
    s.fleet.remove(a, at(1));
    s.heard.clear();
    s.balancer->report(a, {8}, at(2));
    EXPECT_THAT(s.heard, ElementsAre());
}

std::vector<std::uint64_t> tokens(Balancer& balancer) {
    std::vector<lb::Ask> asks{{BackendId{99}, 99}};  // What was in there goes.
    balancer.take_asks(asks);
    std::vector<std::uint64_t> out;
    for (const auto& ask : asks) out.push_back(ask.token);
    return out;
}

TEST(Balancer, HandsOutEachAskOnceAndPassesOnTheAnswersOfMembers) {
    Stage s;
    s.begin();
    const auto a = lbtest::join(s.fleet, "a");
    EXPECT_THAT(tokens(*s.balancer), ElementsAre());
    s.puppet->next = a;
    s.puppet->curious = true;
    for (int i = 0; i != 2; ++i) s.balancer->pick({}, {});
    s.puppet->wakes = at(1);
    s.balancer->due(at(1));
    EXPECT_THAT(tokens(*s.balancer), ElementsAre(7, 7, 8));
    EXPECT_THAT(tokens(*s.balancer), ElementsAre());
    s.heard.clear();
    s.balancer->answered({a, 7}, {3}, at(2));
    EXPECT_THAT(s.heard, ElementsAre("answer 7: 3 b0 @2"));
    s.fleet.remove(a, at(3));
    s.heard.clear();
    s.balancer->answered({a, 7}, {3}, at(4));
    EXPECT_THAT(s.heard, ElementsAre());
}

TEST(Balancer, SaysWhenItsPolicyWantsToBeWokenAndWakesIt) {
    Stage s;
    s.begin();
    EXPECT_EQ(s.balancer->next_due(), Instant::max());
    s.puppet->wakes = at(3);
    s.puppet->next_wake = at(5);
    EXPECT_EQ(s.balancer->next_due(), at(3));
    s.balancer->due(at(4));
    EXPECT_THAT(s.heard, ElementsAre("due @4"));
    EXPECT_EQ(s.balancer->next_due(), at(5));
}

TEST(BalancerDeathTest, StopsAPolicyThatWouldBeWokenWithoutEnd) {
    Stage s;
    s.begin();
    s.puppet->wakes = s.puppet->next_wake = at(4);
    EXPECT_DEATH(s.balancer->due(at(4)), "broken expectation");
}

TEST(Balancer, TakesOverTheBackendsThatAFleetHas) {
    Stage s;
    for (const char* name : {"a", "b", "c", "d"}) lbtest::join(s.fleet, name);
    s.fleet.remove(BackendId{1}, {});
    s.fleet.exclude(BackendId{2}, Exclusion::Draining, {});
    s.begin(at(9));
    EXPECT_THAT(s.heard, ElementsAre("added 0/1 b0 @9", "in 1/1 b0 @9", "added 1/2 b2 @9",
                                     "added 1/3 b3 @9", "in 2/3 b3 @9"));
    s.fleet.admit(BackendId{2}, Exclusion::Draining, at(10));
    EXPECT_EQ(s.heard.back(), "in 3/3 b2 @10");
}

TEST(Balancer, LeavesItsFleetWhenItEnds) {
    Stage s;
    lbtest::join(s.fleet, "a");
    auto loaded = std::make_unique<Balancer>(s.fleet, lbtest::make<lb::LeastConnections>(),
                                             lb::Rng{1}, Instant{});
    s.begin();
    s.heard.clear();
    s.balancer.reset();
    loaded.reset();  // With its observer of loads.
    const auto b = lbtest::join(s.fleet, "b");
    s.fleet.sent(b, {});
    s.fleet.done(b, {});
    s.fleet.remove(b, {});
    EXPECT_THAT(s.heard, ElementsAre());
}

TEST(Balancer, SharesItsFleetWithOthers) {
    Stage one;
    one.begin();
    Balancer other{one.fleet, lbtest::make<lb::Random>(), lb::Rng{1}, {}};
    const auto a = lbtest::join(one.fleet, "a");
    const auto ticket = std::get<Ticket>(other.pick({}, {}));
    EXPECT_EQ(one.balancer->view().in_flight(a), 1u);
    one.fleet.exclude(a, Exclusion::Draining, {});
    EXPECT_EQ(std::get<Rejection>(other.pick({}, {})), Rejection::AllExcluded);
    EXPECT_EQ(std::get<Rejection>(one.balancer->pick({}, {})), Rejection::AllExcluded);
    other.done(ticket, {}, {});
    EXPECT_EQ(one.balancer->view().in_flight(a), 0u);
}

TEST(BalancerDeathTest, StopsAPolicyThatPicksWhomItMayNot) {
    Stage s;
    s.begin();
    lbtest::join(s.fleet, "a");
    const auto b = lbtest::join(s.fleet, "b");
    s.fleet.exclude(b, Exclusion::Draining, {});
    s.puppet->next = b;
    EXPECT_DEATH(s.balancer->pick({}, {}), "broken expectation");
    s.puppet->next = BackendId{7};
    EXPECT_DEATH(s.balancer->pick({}, {}), "broken expectation");
    Fleet fleet;
    EXPECT_DEATH((Balancer{fleet, nullptr, lb::Rng{1}, Instant{}}), "broken expectation");
}

}  // namespace
