#include "trace/formats/jsonl.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

std::string flaw_in(std::string_view line) {
    JsonLines format{{}, TimeUnit::automatic};
    LogLine to;
    const auto flaw = format.read(line, to);
    return flaw ? std::to_string(flaw->column) + ": " + flaw->reason : std::string{};
}

TEST(JsonLines, KnowsMooncakesMilliseconds) {
    TraceFormat format;
    format.columns.key = "hash_ids[1]";
    const Reading reading = read_text(
        R"({"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 14, 2]})"
        "\n"
        R"({"timestamp": 3000, "input_length": 7, "output_length": 490, "hash_ids": [0]})",
        format);
    ASSERT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.records[1].at_s, 3);
    EXPECT_EQ(reading.records[1].work, 490);
    EXPECT_EQ(reading.records[0].key, "14");
    EXPECT_EQ(reading.records[1].key, "");
    EXPECT_EQ(reading.report.choices,
              "time from timestamp, work from output_length, key from hash_ids");
}

TEST(JsonLines, ReadsEnvoysJson) {
    const Reading reading = read_text(
        R"({"start_time":"2026-01-01T00:00:00.092Z","duration":31,"upstream_service_time":"30",)"
        R"("path":"\/p\/42","method":"GET","response_code":200,"x_forwarded_for":null})"
        "\n"
        R"({"start_time":"2026-01-01T00:00:01.092Z","duration":0,"upstream_service_time":"-",)"
        R"("path":"/p/7","method":"GET","response_code":503,"x_forwarded_for":"1.2.3.4"})");
    ASSERT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.records[0].work, 0.030);
    EXPECT_EQ(reading.records[0].path, "/p/42");
    EXPECT_EQ(reading.records[0].key, "");
    EXPECT_EQ(reading.records[1].at_s, 1);
    EXPECT_FALSE(reading.records[1].work);
    EXPECT_EQ(reading.records[1].status, 503);
    EXPECT_EQ(reading.records[1].key, "1.2.3.4");
}

TEST(JsonLines, PassesOverWhatIsNested) {
    const Reading reading = read_text(
        R"({"a":{"time":9,"b":["}",{"c":"\"]"}]},"time":1,"l":[[],{}],"key":"x \"y\" \\ z\n"})");
    ASSERT_EQ(reading.records.size(), 1u);
    EXPECT_EQ(reading.records[0].key, "x \"y\" \\ z\\n");
}

TEST(JsonLines, MayLackEverythingButATime) {
    const Reading reading = read_text("{\"time\":1,\"work\":2}\n{\"time\":2}\n{\"work\":3}\n{}\n");
    EXPECT_EQ(reading.records.size(), 2u);
    EXPECT_EQ(reading.report.malformed, 2u);
    EXPECT_EQ(reading.report.without_work, 1u);
    EXPECT_EQ(reading.report.malformed_lines[0].reason, "no field \"time\"");
}

TEST(JsonLines, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_in("[1]"), "1: expected an object in braces");
    EXPECT_EQ(flaw_in("{time:1}"), "6: expected a name in quotes");
    EXPECT_EQ(flaw_in("{\"time\" 1}"), "9: expected a colon");
    EXPECT_EQ(flaw_in("{\"time\":\"1}"), "9: expected a value that is closed on its line");
    EXPECT_EQ(flaw_in("{\"time\":1,\"x\":[1"), "15: expected a value that is closed on its line");
    EXPECT_EQ(flaw_in("{\"time\":1"), "10: expected a comma or a closing brace");
    EXPECT_EQ(flaw_in("{\"time\":1}}"), "11: expected the end of the line");
    EXPECT_EQ(flaw_in("{\"time\":1,}"), "11: expected a name in quotes");
    EXPECT_EQ(flaw_in("{\"time\":true}"),
              "9: expected a time as a number or an ISO date, found \"true\"");
    EXPECT_EQ(flaw_in("{\"x\":1}"), "1: no field for the time");
    EXPECT_EQ(flaw_in("{\"time\":1,\"work\":-4}"),
              "18: expected an amount of work, 0 or more, found \"-4\"");
}

}  // namespace
}  // namespace lbsim
