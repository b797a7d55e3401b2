#include "balancer/roster.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::Exclusion;

/// A roster that hears of a fleet as a policy does.
struct Watched final : lb::Policy {
    lb::Roster& roster;
    explicit Watched(lb::Roster& r) : roster{r} {}
    std::optional<BackendId> pick(const lb::PickContext& c) override {
        return c.view.eligible().front();
    }
    void on_added(BackendId id, const lb::View&, lb::Instant) override { roster.on_added(id); }
    void on_eligible(BackendId id, bool eligible, const lb::View& view, lb::Instant) override {
        roster.on_eligible(id, eligible, view);
    }
    void on_removed(BackendId id, const lb::View&, lb::Instant) override { roster.on_removed(id); }
};

struct Rosters : testing::Test {
    lb::Roster roster;
    lbtest::Pool pool{std::make_unique<Watched>(roster)};
    std::string names() const {
        std::string out;
        for (const auto id : roster.all()) out += pool.fleet.backend(id).name;
        return out;
    }
};

TEST_F(Rosters, KeepTheOrderOfConfigurationWhoeverIsExcludedMeanwhile) {
    for (const char* name : {"a", "b", "c", "d"}) pool.add(name);
    pool.exclude(pool.ids[1]);
    EXPECT_EQ(names(), "acd");
    pool.exclude(pool.ids[3]);
    pool.admit(pool.ids[1]);
    EXPECT_EQ(names(), "abc");
    pool.admit(pool.ids[3]);
    EXPECT_EQ(names(), "abcd");
}

TEST_F(Rosters, PutANewcomerLastWhateverItsSlot) {
    for (const char* name : {"a", "b", "c"}) pool.add(name);
    pool.remove(pool.ids[0]);
    ASSERT_EQ(pool.add("new"), BackendId{0});
    EXPECT_EQ(names(), "bcnew");
}

TEST_F(Rosters, KeepABackendThatIsOnlyFull) {
    pool.add("a");
    const auto small = pool.fleet.add(
        std::make_shared<const lb::Backend>(lb::Backend{.name = "s", .max_in_flight = 1}), 1, {});
    pool.load(small, 1);
    EXPECT_FALSE(pool.fleet.is_eligible(small));
    EXPECT_EQ(names(), "as");
    pool.fleet.done(small, {});
    EXPECT_EQ(names(), "as") << "and not twice when it is not full any more";
    pool.load(small, 1);
    pool.remove(small);
    EXPECT_EQ(names(), "a");
    pool.fleet.done(small, {});
}

}  // namespace
