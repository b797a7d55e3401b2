#include "report/explained.hpp"

#include <gtest/gtest.h>

namespace lbsim {
namespace {

using namespace std::chrono_literals;

Explained decision() {
    Explained e;
    e.request = 1042;
    e.at = 21ms;
    e.clients = "web";
    e.kind = "call";
    e.key = "anna";
    e.balancer = 2;
    e.backend = "b1";
    e.rule = "the least of two";
    e.score = "in flight";
    e.candidates = {{"b0", 3, "slow"}, {"b1", 0.5, ""}};
    e.excluded = {{"b2", "draining"}, {"b3", "down, full"}};
    e.members = 4;
    return e;
}

TEST(Explained, ShowsWhoWasComparedAndWhoCouldNotBe) {
    EXPECT_EQ(explained_text("patient", "p2c", decision()),
              "patient (p2c)\n"
              "  request 1 042 of web, kind call, key anna, at 21.0 ms, balancer 2\n"
              "  sent to b1\n"
              "  rule: the least of two\n"
              "  score: in flight\n"
              "  candidate  score\n"
              "  b0          3.00  slow\n"
              "  b1         0.500  picked\n"
              "  excluded: b2 (draining), b3 (down, full), of 4\n");
}

TEST(Explained, SaysWhyNobodyWasPicked) {
    auto e = decision();
    e.backend.clear();
    e.rejection = "declined";
    e.candidates.clear();
    e.excluded.clear();
    const auto text = explained_text("p2c", "p2c", e);
    EXPECT_NE(text.find("  rejected: declined\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  excluded: none of 4\n"), std::string::npos) << text;
}

TEST(Explained, CountsCandidatesBeyondAScreenful) {
    auto e = decision();
    e.candidates.assign(1000, {"b", 1, ""});
    EXPECT_NE(explained_text("p2c", "p2c", e).find("… and 980 more"), std::string::npos);
}

}  // namespace
}  // namespace lbsim
