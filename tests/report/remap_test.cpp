#include "report/remap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace lbsim {
namespace {

RemapFleet fleet(std::size_t n) {
    RemapFleet out;
    for (std::size_t i = 0; i != n; ++i) out.push_back({"b" + std::to_string(i), 1});
    return out;
}
RemapRow row(std::string policy, std::vector<std::vector<std::uint64_t>> matrix) {
    RemapRow out;
    out.policy = std::move(policy);
    out.matrix = std::move(matrix);
    out.moved = 20;
    out.max_over_mean = 1.25;
    out.cv = 0.1;
    return out;
}
/// Two backends, then three; and back, with another weight.
std::vector<RemapStep> made() {
    auto heavy = fleet(2);
    heavy[1].weight = 2;
    std::vector<RemapStep> steps{{fleet(2), fleet(3), 100, 100, 1.0 / 3, {}},
                                 {fleet(3), heavy, 100, 100, 0.5, {}},
                                 {fleet(2), heavy, 100, 100, 1.0 / 6, {}}};
    steps[0].rows = {row("ring_hash", {{40, 0, 10}, {0, 40, 10}})};
    steps[1].rows = {row("ring_hash", {{30, 10}, {0, 40}, {10, 10}})};
    steps[2].rows = {row("ring_hash", {{40, 10}, {0, 50}})};
    for (auto& step : steps) {
        step.rows[0].ring_from = {{0.25, 0}, {0.75, 1}};
        step.rows[0].ring_to = {{0.1, 1}, {0.5, 0}};
    }
    return steps;
}

TEST(RemapTable, NamesEachStepAndWhatTheyComeToTogether) {
    RemapTableOptions options;
    options.width = 100;
    const auto table = remap_table(made(), options);
    EXPECT_NE(table.find("step 1: +b2; at least 33.3 % have to move\n"), std::string::npos)
        << table;
    EXPECT_NE(table.find("step 2: b1=2.00, -b2; at least 50.0 % have to move\n"), std::string::npos)
        << table;
    EXPECT_NE(table.find("all 2 steps together; at least 16.7 % have to move\n"), std::string::npos)
        << table;
    const auto one = remap_table(std::vector{made()[0]}, options);
    EXPECT_EQ(one.find("step"), std::string::npos) << one;
    EXPECT_NE(one.find("100 keys, of which at least 33.3 % have to move\n"), std::string::npos);
}

// Up to the right a quarter is b0's, the lower half b1's, and then b0's again.
TEST(RemapRing, StandsBeforeInsideAndAfterOutside) {
    const auto steps = made();
    TableOptions options;
    options.width = 44;
    const auto ring = remap_ring(steps[0], steps[0].rows[0], options);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < ring.size();) {
        const auto end = ring.find('\n', at);
        lines.push_back(ring.substr(at, end - at));
        EXPECT_LE(lines.back().size(), 46u);
        at = end + 1;
    }
    const auto count = [&](char c) { return std::count(ring.begin(), ring.end(), c); };
    EXPECT_EQ(count('A'), 2);  // A point of b0 on each ring,
    EXPECT_EQ(count('B'), 2);  // and one of b1.
    EXPECT_NE(ring.find(" a b0"), std::string::npos) << ring;
    // Inside b0 has what lies between b1's point and its own: half; outside 40 %.
    EXPECT_NE(ring.find("50.0      1    40.0      1"), std::string::npos) << ring;
    EXPECT_EQ(remap_ring(steps[0], row("maglev", {{1}}), options), "");
}

TEST(RemapSvg, IsWellFormedAndShowsWhereKeysWent) {
    auto steps = made();
    steps[0].to[2].name = "<b&2>";
    const auto svg = remap_svg(steps);
    EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    EXPECT_NE(svg.find("b0 to &lt;b&amp;2&gt;: 10 keys"), std::string::npos);
    EXPECT_EQ(svg.find("<b&2>"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    // Every tag that opens closes.
    std::size_t open = 0, close = 0;
    for (std::size_t at = 0; (at = svg.find('<', at)) != std::string::npos; ++at) {
        const auto end = svg.find('>', at);
        ASSERT_NE(end, std::string::npos);
        if (svg[at + 1] == '/')
            ++close;
        else if (svg[end - 1] != '/')
            ++open;
    }
    EXPECT_EQ(open, close);
}

TEST(RemapCsv, TellsStepsApart) {
    const auto csv = remap_csv(made());
    EXPECT_TRUE(csv.starts_with("step,policy,metric,from,to,value\n1,ring_hash,moved,,,0.2\n"));
    EXPECT_NE(csv.find("\n2,ring_hash,keys,b2,b1,10\n"), std::string::npos);
    EXPECT_NE(csv.find("\nall,ring_hash,keys,b0,b1,10\n"), std::string::npos);
}

TEST(RemapJson, HasAllStepsAndTheWhole) {
    const auto json = remap_json(made());
    const auto count = [&](std::string_view text) {
        std::size_t n = 0;
        for (std::size_t at = 0; (at = json.find(text, at)) != std::string::npos; ++at) ++n;
        return n;
    };
    EXPECT_EQ(count("\"policy\": \"ring_hash\""), 3u);
    EXPECT_EQ(count("\"whole\": {"), 1u);
    EXPECT_EQ(remap_json(std::vector{made()[0]}).find("whole"), std::string::npos);
}

}  // namespace
}  // namespace lbsim
