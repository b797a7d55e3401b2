#include "experiment/load.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace lbsim;

Experiment load(const std::string& text, const LoadOptions& options = {}) {
    static const auto policies = lb::builtin_policies();
    return finish(draft_experiment("x.json", text, ".", policies, options), options).experiment;
}

/// What is wrong with a text: "LINE:COLUMN message", one a line, as they are printed.
std::string mistakes(const std::string& text, const LoadOptions& options = {}) {
    try {
        load(text, options);
    } catch (const ScenarioError& error) {
        std::string out, said = error.what();
        for (auto at = said.find("x.json:"); at != said.npos; at = said.find("x.json:", at + 1)) {
            auto line = said.substr(at + 7, said.find('\n', at) - at - 7);
            out += line.replace(line.find(": error: "), 9, " ") + "\n";
        }
        return out;
    }
    return "";
}

struct Parts {
    std::string clients = R"([{"arrivals": {"poisson": {"rate": "5/s"}}}])";
    std::string backends = R"([{"name": "b", "count": 3, "service": "10ms"}])";
    std::string timeline = R"([{"name": "slow", "at": "1s", "target": "b0", "hang": {}}])";
    std::string compare = R"(["random", "p2c"])";
    std::string more = R"("duration": "9s")";
    std::string expect = R"("good(p2c) > 1%")";
    /// A part a line, and the assertions on the last.
    std::string text() const {
        return "{\"clients\": " + clients + ",\n\"backends\": " + backends +
               ",\n\"timeline\": " + timeline + ",\n\"compare\": " + compare + ",\n" + more +
               ",\n\"expect\": [" + expect + "]}";
    }
};

TEST(LoadToRun, NamesEveryMistakeInAssertionsBesideAllOthers) {
    EXPECT_EQ(mistakes(Parts{.clients = R"([{"arrivals": {"poisson": {"rate": 5}}}])",
                             .timeline = R"([{"name": "slow", "at": "70s", "target": "b7",
"hang": {}}])",
                             .more = R"("duration": 9)",
                             .expect = R"(
"p98(p2c) < 1s",
"share(b9, p2c) < 3%",
"good(p2c, during:slwo) > 3%",
"good(p3c) > 3%",
"p99(p2c) < 3",
"good(p2c) is",
5,
"good > 3%")"}
                           .text()),
              R"(1:48 a rate needs a unit, found 5
3:54 no backend "b7"
6:13 a duration needs a unit, found 9
8:2 unknown metric "p98"
9:8 unknown backend, variant or window "b9"
10:12 unknown window "during:slwo"
11:7 unknown backend, variant or window "p3c"
12:13 p99 is a time, 3 has no unit
13:12 expected a comparison, found "is"
14:1 expected a string, found 5
15:2 "good" of which variant?
)");
}

TEST(LoadToRun, ComplainsOfNoNameThatRestsOnABrokenPart) {
    const auto others = [](Parts parts, const std::string& first) {
        parts.expect = R"("share(c0, p2c) < 3%", "share(b0, p2c, during:gone) < 3%",
"good(p3c) > 1%", "share(c0, during:gone) < 3ms")";
        const auto said = mistakes(parts.text());
        EXPECT_EQ(said.substr(0, said.find('\n')), first);
        return said.substr(said.find('\n') + 1);
    };
    // What is wrong without any names is told always, and so is a name that can only be a window
    // if the windows are known.
    EXPECT_EQ(others({.backends = R"([{"name": "c", "count": 0, "service": "1s"}])"},
                     "2:37 must be at least 1, found 0"),
              "6:51 unknown window \"during:gone\"\n7:30 unknown window \"during:gone\"\n");
    EXPECT_EQ(others({.compare = R"(["random", "p2c", "p3cc"])"}, "4:30 unknown policy \"p3cc\""),
              "6:51 unknown window \"during:gone\"\n7:30 unknown window \"during:gone\"\n");
    for (const auto* count : {"0", "\"x\""})
        EXPECT_EQ(others({.timeline = std::string{R"([{"at": "1s",
"add": {"group": "b", "count": )"} + count +
                                      "}}]"},
                         count == std::string{"0"} ? "4:32 must be at least 1, found 0"
                                                   : "4:32 expected a whole number, found \"x\""),
                  "8:45 share is a fraction, 3ms is not\n");
}

TEST(LoadToRun, ComplainsOfNoNameThatAMisspeltKeyMayBring) {
    const std::string text = R"({
"clients": [{"arrivals": {"poisson": {"rate": "5/s"}}}],
"backend": [{"name": "b", "service": "10ms"}],
"tiemline": [{"name": "slow", "at": "1s", "target": "b", "hang": {}}],
"expect": ["share(b, during:slow) < 1%", "speed < 3"]
})";
    EXPECT_EQ(mistakes(text),
              "3:1 unknown key \"backend\"\n4:1 unknown key \"tiemline\"\n"
              "5:43 unknown metric \"speed\"\n");
}

TEST(LoadToRun, KnowsNamesAlthoughSomethingElseIsMissing) {
    EXPECT_EQ(mistakes(R"({"backends": [{"name": "b", "service": "1s"}],
"expect": ["share(c) < 1%", "share(b, during:slow) < 1%"]})"),
              "1:1 missing key \"clients\"\n"
              "2:19 unknown backend, variant or window \"c\"\n"
              "2:39 unknown window \"during:slow\"\n");
}

// The fuzzer found that it looked for the name of the group among none.
TEST(LoadToRun, LooksForNoBackendInAGroupThatCouldNotBeRead) {
    const auto seen = mistakes(R"({"clients": [{"arrivals": {"poisson": {"rate": "5/s"}}}],
"backends": [],
"timeline": [{"name": "more", "at": "1s", "add": {"group": "b", "count": 2}}],
"expect": ["share(b) < 1%"]})");
    EXPECT_NE(seen.find("2:13 must not be empty"), std::string::npos) << seen;
}

TEST(LoadToRun, ComplainsOfNoNameThatAVariantWouldHaveBrought) {
    EXPECT_EQ(mistakes(Parts{.compare = R"([{"label": "more", "set": {"backends.b.cuont": 5,
"timeline.fast.at": "2s"}}, "p2c"])",
                             .expect = R"("share(b4, more) < 3%", "good(nobody, p2c) > 3q")"}
                           .text()),
              "4:39 unknown key \"cuont\"\n5:1 no entry named \"fast\" in \"timeline\"\n"
              "7:57 expected a value, found \"3q\"\n");
}

TEST(LoadToRun, ForgetsWhatIsExpectedOfVariantsThatAreNotCompared) {
    const auto text = Parts{.expect = R"("good(p2c) > ", "good(p2c) > 1%")"}.text();
    EXPECT_NE(mistakes(text), "");
    const auto experiment = load(text, {.policies = {"round_robin"}});
    ASSERT_EQ(experiment.variants.size(), 1u);
    EXPECT_TRUE(experiment.variants[0].scenario.expect.empty());
}

}  // namespace
