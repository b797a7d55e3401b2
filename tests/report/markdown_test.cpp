#include "report/markdown.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "report/made.hpp"

namespace lbsim {
namespace {

/// Bars that end a cell, of a line.
std::size_t bars(std::string_view line) {
    std::size_t n = 0;
    for (std::size_t i = 0; i != line.size(); ++i) {
        if (line[i] == '\\')
            ++i;
        else
            n += line[i] == '|';
    }
    return n;
}

TEST(Markdown, HasRowsOfOneLengthInEachTable) {
    for (std::uint64_t seed = 0; seed != 200; ++seed) {
        const auto text = to_markdown(made::any_result(seed));
        std::size_t wanted = 0;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            const auto line = std::string_view{text}.substr(at, end - at);
            at = end + 1;
            if (!line.starts_with('|')) {
                wanted = 0;
                continue;
            }
            if (wanted == 0) wanted = bars(line);
            ASSERT_EQ(bars(line), wanted) << text;
        }
    }
}

TEST(Markdown, TakesNamesLiterally) {
    auto run = made::run("p2c");
    run.variant = "<b>|`x`*";
    const auto text = to_markdown(made::result({run, made::run("random")}));
    EXPECT_NE(text.find("\\<b\\>\\|\\`x\\`\\*"), std::string::npos) << text;
}

TEST(Markdown, MarksWhatDoesNotHold) {
    auto result = made::result({made::run("p2c")});
    result.expect = {{.text = "good > 1", .pointer = "", .passed = false, .seen = "0.5"},
                     {.text = "p99 < 1s", .pointer = "", .passed = true, .seen = "1ms"}};
    const auto text = to_markdown(result);
    EXPECT_NE(text.find("| **FAIL** | good \\> 1 | 0.5 |"), std::string::npos) << text;
    EXPECT_NE(text.find("| pass | p99 \\< 1s | 1ms |"), std::string::npos) << text;
}

}  // namespace
}  // namespace lbsim
