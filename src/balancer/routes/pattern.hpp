#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lb {

/// A regular expression as proxies write them (PCRE), as far as ECMAScript's grammar has it, which
/// is what the standard library offers everywhere.
///
/// Taken over: named groups, as plain ones, and "(?i)" at the start.  What the standard library
/// would misread in silence is refused: escapes that it does not know, such as \A, \z or \h.
class Pattern {
public:
    /// Nothing if it cannot be understood.
    static std::optional<Pattern> of(std::string_view text, bool any_case);

    /// Whether it matches somewhere in the text.  A match that the library gives up as too complex
    /// is none.
    bool is_in(const std::string& text) const;

private:
    Pattern() = default;
    struct Compiled;  // Keeps <regex> out of this header.
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace lb
