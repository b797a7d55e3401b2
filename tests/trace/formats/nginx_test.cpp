#include "trace/formats/nginx.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

const std::string kBegin = R"(1767225600.123 203.0.113.7 "GET /p/42 HTTP/1.1" 200 5120)";

TEST(Nginx, MovesARequestBackToWhenItArrived) {
    const OwnedLine line = read_line<Nginx>(kBegin + " 0.031 10.0.0.12:8080 200 0.001 0.029 0.030");
    EXPECT_EQ(line.logged, 1'767'225'600'123'000'000);
    EXPECT_EQ(line.took, 31'000'000);
    EXPECT_FALSE(line.whole_second);
    EXPECT_EQ(line.work, 0.030);
    EXPECT_EQ(line.key, "203.0.113.7");
    EXPECT_EQ(line.path, "/p/42");
    EXPECT_EQ(line.status, 200);
}

TEST(Nginx, TakesTheServiceOfTheFinalTry) {
    const OwnedLine line = read_line<Nginx>(
        kBegin + " 1.044 10.0.0.13:80, 10.0.0.11:80 504, 200 0.001, 0.002 -, 0.040 1.000, 0.041");
    EXPECT_EQ(line.took, 1'044'000'000);
    EXPECT_EQ(line.work, 0.041);
}

TEST(Nginx, MayEndBeforeAnyOfItsTimes) {
    EXPECT_FALSE(read_line<Nginx>(kBegin).work);
    EXPECT_EQ(read_line<Nginx>(kBegin + " 0.031").work, 0.031);
    EXPECT_FALSE(read_line<Nginx>(kBegin + " 0.031 - - - - -").work);
}

TEST(Nginx, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_of<Nginx>("yesterday 1.2.3.4"),
              "1: expected the time in seconds since 1970, found \"yesterday 1.2.3.4\"");
    EXPECT_EQ(flaw_of<Nginx>(kBegin + " soon"),
              "58: expected a request time in seconds, found \"soon\"");
    EXPECT_EQ(flaw_of<Nginx>(kBegin + " 0.031 10.0.0.12:8080 200"),
              "82: expected upstream connect times, found the end of the line");
}

}  // namespace
}  // namespace lbsim
