#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "report/capacity.hpp"
#include "report/sweep.hpp"
#include "report/text.hpp"
#include "report/validation.hpp"
#include "scenario/problem.hpp"

// Sweeps, capacity and validation, as people and programs read them.

namespace {

using namespace lbsim;
using testing::HasSubstr;

Figure about(double value, double half) {
    Figure f;
    f.value = value;
    f.low = value - half;
    f.high = value + half;
    return f;
}

Sweep two_by_two() {
    Sweep out{"0.1.0", "s", "0123456789abcdef", {}, {}, {}};
    out.vary = {{"balancers.policy", {"p2c", "say \"x\", y"}}, {"seed", {"1", "2"}}};
    for (std::size_t i = 0; i != out.size(); ++i) {
        SweepRun run{"v", "00ff", 5, {}};
        Figure never;
        never.beyond = true;
        never.value = std::numeric_limits<double>::infinity();
        auto thin = about(0.1 + 0.2, 1e-3);
        thin.thin = true;
        run.spans = {{"", {{"good", about(1.0 / 3, 0.01)}, {"p50_s", thin}, {"p99_s", never}}},
                     {"during:x", {{"good", about(0, 0)}}}};
        out.cells.push_back({i, out.values_of(i), {run}});
    }
    return out;
}

TEST(Sweep, RunsTheLastFieldFastest) {
    const auto sweep = two_by_two();
    EXPECT_EQ(sweep.size(), 4u);
    EXPECT_EQ(sweep.values_of(1), (std::vector<std::string>{"p2c", "2"}));
    EXPECT_EQ(sweep.values_of(2), (std::vector<std::string>{"say \"x\", y", "1"}));
}

TEST(Sweep, IsReadBackAsItWasWritten) {
    const auto sweep = two_by_two();
    const auto json = sweep_json(sweep);
    const auto back = read_sweep(Document::parse("s.json", json));
    EXPECT_EQ(back.cells, sweep.cells);
    EXPECT_EQ(sweep_json(back), json);
    EXPECT_EQ(sweep_csv(back), sweep_csv(sweep));
    EXPECT_EQ(sweep_table(back), sweep_table(sweep));
}

TEST(Sweep, IsReadUpToTheLastWholeLine) {
    const auto sweep = two_by_two();
    auto text = sweep_header_line(sweep);
    for (const auto& cell : sweep.cells) text += sweep_cell_line(cell);
    EXPECT_EQ(read_sweep_lines("s.part", text).cells, sweep.cells);
    text.resize(text.size() - 10);
    EXPECT_EQ(read_sweep_lines("s.part", text).cells.size(), 3u);
    try {
        read_sweep_lines("s.part", sweep_header_line(sweep) + "{}\n");
        FAIL();
    } catch (const ScenarioError& e) {
        EXPECT_THAT(e.what(), HasSubstr("s.part:2:1: error: expected \"cell\" here"));
    }
}

TEST(Merge, WantsEachShardOnce) {
    const auto whole = two_by_two();
    const auto part = [&](std::size_t number, std::size_t of) {
        auto out = whole;
        out.shard = Shard{number, of};
        std::erase_if(out.cells, [&](const auto& c) { return !out.shard->owns(c.number); });
        return out;
    };
    const auto message = [](std::vector<Sweep> parts) {
        const auto merged = merge(std::move(parts));
        const auto* mistake = std::get_if<MergeMistake>(&merged);
        return mistake == nullptr ? "" : mistake->message;
    };
    const auto merged = merge({part(3, 3), part(1, 3), part(2, 3)});
    EXPECT_EQ(sweep_json(std::get<Sweep>(merged)), sweep_json(whole));
    EXPECT_EQ(message({part(1, 3), part(3, 3)}), "shard 2 of 3 is missing");
    EXPECT_EQ(message({part(1, 2), part(2, 2), part(2, 2)}), "shard 2 of 2 is there twice");
    EXPECT_EQ(message({part(1, 2), part(2, 3)}), "parts of sweeps that were divided differently");
    auto other = part(2, 2);
    other.fingerprint = "f";
    EXPECT_EQ(message({part(1, 2), other}), "parts of different sweeps");
    auto cut = part(2, 2);
    cut.cells.pop_back();
    EXPECT_EQ(message({part(1, 2), cut}), "cell 3 is missing");
}

TEST(Fingerprint, TellsApartWhateverDecidesTheResult) {
    const std::vector<Vary> vary{{"seed", {"1", "2"}}};
    const auto of = [&](const LoadOptions& o) { return fingerprint_of("text", o, vary, "1"); };
    const auto first = of({});
    EXPECT_EQ(first.size(), 16u);
    EXPECT_NE(of({.overrides = {{"a", "b"}}}), first);
    EXPECT_NE(of({.overrides = {{"ab", ""}}}), of({.overrides = {{"a", "b"}}}));
    EXPECT_NE(of({.seed = 1}), of({.replications = 1}));
    EXPECT_NE(fingerprint_of("text", {}, vary, "2"), first);
    EXPECT_NE(fingerprint_of("texts", {}, vary, "1"), first);
}

CapacityResult borne() {
    CapacityResult out;
    out.scenario = "s";
    out.levels = {"p99 < 300ms"};
    out.offered_per_s = 2000;
    LoadPoint at{0.8, 5, {"", {{"p50_s", about(0.007, 0)}, {"goodput_per_s", about(1600, 1)}}}};
    out.rows = {{"p2c", 0.8, 0.79, 0.81, "p99 < 300ms", at, {at, at}},
                {"random", {}, {}, {}, "p99 < 300ms", at, {}}};
    return out;
}

TEST(Capacity, IsToldInRequestsPerSecond) {
    const auto text = capacity_table(borne(), {"b", {3, std::nullopt}});
    EXPECT_THAT(text, HasSubstr("1600"));
    EXPECT_THAT(text, HasSubstr("1580–1620"));
    EXPECT_THAT(text, HasSubstr("too few"));
    EXPECT_FALSE(borne().holds());  // Not at its own load.
    auto of_a_trace = borne();
    of_a_trace.offered_per_s = 0;
    EXPECT_THAT(capacity_table(of_a_trace, {}), HasSubstr("x0.800"));
    EXPECT_THAT(capacity_json(of_a_trace, {}), HasSubstr("\"rate_per_s\": null"));
}

TEST(Tables, FitEightyColumns) {
    Validation validation{"0.1.0", 1, {}};
    validation.checks.push_back(
        {"ring_hash, 10 points, 10 to 11", "throughput", "f", {}, 1.5, 0, {1.6, 0.01}});
    const auto wide = [](const std::string& text) {
        std::istringstream lines{text};
        std::size_t most = 0;
        for (std::string line; std::getline(lines, line);)
            most = std::max(most, display_width(line));
        return most;
    };
    EXPECT_LE(wide(validation_table(validation)), 80u);
    EXPECT_THAT(validation_table(validation), HasSubstr("DIFFERS"));
    EXPECT_LE(wide(sweep_table(two_by_two())), 80u);
    EXPECT_LE(wide(capacity_table(borne(), {"b", {3, 4}})), 80u);
}

}  // namespace
