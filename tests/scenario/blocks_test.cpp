#include "scenario/blocks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario/reader.hpp"

namespace {

using lb::Duration;
using namespace std::chrono_literals;

struct Read {
    std::vector<Duration> waits{7s};
    std::vector<lbsim::Problem> problems;
};
Read read(const std::string& text) {
    Read out;
    const auto document = lbsim::Document::parse("x.json", text);
    lbsim::read(
        document, "",
        [&](lbsim::Blocks& root) {
            root.object(lbsim::Blocks::kItself, "All of it",
                        [&](lbsim::Blocks& b) { b.field("waits", out.waits, "Some waits"); });
        },
        out.problems);
    return out;
}

TEST(Blocks, ReadAListOfDurations) {
    EXPECT_EQ(read(R"({"waits": ["5s", "10ms"]})").waits, (std::vector<Duration>{5s, 10ms}));
    EXPECT_EQ(read("{}").waits, std::vector<Duration>{7s}) << "the default stays";
}

TEST(Blocks, SayWhichDurationOfAListIsWrong) {
    const auto bare = read(R"({"waits": ["5s", 3]})");
    ASSERT_EQ(bare.problems.size(), 1u);
    EXPECT_EQ(bare.problems[0].pointer, "/waits/1");
    EXPECT_EQ(read(R"({"waits": ["0s"]})").problems.size(), 1u) << "out of range";
    EXPECT_EQ(read(R"({"waits": []})").problems.size(), 1u);
    EXPECT_EQ(read(R"({"waits": []})").waits, std::vector<Duration>{7s});
    EXPECT_EQ(read(R"({"waits": "5s"})").problems.size(), 1u) << "no list";
}

}  // namespace
