#include "balancer/policies/first.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "support/pool.hpp"

namespace {

using lb::BackendId;
using lb::First;
using lbtest::make;
using lbtest::Pool;

BackendId join(Pool& pool, std::uint32_t number, std::uint32_t most) {
    return pool.fleet.add(std::make_shared<const lb::Backend>(
                              lb::Backend{.name = "b", .number = number, .max_in_flight = most}),
                          1, {});
}

TEST(First, FillsEachBeforeTheNextGetsAnything) {
    Pool pool{make<First>()};
    const auto a = join(pool, 0, 2), b = join(pool, 0, 3), c = join(pool, 0, 1);
    std::vector<lb::Ticket> out;
    for (const auto expected : {a, a, b, b, b, c}) {
        out.push_back(pool.send());
        EXPECT_EQ(out.back().backend, expected);
    }
    EXPECT_TRUE(std::holds_alternative<lb::Rejection>(pool.balancer.pick({}, {})));
    pool.done(out[3]);
    pool.done(out[0]);
    EXPECT_EQ(pool.send().backend, a) << "who is before the others, not who was free first";
    EXPECT_EQ(pool.send().backend, b);
}

TEST(First, GoesByNumberAndThenByTheOrderOfJoining) {
    Pool pool{make<First>()};
    const auto a = join(pool, 7, 1), b = join(pool, 3, 1), c = join(pool, 7, 1);
    const auto d = join(pool, 0, 1);  // The fourth.
    for (const auto expected : {b, d, a, c}) EXPECT_EQ(pool.send().backend, expected);
}

TEST(First, PassesOverTheExcluded) {
    Pool pool{make<First>()};
    const auto a = pool.add(), b = pool.add();
    pool.exclude(a);
    EXPECT_EQ(pool.pick(), b);
    pool.admit(a);
    EXPECT_EQ(pool.pick(), a);
    pool.remove(a);
    EXPECT_EQ(pool.pick(), b);
    EXPECT_EQ(pool.add(), a) << "in the slot of the first, but behind the second";
    EXPECT_EQ(pool.pick(), b);
}

}  // namespace
