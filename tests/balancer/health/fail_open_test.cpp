#include "balancer/health/fail_open.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace {

using lb::FailOpen;
using lb::PriorityBackends;

TEST(FailOpen, OpensByAnyOfItsRulesAndNotAtTheirBounds) {
    struct Case {
        FailOpen rules;
        PriorityBackends hosts;
        bool opens;
    };
    for (const auto& c : {
             Case{{50, 0, 0}, {49, 100}, true},
             Case{{50, 0, 0}, {50, 100}, false},
             Case{{50, 0, 0}, {1, 3}, true},
             Case{{50, 0, 0}, {0, 0}, true},
             Case{{100, 0, 0}, {9, 10}, true},
             Case{{100, 0, 0}, {10, 10}, false},
             Case{{0, 0, 0}, {0, 10}, false},
             Case{{0, 1, 0}, {0, 10}, true},
             Case{{0, 1, 0}, {1, 10}, false},
             Case{{0, 3, 0}, {2, 2}, true},
             Case{{0, 0, 30}, {2, 10}, true},
             Case{{0, 0, 30}, {3, 10}, false},
             Case{{0, 1, 30}, {2, 10}, true},
             Case{{0, 5, 30}, {4, 10}, true},
             Case{{10, 1, 30}, {3, 10}, false},
         })
        EXPECT_EQ(c.rules.opens(c.hosts), c.opens)
            << c.hosts.healthy << '/' << c.hosts.total << ' ' << c.rules.panic_threshold_percent;
}

TEST(FailOpen, HasAPresetForEachProgram) {
    struct Case {
        std::string_view name;
        bool one_of_three, none_of_three, half;
    };
    for (const auto& c : {Case{"default", true, true, false}, Case{"envoy", true, true, false},
                          Case{"alb", false, true, false}, Case{"never", false, false, false}}) {
        const auto* preset = find_preset(lb::fail_open_presets(), c.name);
        ASSERT_NE(preset, nullptr) << c.name;
        EXPECT_EQ(preset->config.opens({1, 3}), c.one_of_three) << c.name;
        EXPECT_EQ(preset->config.opens({0, 3}), c.none_of_three) << c.name;
        EXPECT_EQ(preset->config.opens({2, 4}), c.half) << c.name;
    }
}

}  // namespace
