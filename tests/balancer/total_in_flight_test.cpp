#include "balancer/total_in_flight.hpp"

#include <gtest/gtest.h>

#include "support/pool.hpp"

namespace {

struct Counting final : lb::Policy {
    lb::TotalInFlight total;
    std::optional<lb::BackendId> pick(const lb::PickContext& c) override {
        return c.view.eligible().back();
    }
    void on_added(lb::BackendId id, const lb::View& view, lb::Instant) override {
        total.on_added(id, view);
    }
};

TEST(TotalInFlight, CountsWhoeverSentTheRequests) {
    lb::Fleet fleet;
    fleet.sent(lbtest::join(fleet, "a"), {});  // Before anybody counts.
    {
        auto policy = std::make_unique<Counting>();
        const auto& total = policy->total;
        lb::Balancer balancer{fleet, std::move(policy), lb::Rng{1}, {}};
        EXPECT_EQ(total.value(), 1u);
        const auto b = lbtest::join(fleet, "b");
        const auto ticket = std::get<lb::Ticket>(balancer.pick({}, {}));
        fleet.sent(b, {});
        EXPECT_EQ(total.value(), 3u);
        balancer.done(ticket, {}, {});
        EXPECT_EQ(total.value(), 2u);
        fleet.remove(b, {});
        EXPECT_EQ(total.value(), 2u) << "until it ends";
        fleet.done(b, {});
        EXPECT_EQ(total.value(), 1u);
        ASSERT_EQ(lbtest::join(fleet, "c"), b);
        EXPECT_EQ(total.value(), 1u);
    }
    fleet.done(lb::BackendId{0}, {});  // It listens no more.
}

}  // namespace
