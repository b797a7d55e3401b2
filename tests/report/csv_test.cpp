#include "report/csv.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/metrics.hpp"
#include "report/made.hpp"

namespace lbsim {
namespace {

using Row = std::vector<std::string>;

/// By RFC 4180; nothing if it breaks a rule.
std::optional<std::vector<Row>> parse(std::string_view text) {
    std::vector<Row> rows;
    while (!text.empty()) {
        Row row;
        for (bool more = true; more;) {
            auto& cell = row.emplace_back();
            if (text.starts_with('"')) {
                text.remove_prefix(1);
                for (;;) {
                    const auto quote = text.find('"');
                    if (quote == text.npos) return {};
                    cell += text.substr(0, quote);
                    text.remove_prefix(quote + 1);
                    if (!text.starts_with('"')) break;
                    cell += '"';
                    text.remove_prefix(1);
                }
            } else {
                const auto end = text.find_first_of(",\n");
                if (end == text.npos || text.substr(0, end).find('"') != text.npos) return {};
                cell = text.substr(0, end);
                text.remove_prefix(end);
            }
            if (text.empty() || (text[0] != ',' && text[0] != '\n')) return {};
            more = text[0] == ',';
            text.remove_prefix(1);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

TEST(Csv, ParsesBackToEightCellsARow) {
    for (std::uint64_t seed = 0; seed != 100; ++seed) {
        const auto rows = parse(to_csv(made::any_result(seed)));
        ASSERT_TRUE(rows) << seed;
        for (const auto& row : *rows) ASSERT_EQ(row.size(), 8u);
        ASSERT_EQ(rows->front(), (Row{"scenario", "variant", "window", "backend", "metric", "value",
                                      "low", "high"}));
    }
}

TEST(Csv, NamesEveryMetricAsTheTableOfMetricsDoes) {
    const auto rows = parse(to_csv(made::any_result(3)));
    ASSERT_TRUE(rows);
    ASSERT_GT(rows->size(), 100u);
    for (std::size_t i = 1; i != rows->size(); ++i) {
        const auto* metric = find_metric((*rows)[i][4]);
        ASSERT_NE(metric, nullptr) << (*rows)[i][4];
        ASSERT_EQ(column(*metric), (*rows)[i][4]);
    }
}

TEST(Csv, KeepsNumbersAndNames) {
    auto run = made::run("p2c");
    run.variant = "a, \"b\"";
    run.measures.good = made::number(1.0 / 3, 0.125);
    run.measures.error_rate = made::absent();
    run.measures.latency_of_all.p99 = made::beyond();
    const auto rows = parse(to_csv(made::result({run})));
    ASSERT_TRUE(rows);
    const auto find = [&](std::string_view metric) -> Row {
        for (const auto& row : *rows)
            if (row[4] == metric && row[3].empty()) return row;
        return {};
    };
    const auto good = find("good");
    EXPECT_EQ(good[1], "a, \"b\"");
    double value = 0;
    std::from_chars(good[5].data(), good[5].data() + good[5].size(), value);
    EXPECT_EQ(value, 1.0 / 3);
    EXPECT_EQ(find("p99_s"), (Row{"made", "a, \"b\"", "", "", "p99_s", "inf", "", ""}));
    EXPECT_EQ(find("error_rate"), Row{});
}

}  // namespace
}  // namespace lbsim
