#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "scenario/load.hpp"
#include "scenario/outline.hpp"

// What a scenario says of faults, changes of membership and repeated attempts, and what can be
// wrong with that.

namespace {

using namespace lbsim;
using namespace std::chrono_literals;

/// A scenario with these entries on its timeline.
std::string text(const std::string& timeline, const std::string& more = "") {
    return R"({"clients": [{"arrivals": {"poisson": {"rate": "50/s"}}, "classes":
               [{"name": "page"}, {"name": "export"}], "timeout": "5s"}],
               "backends": [{"name": "b", "count": 3, "service": "10ms", "zone": "east"},
                            {"name": "c", "count": 2, "service": "10ms", "zone": "west",
                             "workers": "unlimited"}],
               "timeline": [)" +
           timeline + "]" + more + "}";
}

Scenario loaded(const std::string& timeline, const std::string& more = "") {
    static const auto policies = lb::builtin_policies();
    return load_experiment("x.json", text(timeline, more), {}, policies).variants.at(0).scenario;
}

/// What is wrong, each as "POINTER: MESSAGE".
std::string wrong(const std::string& timeline, const std::string& more = "") {
    try {
        loaded(timeline, more);
    } catch (const ScenarioError& error) {
        std::string out;
        for (const auto& p : error.problems())
            out += (out.empty() ? "" : "\n") + p.pointer + ": " + p.message;
        return out;
    }
    return "nothing";
}

TEST(Timeline, ReadsEveryFault) {
    const auto s = loaded(R"(
        {"at": "1s", "target": "b0", "error": {"rate": "20%", "status": 503, "latency": "1ms"}},
        {"at": "1s", "target": "b0", "cut": {"after": "25%"}},
        {"at": "1s", "target": "b*", "capacity": {"factor": 0.25}, "ramp": "2s"},
        {"at": "1s", "target": "*", "brownout": {"dimmer": "40%", "saves": "70%"}},
        {"at": "1s", "target": "b0", "leak": {"requests": 50, "factor": 3, "restart": "2s"}},
        {"at": "1s", "target": "zone:west", "network": {"direction": "to_backend",
            "latency": {"exponential": {"mean": "2ms"}}, "loss": "1%"}, "probability": "50%"},
        {"at": "1s", "target": "b0", "probe_lie": {"pass": "90%", "latency": "2ms"}},
        {"at": "1s", "target": ["b1", "group:c"], "restart": {"drain": "1s", "down": "2s",
            "batch": 2, "every": "4s"}},
        {"at": "1s", "for": "9s", "target": "b0", "hang": {}, "when": {"class": "export"}},
        {"at": "1s", "target": "b0", "crash": {"in_flight": "finish"}, "repeat":
            {"between": {"exponential": {"mean": "5s"}}, "lasts": "1s", "together": true}},
        {"at": "1s", "for": "9s", "target": "b0", "hang": {"scope": "new", "close_after": "3s"}},
        {"at": "1s", "for": "9s", "target": "b0", "slow": {"add": {"uniform": {"min": "1ms",
            "max": "2ms"}}}, "ramp": {"in": "2s", "out": "3s"}},
        {"at": "1s", "target": "b0", "cut": {"after_time": "2s"}},
        {"at": "1s", "target": "b0", "leak": {"at_limit": "slow", "factor": 2}})");
    const auto& t = s.timeline;
    ASSERT_EQ(t.size(), 14u);
    EXPECT_EQ(std::get<Hang>(t[10].change).scope, Hang::Scope::New);
    EXPECT_EQ(std::get<Hang>(t[10].change).close_after, 3s);
    EXPECT_EQ(mean(std::get<Slow>(t[11].change).add), 0.0015);
    EXPECT_EQ(t[11].ramp.out, 3s);
    EXPECT_TRUE(t[11].befalls_requests());
    EXPECT_EQ(std::get<Cut>(t[12].change).after_time, 2s);
    EXPECT_EQ(std::get<Leak>(t[13].change).at_limit, Leak::AtLimit::Slow);
    const auto& error = std::get<Error>(t[0].change);
    EXPECT_EQ(error.rate, 0.2);
    ASSERT_EQ(error.statuses.size(), 1u);
    EXPECT_EQ(error.statuses.front().status, 503);
    EXPECT_EQ(error.latency, 1ms);
    EXPECT_EQ(std::get<Cut>(t[1].change).after, 0.25);
    EXPECT_EQ(std::get<Capacity>(t[2].change).factor, 0.25);
    EXPECT_EQ(t[2].ramp.in, 2s);
    EXPECT_EQ(std::get<Brownout>(t[3].change).saves, 0.7);
    EXPECT_EQ(std::get<Leak>(t[4].change).restart, 2s);
    const auto& network = std::get<NetworkFault>(t[5].change);
    EXPECT_EQ(network.loss, 0.01);
    EXPECT_EQ(network.direction, NetworkFault::Direction::ToBackend);
    EXPECT_EQ(t[5].probability, 0.5);
    EXPECT_EQ(t[5].targets, (std::vector<std::string>{"c0", "c1"}));
    EXPECT_EQ(std::get<ProbeLie>(t[6].change).pass, 0.9);
    // Two batches, the second 4 s after the first, of 3 s each.
    EXPECT_EQ(t[7].lasts, 7s);
    EXPECT_EQ(t[8].request_class, "export");
    EXPECT_EQ(std::get<Crash>(t[9].change).in_flight, Crash::InFlight::Finish);
    EXPECT_TRUE(t[9].repeat->together);
}

