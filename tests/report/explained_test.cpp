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
    e.request_class = "call";
    e.key = "anna";
    e.balancer = 2;
    e.backend = "b1";
    e.path = {"route 2 leads to pool api", "zone a"};
    e.rule = "the least of two";
    e.score = "in flight";
    e.candidates = {{"b0", 3, "slow"}, {"b1", 0.5, ""}};
    e.excluded = {{"b2", "draining"}, {"b3", "down, full"}};
    e.members = 4;
    return e;
}

std::string text(const Explained& e, const std::string& variant = "p2c") {
    const ExplainedRun runs[] = {{variant, "p2c", e}};
    return explained_text(runs);
}

TEST(Explained, ShowsWhoWasComparedAndWhoCouldNotBe) {
    EXPECT_EQ(text(decision(), "patient"),
              "patient (p2c)\n"
              "  request 1 042 of web, class call, key anna, at 21.0 ms, balancer 2\n"
              "  sent to b1\n"
              "  by way of: route 2 leads to pool api; zone a\n"
              "  rule: the least of two\n"
              "  score: in flight\n"
              "  candidate  score\n"
              "  b0          3.00  slow\n"
              "  b1         0.500  picked\n"
              "  excluded: b2 (draining), b3 (down, full), of 4\n");
}

TEST(Explained, SaysWhichWorkerPickedWhereThereAreSeveral) {
    auto e = decision();
    e.worker = 3;
    EXPECT_NE(text(e).find("balancer 2, worker 3\n"), std::string::npos) << text(e);
}

TEST(Explained, SaysWhyNobodyWasPicked) {
    auto e = decision();
    e.backend.clear();
    e.rejection = "declined";
    e.candidates.clear();
    e.excluded.clear();
    EXPECT_NE(text(e).find("  rejected: declined\n"), std::string::npos) << text(e);
    EXPECT_NE(text(e).find("  excluded: none of 4\n"), std::string::npos) << text(e);
}

TEST(Explained, CountsCandidatesBeyondAScreenful) {
    auto e = decision();
    e.candidates.assign(1000, {"b", 1, ""});
    EXPECT_NE(text(e).find("… and 980 more"), std::string::npos);
}

TEST(Explained, TellsProgramsAllOfIt) {
    auto rejected = decision();
    rejected.backend.clear();
    rejected.rejection = "declined";
    rejected.request_class.clear();
    rejected.worker = 3;
    rejected.path.clear();
    const ExplainedRun runs[] = {{"patient", "p2c", decision()}, {"random", "random", rejected}};
    EXPECT_EQ(explained_json(runs), R"({
  "schema": "lbsim.explained/1",
  "runs": [
    {
      "variant": "patient",
      "policy": "p2c",
      "request": 1042,
      "at_s": 0.021,
      "clients": "web",
      "class": "call",
      "key": "anna",
      "balancer": 2,
      "worker": null,
      "backend": "b1",
      "rejection": null,
      "path": [
        "route 2 leads to pool api",
        "zone a"
      ],
      "rule": "the least of two",
      "score": "in flight",
      "candidates": [
        {"backend": "b0", "score": 3, "note": "slow"},
        {"backend": "b1", "score": 0.5, "note": null}
      ],
      "excluded": [
        {"backend": "b2", "why": "draining"},
        {"backend": "b3", "why": "down, full"}
      ],
      "members": 4
    },
    {
      "variant": "random",
      "policy": "random",
      "request": 1042,
      "at_s": 0.021,
      "clients": "web",
      "class": null,
      "key": "anna",
      "balancer": 2,
      "worker": 3,
      "backend": null,
      "rejection": "declined",
      "path": [],
      "rule": "the least of two",
      "score": "in flight",
      "candidates": [
        {"backend": "b0", "score": 3, "note": "slow"},
        {"backend": "b1", "score": 0.5, "note": null}
      ],
      "excluded": [
        {"backend": "b2", "why": "draining"},
        {"backend": "b3", "why": "down, full"}
      ],
      "members": 4
    }
  ]
}
)");
}

}  // namespace
}  // namespace lbsim
