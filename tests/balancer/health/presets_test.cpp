#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "balancer/health/fail_open.hpp"
#include "balancer/health/health_check_presets.hpp"
#include "balancer/health/outlier_presets.hpp"
#include "balancer/health/passive_count.hpp"

// What every table of presets, and every configuration that describes itself, obeys.

namespace {

/// Holds every field against its range, and notes its name and what is said of it.
class Checked final : public lb::Fields {
public:
    std::set<std::string> names;
    std::vector<std::string> wrong;

    void field(std::string_view name, bool&, std::string_view meaning) override {
        note(name, meaning);
    }
    void field(std::string_view name, std::int64_t& value, std::string_view meaning,
               lb::Range range) override {
        note(name, meaning);
        check(name, static_cast<double>(value), range);
    }
    void field(std::string_view name, double& value, std::string_view meaning, lb::Range range,
               lb::Unit) override {
        note(name, meaning);
        check(name, value, range);
    }
    void field(std::string_view name, lb::Duration& value, std::string_view meaning,
               lb::Range range) override {
        note(name, meaning);
        check(name, lb::seconds(value), range);
    }
    void field(std::string_view name, std::vector<lb::Duration>& values, std::string_view meaning,
               lb::Range range) override {
        note(name, meaning);
        for (const auto value : values) check(name, lb::seconds(value), range);
    }
    void field(std::string_view name, std::string&, std::string_view meaning) override {
        note(name, meaning);
    }
    void field(std::string_view name, lb::Limit&, std::string_view, std::string_view meaning,
               lb::Range) override {
        note(name, meaning);
    }
    void word(std::string_view name, std::size_t& index, std::span<const std::string_view> words,
              std::string_view meaning) override {
        note(name, meaning);
        if (index >= words.size()) wrong.push_back(std::string{name});
    }
    void problem(std::string_view name, std::string, std::string) override {
        wrong.push_back(std::string{name});
    }

private:
    void note(std::string_view name, std::string_view meaning) {
        if (meaning.empty() || !names.insert(std::string{name}).second)
            wrong.push_back(std::string{name});
    }
    void check(std::string_view name, double value, lb::Range range) {
        const bool low = range.low_included ? value >= range.low : value > range.low;
        if (!low || value > range.high) wrong.push_back(std::string{name});
    }
};

template <class Config>
void expect_sound(Config config) {
    Checked fields;
    config.describe(fields);
    EXPECT_EQ(fields.wrong, std::vector<std::string>{});
}

template <class Config, class More>
void expect_sound(std::span<const lb::Preset<Config>> presets, More more) {
    std::set<std::string_view> names;
    for (const auto& preset : presets) {
        SCOPED_TRACE(preset.name);
        EXPECT_TRUE(names.insert(preset.name).second);
        EXPECT_FALSE(preset.summary.empty());
        EXPECT_EQ(preset.source.empty(), preset.name == "default");
        expect_sound(preset.config);
        more(preset.config);
        EXPECT_EQ(find_preset(presets, preset.name), &preset);
    }
}

TEST(HealthPresets, AreNamedSourcedAndWithinTheirRanges) {
    expect_sound(lb::health_check_presets(), [](const lb::HealthCheckConfig& c) {
        if (c.observe) expect_sound(*c.observe);
    });
    expect_sound(lb::passive_presets(), [](const auto&) {});
    expect_sound(lb::fail_open_presets(), [](const auto&) {});
    expect_sound(lb::outlier_presets(), [](const lb::OutlierRules& c) {
        if (c.consecutive) expect_sound(*c.consecutive);
        if (c.success_rate) expect_sound(*c.success_rate);
        if (c.failure_percentage) expect_sound(*c.failure_percentage);
        if (c.latency) expect_sound(*c.latency);
        expect_sound(c.enforce_percent);
    });
}

TEST(HealthPresets, BeginWithOursWhereWeHaveOne) {
    EXPECT_EQ(lb::health_check_presets().front().name, "default");
    EXPECT_EQ(lb::outlier_presets().front().name, "default");
    EXPECT_EQ(lb::fail_open_presets().front().name, "default");
}

template <class Config>
std::vector<std::string> wrong(Config config) {
    Checked fields;
    config.describe(fields);
    return fields.wrong;
}

TEST(HealthCheckConfig, FindsMistakesThatNoRangeTells) {
    EXPECT_EQ(wrong(lb::HealthCheckConfig{.expect_status = "2x"}),
              std::vector<std::string>{"expect_status"});
    EXPECT_EQ(wrong(lb::HealthCheckConfig{.retriable_status = "-"}),
              std::vector<std::string>{"retriable_status"});
    EXPECT_EQ(wrong(lb::HealthCheckConfig::Observe{.layer = 5}), std::vector<std::string>{"layer"});
    for (const std::int64_t layer : {4, 7})
        EXPECT_TRUE(wrong(lb::HealthCheckConfig::Observe{.layer = layer}).empty());
}

}  // namespace
