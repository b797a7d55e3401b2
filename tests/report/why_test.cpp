#include "report/why.hpp"

#include <gtest/gtest.h>

#include "report/made.hpp"

namespace lbsim {
namespace {

using made::number;

/// Best first.
Result told_apart(RunResult best, RunResult worst) {
    worst.measures.good = number(0.5, 0.002);
    for (auto& window : worst.windows) window.measures.good = number(0.4, 0.002);
    return made::result({std::move(best), std::move(worst)});
}

TEST(TellingScene, IsTheFaultInWhichTheVariantsDifferMost) {
    auto a = made::run("p2c"), b = made::run("random");
    for (auto* run : {&a, &b}) {
        made::during_slow(*run);
        auto other = run->windows.back();
        other.name = "during:crash";
        run->windows.push_back(other);
        run->windows.push_back(other);
        run->windows.back().name = "after:crash";
        run->log.push_back({0, {Duration{1}, "crash", "b1", "crash"}});
    }
    b.windows[1].measures.good = number(0.3);
    b.windows[2].measures.good = number(0.1);
    const auto scene = telling_scene(made::result({a, b}));
    EXPECT_EQ(scene.window, "during:crash");
    EXPECT_EQ(scene.targets, std::vector<std::string>{"b1"});
}

TEST(TellingScene, IsTheWholeRunWithoutAFault) {
    EXPECT_EQ(telling_scene(made::result({made::run("p2c")})).window, "");
}

TEST(Why, TellsOfABackendThatIsAskedForMoreThanItCanDo) {
    auto best = made::run("p2c"), worst = made::run("round_robin");
    made::during_slow(best).measures.backends[0].attempts = 100;  // 5 s of them in all.
    auto& b0 = made::during_slow(worst).measures.backends[0];
    b0.attempts = 1000;
    b0.share = number(0.1, 0.001);
    b0.demand = number(1.25, 0.01);
    EXPECT_EQ(why(told_apart(best, worst)),
              "round_robin sends b0 200/s during:slow, of which it can serve 160/s: its queue "
              "grows, and every 10th request waits in it; p2c sends it 20/s.");
}

TEST(Why, IsNotSureOfOverloadWhoseIntervalReachesBelowOne) {
    auto best = made::run("p2c"), worst = made::run("round_robin");
    made::during_slow(best);
    made::during_slow(worst).measures.backends[0].demand = number(1.01, 0.02);
    EXPECT_EQ(why(told_apart(best, worst)).find("queue grows"), std::string::npos);
}

TEST(Why, SaysThatAllAreOverloadedIfAllAre) {
    auto best = made::run("p2c"), worst = made::run("round_robin");
    for (auto& b : worst.measures.backends) b.demand = number(2, 0.01);
    EXPECT_EQ(why(told_apart(best, worst)),
              "round_robin sends the backends 100/s, of which they can serve 50/s: all of their "
              "queues grow, so no way to share the load would be enough.");
}

TEST(Why, TellsOfABackendThatHoldsRequestsAndAnswersNone) {
    auto best = made::run("least_connections", 4), worst = made::run("round_robin", 4);
    made::during_slow(best).measures.backends[0].in_flight_mean = number(20);
    auto& b0 = made::during_slow(worst).measures.backends[0];
    b0.in_flight_mean = number(194);
    b0.latency = {};
    b0.latency.p50 = made::absent();
    EXPECT_EQ(
        why(told_apart(best, worst)),
        "under round_robin b0 holds 194 of the 200 requests in flight during:slow and answers "
        "none; under least_connections it holds 20.");
}

TEST(Why, TellsWhereFailuresComeFrom) {
    auto best = made::run("p2c", 4), worst = made::run("least_connections", 4);
    auto& m = worst.measures;
    m.requests.succeeded = 400;
    m.requests.failed = 600;
    m.backends[2].failed = 594;
    m.backends[1].failed = 6;
    m.backends[2].share = number(0.66, 0.01);
    best.measures.requests.succeeded = 900;
    best.measures.backends[2].share = number(0.19, 0.01);
    EXPECT_EQ(
        why(told_apart(best, worst)),
        "least_connections loses 60.0 % of all requests: 99.0 % of the failures come from b2, "
        "to which it sends 66.0 %; p2c sends it 19.0 % and loses 10.0 %.");
}

TEST(Why, TellsOfRejectionsTimeoutsAndFailuresEverywhere) {
    auto best = made::run("p2c", 4), worst = made::run("random", 4);
    auto& r = worst.measures.requests;
    r.succeeded = 500;
    r.rejected = 500;
    const std::pair<lb::Rejection, const char*> reasons[] = {
        {lb::Rejection::NoRoute, "because they match no route"},
        {lb::Rejection::NoBackends, "because there were no backends for them"},
        {lb::Rejection::AllExcluded, "because all backends were excluded"},
        {lb::Rejection::Declined, "because the policy would not pick a backend"},
        {lb::Rejection::Limited, "because there were as many as the limits allow"},
        {lb::Rejection::Shed, "because a part is turned away while too many fail"},
        {lb::Rejection::Open, "because the circuit was open"},
    };
    for (const auto& [reason, words] : reasons) {
        r.rejections = {5, 5, 5, 5, 5, 5, 5};
        r.rejections[static_cast<std::size_t>(reason)] = 470;
        EXPECT_NE(why(told_apart(best, worst)).find(words), std::string::npos) << words;
    }
    r.rejected = 0;
    r.timed_out = 500;
    EXPECT_NE(why(told_apart(best, worst)).find("waited too long"), std::string::npos);
    r.timed_out = 0;
    r.failed = 500;
    for (auto& b : worst.measures.backends) b.failed = 125;
    EXPECT_NE(why(told_apart(best, worst)).find("all backends alike"), std::string::npos);
}

TEST(Why, TellsWhoShiftsAwayFromWhom) {
    auto best = made::run("peak_ewma"), worst = made::run("round_robin");
    worst.measures.backends[1] = made::backend("b1", 500, 1000, 0.1);
    best.measures.backends[1].share = number(0.3, 0.001);
    best.measures.backends[0].share = number(0.6, 0.001);
    EXPECT_EQ(why(told_apart(best, worst)),
              "round_robin sends b1 50.0 % of the requests, where p99 is 700 ms; peak_ewma shifts "
              "away from it, to 30.0 %, and p99 there is 49.0 ms.");
}

TEST(Why, SaysThatNobodyStandsOutIfNoneWereToldApart) {
    auto result = made::result({made::run("p2c"), made::run("random")});
    result.ranking = {{0, 1}};
    EXPECT_EQ(why(result),
              "no variant stands out: their differences are within what chance does to 5 "
              "replications.");
}

TEST(Why, AsksForMoreThanOneReplication) {
    auto result = made::result({made::run("p2c"), made::run("random")});
    result.ranking = {{0, 1}};
    result.replications = 1;
    EXPECT_NE(why(result).find("one replication"), std::string::npos);
}

TEST(Why, SaysNothingOfASingleRunInWhichNothingIsWrong) {
    EXPECT_EQ(why(made::result({made::run("p2c")})), "");
    EXPECT_EQ(why(Result{}), "");
}

TEST(Why, TellsOfASingleRunToo) {
    auto run = made::run("round_robin");
    run.measures.backends[0].demand = number(1.25, 0.01);
    EXPECT_EQ(
        why(made::result({run})),
        "round_robin sends b0 50/s, of which it can serve 40/s: its queue grows, and 50.0 % of "
        "the requests waits in it.");
}

TEST(Why, ClaimsNothingThatOneReplicationCannotShow) {
    auto best = made::run("p2c"), worst = made::run("round_robin");
    worst.measures.backends[0].demand = number(1.25);
    auto result = told_apart(best, worst);
    result.ranking = {{0, 1}};
    result.replications = 1;
    const auto text = why(result);
    EXPECT_NE(text.find("its queue grows"), std::string::npos);
    EXPECT_NE(text.find("But one replication"), std::string::npos);
}

}  // namespace
}  // namespace lbsim
