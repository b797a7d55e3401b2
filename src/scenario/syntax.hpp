#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "scenario/problem.hpp"

namespace lbsim {

/// How far a JSON text was understood when it ceased to make sense.
struct Progress {
    enum class Last { Nothing, Opened, Key, Value };
    Last last = Last::Nothing;  ///< What was read last: '{' or '[', a key, or a whole value.
    std::size_t begin = 0;      ///< Where that begins,
    std::size_t end = 0;        ///< and where it ends.
    char open = '\0';           ///< The innermost bracket not closed yet: '{', '[' or none.
    std::size_t opened = 0;     ///< Where that stands.
};

/// The first position at or after `at` that is neither white space nor within a comment.  A
/// comment that is not closed, or a lone '/', is not skipped.
std::size_t skip_blanks(std::string_view text, std::size_t at);

/// What is wrong with the bytes themselves, before any grammar: a byte order mark, NUL, or what is
/// not UTF-8.  Linear.
std::optional<Problem> unreadable(std::string_view text);

/// Says in our words what a parser met after `progress`: what was expected and what was found, and
/// where exactly.  `overflow`: it was a number beyond the range of double.  Places are in source 0.
Problem syntax_problem(std::string_view text, const Progress& progress, bool overflow);

}  // namespace lbsim
