#include "trace/formats/combined.hpp"

#include <gtest/gtest.h>

#include "trace/reading.hpp"

namespace lbsim {
namespace {

constexpr Nanos kNewYear = 1'767'225'600'000'000'000;
const std::string kBegin =
    R"(203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "GET /p/42 HTTP/1.1" 200 5120)";
const std::string kAgents = kBegin + R"( "-" "Mozilla/5.0")";

TEST(Combined, ReadsCommonAndCombinedLines) {
    for (const std::string& text : {kBegin, kAgents}) {
        const OwnedLine line = read_line<Combined>(text);
        EXPECT_EQ(line.logged, kNewYear);
        EXPECT_TRUE(line.whole_second);
        EXPECT_EQ(line.took, 0);
        EXPECT_EQ(line.key, "203.0.113.7");
        EXPECT_EQ(line.method, "GET");
        EXPECT_EQ(line.path, "/p/42");
        EXPECT_EQ(line.status, 200);
        EXPECT_FALSE(line.work);
    }
}

TEST(Combined, TakesTimesFromNamedFields) {
    const OwnedLine line = read_line<Combined>(
        kAgents + R"( rt=0.031 uct="0.001" uht="0.029" urt="0.030" ua="10.0.0.12:8080" us="200")");
    EXPECT_EQ(line.took, 31'000'000);
    EXPECT_EQ(line.work, 0.030);
    const OwnedLine longer =
        read_line<Combined>(kAgents + " request_time=0.031 upstream_response_time=0.5, 0.030");
    EXPECT_EQ(longer.took, 31'000'000);
    EXPECT_EQ(longer.work, 0.030);
}

TEST(Combined, TakesTimesFromBareFields) {
    EXPECT_EQ(read_line<Combined>(kAgents + " 0.031").work, 0.031);
    EXPECT_EQ(read_line<Combined>(kAgents + R"( "198.51.100.1" 0.031 "0.500, 0.030")").work, 0.030);
    EXPECT_EQ(read_line<Combined>(kAgents + " 0.031 0.500, 0.030").took, 31'000'000);
    EXPECT_FALSE(read_line<Combined>(kAgents + " 31042").work);
    EXPECT_FALSE(read_line<Combined>(kAgents + R"( "198.51.100.1")").work);
}

TEST(Combined, TakesTimesFromIngressNginx) {
    const OwnedLine line = read_line<Combined>(
        kAgents + " 312 0.031 [prod-api-80] [] 10.0.0.12:8080 5120 0.030 200 9f3c2b7e");
    EXPECT_EQ(line.took, 31'000'000);
    EXPECT_EQ(line.work, 0.030);
    const OwnedLine tried = read_line<Combined>(
        kAgents +
        " 312 1.031 [api] [] 10.0.0.12:80, 10.0.0.13:80 0, 5120 1.000, 0.031 504, 200 9f3c2b7e");
    EXPECT_EQ(tried.took, 1'031'000'000);
    EXPECT_EQ(tried.work, 0.031);
}

TEST(Combined, HasNoWorkIfNoUpstreamServed) {
    for (const char* end : {R"( rt=0.000 uht="-" urt="-")", R"( rt=60.0 uht="-" urt="60.000")",
                            " rt=0.000 urt=-", " 312 0.031 [api] [] - - - - 9f3c"}) {
        const OwnedLine line = read_line<Combined>(kAgents + end);
        EXPECT_EQ(line.key, "203.0.113.7") << end;
        EXPECT_FALSE(line.work) << end;
    }
}

TEST(Combined, TakesTheClientFromBehindAVirtualHost) {
    EXPECT_EQ(read_line<Combined>("www.example:80 " + kAgents).key, "203.0.113.7");
}

TEST(Combined, KeepsRequestsThatAreGarbage) {
    const OwnedLine line = read_line<Combined>(
        R"(203.0.113.7 - - [01/Jan/2026:00:00:00 +0000] "\x16\x03\x01" 400 - "-" "-")");
    EXPECT_EQ(line.status, 400);
    EXPECT_EQ(line.path, "");
    EXPECT_EQ(line.key, "203.0.113.7");
}

TEST(Combined, KeepsARequestWhoseUserAgentWasCut) {
    EXPECT_EQ(read_line<Combined>(kBegin + R"( "-" "Mozilla/5.0 (comp)").path, "/p/42");
    EXPECT_EQ(read_line<Combined>(kBegin + R"( "http://a.exa)").path, "/p/42");
}

TEST(Combined, SaysWhereALineIsWrong) {
    EXPECT_EQ(flaw_of<Combined>(""), "1: expected a client address, found the end of the line");
    EXPECT_EQ(flaw_of<Combined>("203.0.113.7 - - (today)"),
              "24: expected a date in brackets, found the end of the line");
    EXPECT_EQ(flaw_of<Combined>(R"(1.2.3.4 - - [32/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200)"),
              "13: expected a date such as [31/Dec/2026:23:59:59 +0000], found "
              "\"[32/Jan/2026:00:00:00 +0...\"");
    EXPECT_EQ(flaw_of<Combined>(R"(1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] GET / 200)"),
              "42: expected a request in quotes, found \"GET / 200\"");
    EXPECT_EQ(flaw_of<Combined>(R"(1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / )"),
              "42: expected a request in quotes in closed quotes, found \"\"GET / \"");
    EXPECT_EQ(flaw_of<Combined>(R"(1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /" OK 1)"),
              "50: expected a status, found \"OK 1\"");
    EXPECT_NE(flaw_of<Combined>(kAgents + " rt=fast"), "");
    EXPECT_NE(flaw_of<Combined>(kAgents + " rt=-0.5"), "");
}

}  // namespace
}  // namespace lbsim
