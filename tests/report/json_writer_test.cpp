#include "report/json_writer.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/rng.hpp"

namespace lbsim {
namespace {

using Layout = JsonWriter::Layout;

template <class T>
std::string written(const T& value) {
    JsonWriter out;
    out.value(value);
    auto text = std::move(out).text();
    text.pop_back();  // The newline.
    return text;
}

double read(const std::string& text) {
    double out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

TEST(JsonWriter, BreaksLinesInBlocksAndKeepsLinesWhole) {
    JsonWriter out;
    out.begin_object();
    out.member("a", 1);
    out.key("b");
    out.begin_object(Layout::Line);
    out.member("c", true);
    out.key("d");
    out.begin_array();
    out.value(1.5);
    out.null();
    out.end();
    out.end();
    out.key("e");
    out.begin_array();
    out.value("x");
    out.begin_object();
    out.end();
    out.end();
    out.end();
    EXPECT_EQ(std::move(out).text(),
              "{\n"
              "  \"a\": 1,\n"
              "  \"b\": {\"c\": true, \"d\": [1.5, null]},\n"
              "  \"e\": [\n"
              "    \"x\",\n"
              "    {}\n"
              "  ]\n"
              "}\n");
}

TEST(JsonWriter, WritesTheShortestNumberThatReadsBack) {
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(100.0), "100");
    EXPECT_EQ(written(-0.0), "-0");
    EXPECT_EQ(written(1e23), "1e+23");
    EXPECT_EQ(written(5e-324), "5e-324");
}

TEST(JsonWriter, ReadsBackAsTheSameDouble) {
    lb::Rng rng{1};
    int shorter = 0;  // Than the library's: the reason for having our own.
    for (int i = 0; i != 100'000; ++i) {
        const auto x = std::bit_cast<double>(rng());
        if (!(x - x == 0)) continue;
        const auto text = written(x);
        ASSERT_EQ(std::bit_cast<std::uint64_t>(read(text)), std::bit_cast<std::uint64_t>(x))
            << text;
        ASSERT_EQ(nlohmann::json::parse(text).get<double>(), x);
        const auto theirs = nlohmann::json(x).dump();
        ASSERT_LE(text.size(), theirs.size());
        shorter += text.size() < theirs.size();
    }
    EXPECT_GT(shorter, 0);
}

TEST(JsonWriter, WritesWholeNumbersOfAllSizes) {
    EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(JsonWriter, WritesNullForWhatJsonHasNoNumberFor) {
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(written(std::optional<double>{}), "null");
}

TEST(JsonWriter, EscapesEveryLetterSoThatItReadsBack) {
    std::string all;
    for (char c = 1; c != 127; ++c) all += c;
    all += "\x7f µ 負 💥 \xe2\x80\xa8 \xe2\x80\xae";
    all += '\0';
    const auto text = written(all);
    EXPECT_EQ(nlohmann::json::parse(text).get<std::string>(), all);
    for (const char c : text) EXPECT_GE(static_cast<unsigned char>(c), 0x20u);
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
    EXPECT_EQ(written("a\xff\xc0\xaf"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(JsonWriterDeath, RefusesWhatWouldNotBeJson) {
    JsonWriter out;
    out.begin_object();
    EXPECT_DEATH(out.value(1), "broken expectation");
    out.key("a");
    EXPECT_DEATH(out.end(), "broken expectation");
    EXPECT_DEATH((void)std::move(out).text(), "broken expectation");
}

}  // namespace
}  // namespace lbsim
