#include "balancer/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Exclusion;
using lb::Fleet;
using lb::Instant;
using lbtest::join;
using testing::ElementsAre;

constexpr auto kOther = Exclusion::Down;
constexpr auto kDraining = Exclusion::Draining;

/// Writes down what it hears.
struct Listener final : lb::FleetObserver, lb::LoadObserver {
    explicit Listener(std::vector<std::string>& to, std::string who = "") : heard{to}, name{who} {}
    void say(const char* what, BackendId id) {
        heard.push_back(name + what + std::to_string(index(id)));
    }
    void on_added(BackendId id, Instant) override { say("added ", id); }
    void on_eligible(BackendId id, bool eligible, Instant) override {
        say(eligible ? "in " : "out ", id);
    }
    void on_healthy(BackendId id, bool healthy, Instant) override {
        say(healthy ? "well " : "ill ", id);
    }
    void on_weight(BackendId id, Instant) override { say("weight ", id); }
    void on_removed(BackendId id, Instant) override { say("removed ", id); }
    void on_in_flight(BackendId id, std::uint32_t in_flight) override {
        heard.push_back(name + "load " + std::to_string(index(id)) + ": " +
                        std::to_string(in_flight));
    }
    std::vector<std::string>& heard;
    std::string name;
};

TEST(Fleet, NumbersItsBackendsFromZero) {
    Fleet fleet;
    for (std::uint32_t i = 0; i != 5; ++i) EXPECT_EQ(join(fleet, "b"), BackendId{i});
    EXPECT_EQ(fleet.slots(), 5u);
}

TEST(Fleet, KnowsWhatItWasToldOfABackend) {
    Fleet fleet;
    const auto id = join(fleet, "red", 2.5);
    EXPECT_EQ(fleet.backend(id).name, "red");
    EXPECT_EQ(fleet.weight(id), 2.5);
    EXPECT_EQ(fleet.in_flight(id), 0u);
    EXPECT_TRUE(fleet.is_member(id) && fleet.is_eligible(id));
}

TEST(Fleet, GivesTheSlotOfARemovedBackendToTheNext) {
    Fleet fleet;
    join(fleet, "a");
    const auto b = join(fleet, "b", 3);
    fleet.exclude(b, kDraining, {});
    fleet.remove(b, {});
    EXPECT_FALSE(fleet.is_member(b));
    EXPECT_EQ(join(fleet, "c"), b);
    EXPECT_EQ(fleet.backend(b).name, "c");
    EXPECT_EQ(fleet.weight(b), 1);
    EXPECT_TRUE(fleet.is_eligible(b));
    EXPECT_EQ(fleet.slots(), 2u);
}

TEST(Fleet, GivesASlotAwayOnlyAfterTheLastTicketCameBack) {
    Fleet fleet;
    const auto a = join(fleet, "a");
    fleet.sent(a, {});
    fleet.sent(a, {});
    fleet.remove(a, {});
    EXPECT_EQ(fleet.backend(a).name, "a");  // Still to be named in reports.
    EXPECT_NE(join(fleet, "b"), a);
    fleet.done(a, {});
    EXPECT_NE(join(fleet, "c"), a);
    fleet.done(a, {});
    EXPECT_EQ(join(fleet, "d"), a);
    EXPECT_EQ(fleet.in_flight(a), 0u);
}

TEST(Fleet, AdmitsABackendWhenNoReasonToExcludeItIsLeft) {
    Fleet fleet;
    std::vector<std::string> heard;
    Listener listener{heard};
    const auto a = join(fleet, "a");
    fleet.attach(static_cast<lb::FleetObserver&>(listener));
    fleet.exclude(a, kDraining, {});
    fleet.exclude(a, kOther, {});
    fleet.exclude(a, kOther, {});
    fleet.admit(a, kDraining, {});
    EXPECT_FALSE(fleet.is_eligible(a));
    fleet.admit(a, kOther, {});
    EXPECT_TRUE(fleet.is_eligible(a));
    fleet.admit(a, kOther, {});
    EXPECT_THAT(heard, ElementsAre("ill 0", "out 0", "well 0", "in 0"));
    fleet.detach(static_cast<lb::FleetObserver&>(listener));
}

