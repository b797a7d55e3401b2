#include "trace/formats/alb.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

constexpr Nanos kNewYear = 1'767'225'600'000'000'000;
const std::string kBegin =
    "https 2026-01-01T00:00:00.123456Z app/prod/50dc 203.0.113.7:51234 10.0.0.12:8080 ";
const std::string kRequest = R"(312 5120 "GET https://api.example:443/p/42 HTTP/2.0")";
const std::string kEnd =
    R"( "curl/8.5" ECDHE TLSv1.2 arn:x "Root=1" "api" "arn:y" 1 2026-01-01T00:00:00.092000Z)";

TEST(Alb, ArrivesWhenTheRequestWasCreated) {
    for (const char* more :
         {"", R"( "forward" "-" "-" "10.0.0.12:8080" "200" "-" "-" TID_1 new)"}) {
        const OwnedLine line =
            read_line<Alb>(kBegin + "0.001 0.029 0.000 200 200 " + kRequest + kEnd + more);
        EXPECT_EQ(line.logged, kNewYear + 123'456'000);
        EXPECT_EQ(line.logged - line.took, kNewYear + 92'000'000);
        EXPECT_EQ(line.work, 0.029);
        EXPECT_EQ(line.key, "203.0.113.7");
        EXPECT_EQ(line.path, "/p/42");
        EXPECT_EQ(line.status, 200);
    }
}

TEST(Alb, SubtractsItsProcessingTimesIfTheCreationIsMissing) {
    const OwnedLine line = read_line<Alb>(kBegin + "0.001 0.029 0.002 200 200 " + kRequest);
    EXPECT_EQ(line.took, 32'000'000);
}

TEST(Alb, HasNoWorkIfTheRequestWasNotDispatched) {
    const OwnedLine line = read_line<Alb>(kBegin + "-1 -1 -1 503 - " + kRequest + kEnd);
    EXPECT_FALSE(line.work);
    EXPECT_EQ(line.status, 503);
    EXPECT_EQ(line.took, 31'456'000);
}

TEST(Alb, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_of<Alb>("tcp 2026"), "1: expected a type such as https, found \"tcp 2026\"");
    EXPECT_EQ(flaw_of<Alb>(kBegin + "0.001 slow 0.000"),
              "88: expected a target_processing_time, found \"slow 0.000\"");
    EXPECT_NE(flaw_of<Alb>(kBegin + "0.001 1e9 0.000 200 200 " + kRequest), "");
    EXPECT_NE(flaw_of<Alb>(kBegin + "0.001 0.029 0.000 200 200 312 5120"), "");
}

}  // namespace
}  // namespace lbsim
