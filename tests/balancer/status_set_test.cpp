#include "balancer/status_set.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using lb::StatusSet;

TEST(StatusSet, ContainsItsRangesWithTheirEnds) {
    struct Case {
        std::string_view list;
        std::vector<std::uint16_t> in, out;
    };
    for (const auto& c :
         {Case{"200", {200}, {199, 201, 0}}, Case{"200-299", {200, 250, 299}, {199, 300}},
          Case{"200-204, 304 ,500-599", {200, 204, 304, 500, 599}, {205, 303, 499}},
          Case{"999", {999}, {99}}, Case{"100-100", {100}, {101}},
          Case{"304, 5xx", {304, 500, 599}, {300, 499, 600}}, Case{"", {}, {0, 200}}}) {
        const auto set = StatusSet::of(c.list);
        ASSERT_TRUE(set.has_value()) << c.list;
        for (const auto status : c.in) EXPECT_TRUE(set->contains(status)) << c.list << status;
        for (const auto status : c.out) EXPECT_FALSE(set->contains(status)) << c.list << status;
    }
}

TEST(StatusSet, IsMadeOfNothingElse) {
    for (const auto* list :
         {"20", "2000", "xx", "0xx", "2x", "2XX", "2xx-3xx", "ok", "200-", "-200", "299-200",
          "200,", ",200", "200;201", "200 201", "200-250-299", "200, ,201", "099", "200--299"})
        EXPECT_FALSE(StatusSet::of(list).has_value()) << list;
}

}  // namespace
