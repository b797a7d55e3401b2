#include "trace/formats/envoy.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

constexpr Nanos kNewYear = 1'767'225'600'000'000'000;
const std::string kBegin = R"([2026-01-01T00:00:00.092Z] "GET /p/42 HTTP/2" )";

TEST(Envoy, ReadsItsDefaultFormat) {
    const OwnedLine line = read_line<Envoy>(
        kBegin + R"(200 - 0 5120 31 30 "203.0.113.7" "grpc-go" "b6f0" "api" "10.0.0.12:8080")");
    EXPECT_EQ(line.logged - line.took, kNewYear + 92'000'000);
    EXPECT_EQ(line.took, 31'000'000);
    EXPECT_EQ(line.work, 0.030);
    EXPECT_EQ(line.key, "203.0.113.7");
    EXPECT_EQ(line.path, "/p/42");
    EXPECT_EQ(line.status, 200);
}

TEST(Envoy, ReadsIstiosFormat) {
    const OwnedLine line = read_line<Envoy>(
        kBegin + R"(200 - via_upstream - "-" 0 5120 31 30 "203.0.113.7, 10.0.0.1" "curl" "x" "y")");
    EXPECT_EQ(line.work, 0.030);
    EXPECT_EQ(line.took, 31'000'000);
    EXPECT_EQ(line.key, "203.0.113.7");
}

TEST(Envoy, HasNoWorkIfNoUpstreamAnswered) {
    const OwnedLine line =
        read_line<Envoy>(kBegin + R"(503 UO 0 81 0 - "-" "grpc-go" "c1aa" "api" "-")");
    EXPECT_EQ(line.status, 503);
    EXPECT_FALSE(line.work);
    EXPECT_EQ(line.key, "");
}

TEST(Envoy, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_of<Envoy>(kBegin + "200 - 0 5120 -3 30"),
              "60: expected a duration in milliseconds, found \"-3 30\"");
    EXPECT_EQ(flaw_of<Envoy>("[now] \"GET / HTTP/2\" 200 - 0 1 1 1"),
              "1: expected a date such as [2026-12-31T23:59:59.999Z], found "
              "\"[now] \"GET / HTTP/2\" 200...\"");
    EXPECT_NE(flaw_of<Envoy>(kBegin + "200 - 0 5120 31 soon"), "");
    EXPECT_NE(flaw_of<Envoy>(kBegin + "200 -"), "");
}

}  // namespace
}  // namespace lbsim
