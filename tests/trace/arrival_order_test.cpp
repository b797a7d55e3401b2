#include "trace/arrival_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/rng.hpp"

namespace lbsim {
namespace {

TEST(ArrivalOrder, PopsTheEarliestAndOfEqualsTheFirst) {
    ArrivalOrder order;
    for (const auto& [at, slot] : std::vector<std::pair<Nanos, std::uint32_t>>{
             {5, 0}, {3, 1}, {5, 2}, {3, 3}, {9, 4}, {5, 5}})
        order.push(at, slot);
    std::vector<std::uint32_t> slots;
    while (!order.empty()) slots.push_back(order.pop().slot);
    EXPECT_EQ(slots, (std::vector<std::uint32_t>{1, 3, 0, 2, 5, 4}));
}

TEST(ArrivalOrder, AgreesWithASortedListUnderAnyMixOfPushesAndPops) {
    for (const std::uint64_t disorder : {1u, 10u, 100'000u}) {
        lb::Rng rng{disorder};
        ArrivalOrder order;
        std::vector<std::pair<Nanos, std::uint32_t>> model;
        for (std::uint32_t i = 0; i < 5000; ++i) {
            const auto at = static_cast<Nanos>(i + rng.below(disorder));
            order.push(at, i);
            model.insert(std::upper_bound(model.begin(), model.end(), at,
                                          [](Nanos a, const auto& b) { return a < b.first; }),
                         {at, i});
            while (!model.empty() && rng.chance(0.45)) {
                ASSERT_EQ(order.front().at, model.front().first);
                ASSERT_EQ(order.pop().slot, model.front().second);
                model.erase(model.begin());
            }
        }
        for (const auto& [at, slot] : model) ASSERT_EQ(order.pop().slot, slot);
        EXPECT_TRUE(order.empty());
    }
}

}  // namespace
}  // namespace lbsim
