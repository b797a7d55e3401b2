#include "trace/formats/haproxy.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

constexpr Nanos kNewYear = 1'767'225'600'000'000'000;
const std::string kSyslog = "Jan  1 00:00:00 lb1 haproxy[914]: ";
const std::string kClient = "203.0.113.7:51234 [01/Jan/2026:00:00:00.092] fe_http ";

TEST(Haproxy, ReadsALineWithAndWithoutSyslog) {
    const std::string text =
        kClient +
        R"(api/a2 0/12/1/29/43 200 5120 - - ---- 120/118/60/15/0 3/0 "GET /p/42 HTTP/1.1")";
    for (const std::string& whole : {text, kSyslog + text}) {
        const OwnedLine line = read_line<Haproxy>(whole);
        EXPECT_EQ(line.logged - line.took, kNewYear + 92'000'000);
        EXPECT_EQ(line.took, 43'000'000);
        EXPECT_EQ(line.work, 0.029);
        EXPECT_EQ(line.key, "203.0.113.7");
        EXPECT_EQ(line.method, "GET");
        EXPECT_EQ(line.path, "/p/42");
        EXPECT_EQ(line.status, 200);
    }
}

TEST(Haproxy, HasNoWorkIfNobodyAnswered) {
    const OwnedLine line = read_line<Haproxy>(
        kClient + R"(api/a3 0/0/1/-1/10002 504 194 - - sH-- 1/1/1/1/1 0/0 "GET /p/7 HTTP/1.1")");
    EXPECT_FALSE(line.work);
    EXPECT_EQ(line.took, 10'002'000'000);
    const OwnedLine refused = read_line<Haproxy>(
        kClient + R"(fe_http/<NOSRV> -1/-1/-1/-1/0 400 187 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>")");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.path, "");
    EXPECT_FALSE(refused.work);
}

TEST(Haproxy, UnderstandsWhatWasLoggedBeforeTheEnd) {
    const OwnedLine line = read_line<Haproxy>(
        kClient + R"(api/a2 0/0/0/7/+8 200 +99 - - ---- 1/1/1/1/+1 0/0 "GET / HTTP/1.1")");
    EXPECT_EQ(line.work, 0.007);
    EXPECT_EQ(line.took, 8'000'000);
}

TEST(Haproxy, PassesOverCapturedHeaders) {
    const OwnedLine line = read_line<Haproxy>(
        kClient + R"(api/a2 0/0/0/7/8 200 99 - - ---- 1/1/1/1/0 0/0 {a b|c} {} "GET /p HTTP/1.1")");
    EXPECT_EQ(line.path, "/p");
}

TEST(Haproxy, KeepsARequestThatSyslogCut) {
    const OwnedLine line = read_line<Haproxy>(
        kClient + R"(api/a2 0/0/0/7/8 200 99 - - ---- 1/1/1/1/0 0/0 "GET /long)");
    EXPECT_EQ(line.path, "/long");
}

TEST(Haproxy, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_of<Haproxy>(kSyslog + kClient + "api/a2 0/12/1/29 200 1"),
              "95: expected timers such as 0/12/1/29/43, found \"0/12/1/29 200 1\"");
    EXPECT_EQ(flaw_of<Haproxy>(kSyslog + "Proxy fe_http started."),
              "41: expected a date in brackets, found \"fe_http started.\"");
    EXPECT_NE(flaw_of<Haproxy>(kClient + "api 0/0/0/7/8 200 99"), "");
    EXPECT_NE(flaw_of<Haproxy>(kClient + "api/a 0/0/0/x/8 200 99"), "");
    EXPECT_NE(flaw_of<Haproxy>(kClient + "api/a 0/0/0/7/8/9 200 99"), "");
}

}  // namespace
}  // namespace lbsim
