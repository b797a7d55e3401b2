#include "trace/formats/csv.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

TEST(Csv, FindsItsColumnsInAnyOrder) {
    const Reading reading = read_text("path,work,time,key\n/a,0.25,10,ann\n/b,,12.5,\n");
    ASSERT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.records[0].path, "/a");
    EXPECT_EQ(reading.records[0].work, 0.25);
    EXPECT_EQ(reading.records[0].key, "ann");
    EXPECT_EQ(reading.records[1].at_s, 2.5);
    EXPECT_FALSE(reading.records[1].work);
    EXPECT_EQ(reading.report.kind, TraceKind::csv);
    EXPECT_EQ(reading.report.choices,
              "time from time, work from work, key from key, path from path");
}

TEST(Csv, KnowsAzuresColumns) {
    const Reading reading = read_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n"
        "2023-11-16 18:15:50.9951690,396,109");
    ASSERT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.records[0].work, 44);
    EXPECT_EQ(reading.records[1].at_s, 4.314579);
    TraceFormat format;
    format.columns.work = "ContextTokens";
    format.work_scale = 0.5;
    EXPECT_EQ(
        read_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5,374,44\n", format)
            .records[0]
            .work,
        187);
}

TEST(Csv, TakesUnitsFromTheNamesOfColumns) {
    const Reading reading = read_text("arrival_ms,service_us\n1500,29\n2500,30\n");
    EXPECT_EQ(reading.records[1].at_s, 1);
    EXPECT_EQ(reading.records[0].work, 29e-6);
    TraceFormat format;
    format.time_unit = TimeUnit::us;
    EXPECT_EQ(read_text("time\n0\n2500000\n", format).records[1].at_s, 2.5);
}

TEST(Csv, SettlesAnUnnamedUnitByTheFirstTime) {
    const std::vector<std::pair<std::string, double>> cases{{"99999999999", 0},
                                                            {"1767225600", 1},
                                                            {"1767225600000", 1e-3},
                                                            {"1767225600000000", 1e-6},
                                                            {"1767225600000000000", 1e-9},
                                                            {"1767225600000.5", 1e-3}};
    for (const auto& [first, unit] : cases) {
        TimeColumn column;
        const auto time = column.read(first);
        const auto after = column.read("1");
        ASSERT_TRUE(after) << first;
        EXPECT_EQ(time.has_value(), unit > 0) << first;
        EXPECT_EQ(seconds_of(after->nanos), unit > 0 ? unit : 1) << first;
    }
}

TEST(Csv, UnquotesFields) {
    const Reading reading =
        read_text("time,\"key\",path\n\"1\",\"a \"\"b\"\", c\",/x\n2,\"\",\"/y\"\n");
    EXPECT_EQ(reading.records[0].key, "a \"b\", c");
    EXPECT_EQ(reading.records[0].path, "/x");
    EXPECT_EQ(reading.records[1].key, "");
    EXPECT_EQ(reading.records[1].path, "/y");
}

TEST(Csv, TakesSemicolonsAndTabs) {
    EXPECT_EQ(read_text("time;key\n1;a,b\n").records[0].key, "a,b");
    EXPECT_EQ(read_text("time\tkey\n1\ta,b\n").records[0].key, "a,b");
}

TEST(Csv, CountsRowsThatAreWrongAndSaysWhy) {
    const Reading reading = read_text("time,work\n1,2\nsoon,2\n3\n4,-1\n5,\"6\n6,7,extra\n");
    EXPECT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.report.malformed, 4u);
    std::string reasons;
    for (const MalformedLine& line : reading.report.malformed_lines)
        reasons += std::to_string(line.line) + ':' + std::to_string(line.column) + ": " +
                   line.reason + '\n';
    EXPECT_EQ(reasons,
              "3:1: expected a time as a number or an ISO date, found \"soon\"\n"
              "4:2: expected 2 fields or more, found 1\n"
              "5:3: expected an amount of work, 0 or more, found \"-1\"\n"
              "6:3: a quoted field is not closed on its line\n");
}

TEST(Csv, NeedsAColumnForTheTimeAndEveryColumnItWasAskedFor) {
    TraceFormat format;
    format.kind = TraceKind::csv;
    EXPECT_EQ(error_of("\nwhen,what\n1,2\n", format),
              "2:1: no column for the time; there are: when, what");
    format.columns.key = "who";
    EXPECT_EQ(error_of("time,what\n1,2\n", format), "1:1: no column \"who\"");
    EXPECT_EQ(error_of("time,what\n"), "2:1: the trace ends after its header");
}

TEST(Csv, SpreadsDatesOfWholeSecondsButNotADateWhoseFractionWasLeftOut) {
    const Reading whole = read_text("time\n2026-01-01 00:00:00\n2026-01-01 00:00:00\n");
    EXPECT_TRUE(whole.report.whole_seconds);
    EXPECT_EQ(whole.records[1].at_s, 0.5);
    const Reading exact =
        read_text("time\n2026-01-01 00:00:00.5\n2026-01-01 00:00:01\n2026-01-01 00:00:01\n");
    EXPECT_FALSE(exact.report.whole_seconds);
    EXPECT_EQ(exact.records[2].at_s, 0.5);
}

}  // namespace
}  // namespace lbsim