TEST(Timeline, RefusesWhatAFaultCannotBe) {
    const struct {
        std::string entry, wrong;
    } cases[] = {
        {R"("restart": {}, "for": "5s")",
         "/timeline/0/for: a change of membership does not end by itself"},
        {R"("drain": {}, "repeat": {"between": "1s", "lasts": "1s"})",
         "/timeline/0/repeat: this does not come and go"},
        {R"("slow": {"factor": 2}, "ramp": {"out": "1s"})",
         "/timeline/0/ramp: what lasts to the end does not shrink before"},
        {R"("slow": {"factor": 2}, "for": "3s", "ramp": {"in": "2s", "out": "1.5s"})",
         "/timeline/0/ramp: it grows and shrinks for longer than it lasts"},
        {R"("cut": {"after": 0.5, "after_time": "1s"})",
         "/timeline/0/cut/after_time: expected either \"after\" or \"after_time\""},
        {R"("leak": {"at_limit": "slow"})", "/timeline/0/leak: a leak that changes nothing"},
        {R"("leak": {"at_limit": "slow", "factor": 2, "restart": "1s"})",
         "/timeline/0/leak/restart: it does not die at its limit"},
        {R"("crash": {}, "ramp": "1s")",
         "/timeline/0/ramp: only slow, error, capacity, brownout and network grow"},
        {R"("error": {}, "probability": "5%")",
         "/timeline/0/probability: an error has a rate of its own"},
        {R"("crash": {}, "probability": "5%")",
         "/timeline/0/probability: this befalls the whole backend"},
        {R"("capacity": {"factor": 0.5}, "when": {"class": "page"})",
         "/timeline/0/when: this befalls the whole backend"},
        {R"("error": {}, "when": {"class": "pages"})",
         "/timeline/0/when/class: no class \"pages\" of requests"},
        {R"("error": {"status": 200})",
         "/timeline/0/error/status: must be at least 400, found 200"},
        {R"("error": {"status": []})", "/timeline/0/error/status: must not be empty"},
        {R"("error": {"status": [{"share": 2}]})",
         "/timeline/0/error/status/0: missing key \"status\""},
        {R"("network": {})", "/timeline/0/network: a network that changes nothing"},
        {R"("network": {"loss": 1, "balancers": "b1"})",
         "/timeline/0/network/balancers: no balancer \"b1\""},
        {R"("network": {"loss": 1, "balancers": ["lb0", "lb3"]})",
         "/timeline/0/network/balancers: no balancer \"lb3\": there are 1"},
        {R"("error": {"rate": 0})", "/timeline/0/error/rate: must be greater than 0, found 0"},
    };
    for (const auto& c : cases)
        EXPECT_EQ(wrong(R"({"at": "1s", "target": "b0", )" + c.entry + "}"), c.wrong);
    EXPECT_EQ(wrong(R"({"at": "1s", "target": "c1", "capacity": {"factor": 0.5}})"),
              "/timeline/0/capacity: has unlimited workers: \"c1\"");
    EXPECT_EQ(wrong(R"({"at": "1s", "target": "zone:north", "hang": {}})"),
              "/timeline/0/target: no zone \"north\" of backends");
    EXPECT_EQ(wrong(R"({"at": "1s", "target": "pool:api", "hang": {}})"),
              "/timeline/0/target: no pool \"api\" of backends");
}

TEST(Timeline, ListsEveryFaultWithItsParameters) {
    std::string names;
    for (const auto& change : timeline_changes()) names += change.name + ' ';
    EXPECT_EQ(names,
              "slow crash hang error cut capacity brownout leak network probe_lie add remove drain "
              "reweight restart ");
}

TEST(Attempts, AreReadOfBalancersAndOfClients) {
    const auto s = loaded("", R"(, "balancers": {
        "retry": {"attempts": 4, "backoff": "10ms", "jitter": "none", "on": "refused, 503",
                  "budget": {"percent": "10%", "min": 1}, "avoid_tried": "strict"},
        "timeouts": {"connect": "1s", "per_try": "500ms"},
        "hedge": {"after": "100ms", "most": 2, "cancel": false}})");
    const auto& b = s.balancers;
    EXPECT_EQ(b.attempts.retry->attempts, 4);
    EXPECT_EQ(b.attempts.retry->on, "refused, 503");
    EXPECT_EQ(b.attempts.budget->percent, 0.1);
    EXPECT_EQ(b.attempts.per_try, 500ms);
    EXPECT_EQ(b.attempts.hedge->most, 2);
    EXPECT_EQ(b.connect_timeout, 1s);
    EXPECT_EQ(b.around.avoid_tried, lb::AvoidTried::Strict);
    EXPECT_FALSE(s.clients[0].attempts.any());
}

TEST(Attempts, SayWhatIsWrongWithThem) {
    EXPECT_EQ(wrong("", R"(, "balancers": {"retry": {"on": "sometimes"}})"),
              "/balancers/retry/on: no list of outcomes: \"sometimes\"");
    EXPECT_EQ(wrong("", R"(, "balancers": {"layer": 4, "retry": {}})"),
              "/balancers/retry: at layer 4 nobody sees single requests, to make them again");
    EXPECT_EQ(wrong("", R"(, "balancers": {"retry": {"per_try": "1s"},
                                           "timeouts": {"per_try": "2s"}})"),
              "/balancers/timeouts/per_try: is given in \"retry\" already");
}

}  // namespace
