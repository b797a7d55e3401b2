#include "report/text.hpp"

#include <gtest/gtest.h>

#include "report/made.hpp"

namespace lbsim {
namespace {

TEST(DisplayWidth, CountsColumnsAndNotBytes) {
    EXPECT_EQ(display_width(""), 0u);
    EXPECT_EQ(display_width("abc"), 3u);
    EXPECT_EQ(display_width("±µ∞"), 3u);
    EXPECT_EQ(display_width("負荷"), 4u);
    EXPECT_EQ(display_width("💥"), 2u);
    EXPECT_EQ(display_width("e\xcc\x81"), 1u);
}

TEST(ShellWord, IsQuotedWhereAShellWouldReadSomethingElse) {
    EXPECT_EQ(shell_word("a/b-1.json"), "a/b-1.json");
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("a b"), "'a b'");
    EXPECT_EQ(shell_word("$x"), "'$x'");
    EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
}

TEST(Clean, LeavesNothingThatDisturbsATerminal) {
    EXPECT_EQ(clean("a\nb\x1b[31m\xff\xe2\x80\xae"
                    "c µ"),
              "a b?[31m??c µ");
}

TEST(Fit, CutsAtAColumnAndSaysSo) {
    EXPECT_EQ(fit("abcdef", 6), "abcdef");
    EXPECT_EQ(fit("abcdef", 5), "abcd…");
    EXPECT_EQ(fit("負荷分散", 5), "負荷…");
    EXPECT_EQ(fit("負荷分散", 4), "負…");
    EXPECT_EQ(fit("abc", 0), "");
}

TEST(Wrap, BreaksAtBlanksAndIndentsTheRest) {
    EXPECT_EQ(wrap("one two three four", 14, "why: "), "why: one two\n     three\n     four\n");
    EXPECT_EQ(wrap("", 10, "x"), "");
}

TEST(Wrap, NeverExceedsItsWidthAndLosesNoLetter) {
    lb::Rng rng{1};
    for (int i = 0; i != 2000; ++i) {
        const auto text = clean(made::any_name(rng) + ' ' + made::any_name(rng));
        const auto width = 4 + rng.below(60);
        std::string letters, lines = wrap(text, width, rng.chance(0.5) ? "- " : "");
        for (std::size_t at = 0; at != lines.size();) {
            const auto end = lines.find('\n', at);
            ASSERT_LE(display_width(std::string_view{lines}.substr(at, end - at)), width);
            at = end + 1;
        }
        for (const char c : lines)
            if (c != ' ' && c != '\n') letters += c;
        std::string wanted;
        for (const char c : text)
            if (c != ' ') wanted += c;
        ASSERT_TRUE(letters == wanted || letters == '-' + wanted) << lines;
    }
}

TEST(ThreeDigits, RoundsOnceAndKeepsThree) {
    EXPECT_EQ(three_digits(0), "0");
    EXPECT_EQ(three_digits(1), "1.00");
    EXPECT_EQ(three_digits(9.994), "9.99");
    EXPECT_EQ(three_digits(9.996), "10.0");
    EXPECT_EQ(three_digits(99.96), "100");
    EXPECT_EQ(three_digits(12345), "12345");
    EXPECT_EQ(three_digits(0.01234), "0.0123");
    EXPECT_EQ(three_digits(0.099996), "0.100");
}

TEST(TimeText, TakesTheUnitThatFits) {
    EXPECT_EQ(time_text(0), "0 s");
    EXPECT_EQ(time_text(5e-9), "5.00 ns");
    EXPECT_EQ(time_text(340e-6), "340 µs");
    EXPECT_EQ(time_text(0.9996e-3), "1.00 ms");
    EXPECT_EQ(time_text(7.52e-3), "7.52 ms");
    EXPECT_EQ(time_text(0.9994), "999 ms");
    EXPECT_EQ(time_text(0.9996), "1.00 s");
    EXPECT_EQ(time_text(19.84), "19.8 s");
    EXPECT_EQ(time_text(std::numeric_limits<double>::infinity()), "never");
}

TEST(TimeCell, PutsDigitsUnderDigits) {
    EXPECT_EQ(time_cell(made::number(7.52e-3)), "7.52ms");
    EXPECT_EQ(time_cell(made::number(1.5)), "1.50s ");
    EXPECT_EQ(time_cell(made::thin(made::number(1.5))), "~1.50s ");
    EXPECT_EQ(time_cell(made::beyond()), "∞  ");
    EXPECT_EQ(time_cell(made::absent()), "–  ");
}

TEST(Percent, IsNeverRoundedToAllOrNothing) {
    EXPECT_EQ(percent(0), "0");
    EXPECT_EQ(percent(1), "100");
    EXPECT_EQ(percent(0.1), "10.0");
    EXPECT_EQ(percent(0.9996), "99.96");
    EXPECT_EQ(percent(0.00012), "0.01");
    EXPECT_EQ(percent(1e-9), "<0.00001");
    EXPECT_EQ(percent(1 - 1e-9), "99.99999");
    EXPECT_EQ(percent(0.999, 0), ">99");
    EXPECT_EQ(percent(0.001, 0), "<1");
    EXPECT_EQ(percent(1.256, 0), "126");
}

TEST(Grouped, SetsThousandsApart) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'199'321), "1 199 321");
}

TEST(ShortNumber, StaysShort) {
    EXPECT_EQ(short_number(41), "41");
    EXPECT_EQ(short_number(5.413), "5.41");
    EXPECT_EQ(short_number(1998.2), "1998");
    EXPECT_EQ(short_number(12'345), "12.3k");
    EXPECT_EQ(short_number(1.2e6), "1.20M");
    EXPECT_EQ(short_number(1e300), "1.0e+300");
}

TEST(Grid, AlignsByColumnsAndLeavesOutEmptyOnes) {
    Grid grid{{{"name", Grid::Align::Left}, {"none"}, {"µ"}}};
    grid.row({"größe", "", "1"});
    grid.row({"b", "", "22"});
    EXPECT_EQ(grid.text(40, false), " name    µ\n größe   1\n b      22\n");
}

TEST(Grid, LeavesOutTheExpendableWhenThereIsNoRoom) {
    Grid grid{
        {{"name", Grid::Align::Left}, {"first"}, {"second", Grid::Align::Right, 5}, {"third"}}};
    grid.row({"b", "1", "2", "3"});
    EXPECT_EQ(grid.text(22, false), " name first third\n b        1     3\n");
}

}  // namespace
}  // namespace lbsim