TEST(Fleet, ExcludesABackendWhileItHoldsAsManyRequestsAsItMay) {
    Fleet fleet;
    std::vector<std::string> heard;
    Listener listener{heard};
    const auto id = fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "a", .max_in_flight = 2}), 1, {});
    fleet.attach(static_cast<lb::FleetObserver&>(listener));
    fleet.sent(id, {});
    EXPECT_TRUE(fleet.is_eligible(id));
    fleet.sent(id, {});
    EXPECT_TRUE(!fleet.is_eligible(id) && fleet.is_only_full(id) && fleet.is_healthy(id));
    fleet.sent(id, {});  // Whoever sends all the same.
    fleet.done(id, {});
    EXPECT_FALSE(fleet.is_eligible(id));
    fleet.done(id, {});
    EXPECT_TRUE(fleet.is_eligible(id));
    EXPECT_THAT(heard, ElementsAre("out 0", "in 0"));
}

TEST(Fleet, LetsThoseThatStickToItComeToABackendThatDrains) {
    Fleet fleet;
    const auto a = join(fleet, "a");
    fleet.exclude(a, kDraining, {});
    EXPECT_TRUE(!fleet.is_eligible(a) && fleet.takes_its_own(a));
    fleet.exclude(a, Exclusion::Down, {});
    EXPECT_FALSE(fleet.takes_its_own(a));
}

TEST(Fleet, TellsOfEveryChangeToEachObserverInTheOrderTheyCame) {
    Fleet fleet;
    std::vector<std::string> heard;
    Listener first{heard, "1 "}, second{heard, "2 "};
    fleet.attach(static_cast<lb::FleetObserver&>(first));
    fleet.attach(static_cast<lb::FleetObserver&>(second));
    const auto a = join(fleet, "a");
    EXPECT_THAT(heard, ElementsAre("1 added 0", "2 added 0", "1 in 0", "2 in 0"));
    heard.clear();
    fleet.set_weight(a, 2, {});
    EXPECT_THAT(heard, ElementsAre("1 weight 0", "2 weight 0"));
    heard.clear();
    fleet.remove(a, {});
    EXPECT_THAT(heard, ElementsAre("1 out 0", "2 out 0", "1 removed 0", "2 removed 0"));
}

TEST(Fleet, SaysOfAnExcludedBackendThatLeavesOnlyThatItLeft) {
    Fleet fleet;
    std::vector<std::string> heard;
    Listener listener{heard};
    const auto a = join(fleet, "a");
    fleet.exclude(a, kDraining, {});
    fleet.attach(static_cast<lb::FleetObserver&>(listener));
    fleet.remove(a, {});
    EXPECT_THAT(heard, ElementsAre("removed 0"));
}

TEST(Fleet, TellsLoadObserversOfEveryRequestAlsoToFormerMembers) {
    Fleet fleet;
    std::vector<std::string> heard;
    Listener listener{heard};
    const auto a = join(fleet, "a");
    fleet.attach(static_cast<lb::LoadObserver&>(listener));
    fleet.sent(a, {});
    fleet.sent(a, {});
    fleet.remove(a, {});
    fleet.done(a, {});
    EXPECT_THAT(heard, ElementsAre("load 0: 1", "load 0: 2", "load 0: 1"));
}

TEST(Fleet, TellsNothingToWhoeverLeft) {
    Fleet fleet;
    std::vector<std::string> left, stays;
    Listener gone{left}, there{stays};
    for (auto* listener : {&gone, &there}) {
        fleet.attach(static_cast<lb::FleetObserver&>(*listener));
        fleet.attach(static_cast<lb::LoadObserver&>(*listener));
    }
    fleet.detach(static_cast<lb::FleetObserver&>(gone));
    fleet.detach(static_cast<lb::LoadObserver&>(gone));
    fleet.sent(join(fleet, "a"), {});
    EXPECT_THAT(left, ElementsAre());
    EXPECT_THAT(stays, ElementsAre("added 0", "in 0", "load 0: 1"));
}

