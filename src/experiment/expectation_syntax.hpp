#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiment/expectation.hpp"

/// The grammar of assertions, apart from what their names mean.
namespace lbsim::expectation {

/// A part of the line, and where it stands in it.
struct Word {
    std::string_view text;
    std::size_t at = 0;
};

/// What is wrong, and with what.  Thrown while one line is read, and caught there.
struct Wrong {
    Word where;
    std::string message, hint;
};

/// As a message quotes it: at most 40 letters.
std::string in_quotes(std::string_view text);

inline bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A value as written, before it is known what it is to be compared with.
struct Constant {
    enum class Kind { Plain, Time, Percent, Rate, Never } kind = Kind::Plain;
    double value = 0;
    Word word;
};

/// A side as written.
struct Written {
    Word name;  ///< Of the metric; empty if a value.
    std::vector<Word> args;
    Constant constant;
};

/// Reads a line from left to right.  Whatever does not follow the grammar throws Wrong.
class Reader {
public:
    /// `labels` are those of the variants, which may have commas and parentheses of their own.
    Reader(std::string_view text, std::vector<std::string_view> labels)
        : text_{text}, labels_{std::move(labels)} {}

    Written side();
    Constant constant();
    /// "[a, b]": names.
    std::vector<Word> names();
    /// A name alone.
    Word name();
    Expectation::Op op();
    /// Whether the symbol stands here; if so, goes past it.
    bool take(std::string_view symbol);
    bool ended();

    /// What stands here, up to the next blank, to be shown as found.
    Word here();
    [[noreturn]] void expected(const std::string& what, std::string hint = "");

private:
    void skip();
    bool in_value(std::size_t begin) const;
    std::vector<Word> arguments();
    Word argument();
    std::size_t label_here() const;

    std::string_view text_;
    std::vector<std::string_view> labels_;
    std::size_t at_ = 0;
};

}  // namespace lbsim::expectation