/// What a slot should hold.
struct Tenant {
    std::string name;
    double weight;
    unsigned excluded;
    std::uint32_t in_flight;
    bool member;
};

/// One random change, to the fleet and to the model of it; false if that slot does not allow it.
bool change(Fleet& fleet, std::map<std::uint32_t, Tenant>& tenants, std::uint64_t what,
            std::uint32_t slot, std::uint64_t which) {
    const BackendId id{slot};
    const auto found = tenants.find(slot);
    if (found == tenants.end()) return false;
    auto& t = found->second;
    const auto why = which == 0 ? kDraining : kOther;
    if (what == 1 && t.in_flight != 0) {
        fleet.done(id, {});
        --t.in_flight;
    } else if (!t.member) {
        return false;
    } else if (what == 0) {
        fleet.sent(id, {});
        ++t.in_flight;
    } else if (what == 2) {
        fleet.exclude(id, why, {});
        t.excluded |= static_cast<unsigned>(why);
    } else if (what == 3) {
        fleet.admit(id, why, {});
        t.excluded &= ~static_cast<unsigned>(why);
    } else if (what == 4) {
        fleet.remove(id, {});
        t.member = false;
    }
    if (!t.member && t.in_flight == 0) tenants.erase(found);
    return true;
}

TEST(Fleet, AgreesWithAPlainTableThroughLongRandomHistories) {
    for (std::uint64_t seed = 0; seed != 50; ++seed) {
        lb::Rng rng{seed};
        Fleet fleet;
        std::map<std::uint32_t, Tenant> tenants;
        std::size_t most = 0;
        for (int step = 0; step != 2000; ++step) {
            if (rng.below(8) == 0 && tenants.size() != 12) {
                const auto name = lbtest::numbered("b", static_cast<std::uint64_t>(step));
                const double weight = static_cast<double>(1 + rng.below(9));
                const auto slot = static_cast<std::uint32_t>(join(fleet, name, weight));
                ASSERT_TRUE(tenants.try_emplace(slot, Tenant{name, weight, 0, 0, true}).second)
                    << "a slot in use was given away";
            } else if (fleet.slots() != 0) {
                const auto slot = static_cast<std::uint32_t>(rng.below(fleet.slots()));
                const auto what = rng.below(5);
                change(fleet, tenants, what, slot, rng.below(2));
            }
            most = std::max(most, tenants.size());
            ASSERT_EQ(fleet.slots(), most) << "a free slot was not used again";
            for (const auto& [slot, t] : tenants) {
                const BackendId id{slot};
                ASSERT_EQ(fleet.is_member(id), t.member);
                ASSERT_EQ(fleet.is_eligible(id), t.member && t.excluded == 0);
                ASSERT_EQ(fleet.in_flight(id), t.in_flight);
                ASSERT_EQ(fleet.weight(id), t.weight);
                ASSERT_EQ(fleet.backend(id).name, t.name);
            }
        }
    }
}

TEST(FleetDeathTest, StopsAtWhatMustNotBe) {
    Fleet fleet;
    const auto a = join(fleet, "a"), gone = join(fleet, "b");
    fleet.remove(gone, {});
    EXPECT_DEATH(join(fleet, "c", 0), "broken expectation");
    EXPECT_DEATH(fleet.add(nullptr, 1, {}), "broken expectation");
    EXPECT_DEATH(fleet.remove(gone, {}), "broken expectation");
    EXPECT_DEATH(fleet.set_weight(a, 0, {}), "broken expectation");
    EXPECT_DEATH(fleet.set_weight(gone, 1, {}), "broken expectation");
    EXPECT_DEATH(fleet.exclude(gone, kDraining, {}), "broken expectation");
    EXPECT_DEATH(fleet.done(a, {}), "broken expectation");
}

}  // namespace
