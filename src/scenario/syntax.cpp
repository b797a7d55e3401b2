#include "scenario/syntax.hpp"

#include <algorithm>
#include <string>

#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

constexpr std::string_view kWhite = " \t\r\n";
constexpr std::string_view kHex = "0123456789abcdefABCDEF";

constexpr bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool in_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '+' || c == '-' || c == '.' || c == '%';
}

// Says what is wrong at one position of one text.
class Explainer {
public:
    Explainer(std::string_view text, const Progress& progress) : text_{text}, progress_{progress} {}

    Problem explain(bool overflow) const {
        const auto at = skip_blanks(text_, progress_.end);
        switch (progress_.last) {
            case Progress::Last::Nothing: return value(at, "a value", overflow);
            case Progress::Last::Key:
                if (!is(at, ':')) return expected("':' after the key", at);
                return value(skip_blanks(text_, at + 1), "a value", overflow);
            case Progress::Last::Opened:
                if (progress_.open == '{') return key(at, "a key in quotes or '}'");
                return value(at, "a value or ']'", overflow);
            case Progress::Last::Value: break;
        }
        return after_value(at, overflow);
    }

private:
    static Problem problem(std::size_t begin, std::size_t end, std::string message,
                           std::string hint = {}) {
        return {
            .message = std::move(message),
            .hint = std::move(hint),
            .place = Place{0, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}};
    }

    bool is(std::size_t at, char c) const { return at < text_.size() && text_[at] == c; }

    Problem after_value(std::size_t at, bool overflow) const {
        // 10ms, 007 and truely begin like a value: name the whole word, not its tail.
        if (at == progress_.end && at > 0 && in_word(text_[at - 1]) && word_end(at) > at)
            return word(progress_.begin);
        if (progress_.open == '\0') return expected("the end of the file", at);
        const bool object = progress_.open == '{';
        if (!is(at, ',')) return expected(object ? "',' or '}'" : "',' or ']'", at);
        const auto next = skip_blanks(text_, at + 1);
        if (is(next, object ? '}' : ']')) return problem(at, at + 1, "trailing comma", "remove it");
        return object ? key(next, "a key in quotes") : value(next, "a value", overflow);
    }

    Problem key(std::size_t at, const std::string& what) const {
        if (is(at, '"')) return broken_string(at);
        const auto end = word_end(at);
        if (at < text_.size() && end > at && is_letter(text_[at])) {
            const std::string found{text_.substr(at, end - at)};
            return problem(at, end, "expected " + what + ", found " + found,
                           "write \"" + found + "\"");
        }
        return expected(what, at);
    }

    Problem value(std::size_t at, const std::string& what, bool overflow) const {
        if (is(at, '"')) return broken_string(at);
        const auto end = word_end(at);
        if (overflow)
            return problem(at, end, "number out of range: " + shown(at, end),
                           "the largest is about 1.8e308");
        if (end > at) return word(at);
        return expected(what, at);
    }

    // A number that is none, or a bare word.
    Problem word(std::size_t at) const {
        const auto end = word_end(at);
        const std::string found = shown(at, end);
        const std::string text{text_.substr(at, std::min<std::size_t>(end - at, 40))};
        std::string lower = text;
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');

        std::string hint = "write \"" + found + "\"";
        const auto name = lower.substr(
            lower.find_first_not_of("+-") == std::string::npos ? 0 : lower.find_first_not_of("+-"));
        if (lower == "true" || lower == "false" || lower == "null") hint = "write " + lower;
        if (lower == "none" || lower == "nil" || lower == "undefined") hint = "write null";
        if (name == "nan" || name == "inf" || name == "infinity") hint = "a number must be finite";
        if (!is_letter(text[0]) && text.find_first_not_of("0123456789+-.eE") == std::string::npos)
            return problem(at, end, "malformed number " + found, number_hint(text));
        return problem(at, end, "expected a value, found " + found, hint);
    }

    static std::string number_hint(const std::string& text) {
        if (text[0] == '+') return "leave out the plus sign";
        if (text[0] == '.') return "write 0" + text;
        const std::size_t first = text[0] == '-' ? 1 : 0;
        if (text.size() > first + 1 && text[first] == '0' && is_digit(text[first + 1]))
            return "leave out the leading zeros";
        return "write for example 12, 0.5 or 1e6";
    }

    // The word that begins at `at`: a rate ("800/s") is one, a comment begins none.
    std::size_t word_end(std::size_t at) const {
        for (; at < text_.size(); ++at) {
            const bool slash = text_[at] == '/' && !is(at + 1, '/') && !is(at + 1, '*') && at > 0 &&
                               in_word(text_[at - 1]);
            if (!in_word(text_[at]) && !slash) break;
        }
        return at;
    }

    std::string shown(std::size_t begin, std::size_t end) const {
        constexpr std::size_t kMost = 40;
        if (end - begin <= kMost) return std::string{text_.substr(begin, end - begin)};
        return std::string{text_.substr(begin, kMost)} + "…";
    }

    Problem expected(const std::string& what, std::size_t at) const {
        if (at >= text_.size()) return ends(what);
        if (is(at, '/')) {
            if (is(at + 1, '*'))
                return problem(at, at + 2, "comment without an end", "close it with */");
            return problem(at, at + 1, "expected " + what + ", found '/'",
                           "a comment begins with // or /*");
        }
        if (is(at, '\''))
            return problem(at, at + 1, "expected " + what + ", found a single quote",
                           "write it in double quotes");
        if (is(at, '"')) {
            auto end = at + 1;
            while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') ++end;
            return problem(at, is(end, '"') ? end + 1 : end,
                           "expected " + what + ", found a string");
        }
        const auto end = word_end(at);
        if (end > at) return problem(at, end, "expected " + what + ", found " + shown(at, end));
        const auto letter = letter_at(text_, at);
        std::string quoted{"'"};
        quoted.append(text_.substr(at, letter.size)).append("'");
        return problem(at, at + letter.size, "expected " + what + ", found " + quoted);
    }

    Problem ends(const std::string& what) const {
        // After the last thing there is: a caret on an empty last line would help nobody.
        const auto last = text_.find_last_not_of(kWhite);
        const auto at = last == std::string_view::npos ? 0 : last + 1;
        if (progress_.last == Progress::Last::Nothing) {
            if (at == 0) return problem(0, 0, "the file is empty", "a scenario is { … }");
            return problem(at, at, "the file ends without a value", "a scenario is { … }");
        }
        std::string hint;
        if (progress_.open != '\0') {
            const auto line =
                1 + std::count(text_.begin(),
                               text_.begin() + static_cast<std::ptrdiff_t>(progress_.opened), '\n');
            hint = std::string{"the '"} + progress_.open + "' of line " + std::to_string(line) +
                   " is not closed";
        }
        return problem(at, at, "expected " + what + ", found the end of the file", hint);
    }

    Problem broken_string(std::size_t begin) const {
        for (auto at = begin + 1; at < text_.size(); ++at) {
            const char c = text_[at];
            if (c == '"') return problem(begin, at + 1, "malformed string");
            if (c == '\n' || c == '\r') break;
            if (static_cast<unsigned char>(c) < 0x20) return control(at);
            if (c != '\\') continue;
            if (is(at + 1, '\n') || is(at + 1, '\r')) break;
            if (auto wrong = escape(at)) return *std::move(wrong);
            at += is(at + 1, 'u') ? (high_surrogate(at) ? 11 : 5) : 1;
        }
        const auto end = std::min(text_.find_first_of("\r\n", begin), text_.size());
        return problem(begin, end, "string without an end",
                       "close it with \"; a line break within is written \\n");
    }

    static Problem control(std::size_t at) {
        return problem(at, at + 1, "control character in a string",
                       "a tab is written \\t, others \\u00XX");
    }

    std::optional<Problem> escape(std::size_t at) const {
        if (at + 1 >= text_.size()) return {};
        const char c = text_[at + 1];
        if (std::string_view{"\"\\/bfnrt"}.find(c) != std::string_view::npos) return {};
        if (c != 'u') {
            const auto size = 1 + letter_at(text_, at + 1).size;
            return problem(at, at + size, "unknown escape " + std::string{text_.substr(at, size)},
                           "a backslash is written \\\\");
        }
        const auto digits = text_.substr(at + 2, 4);
        if (digits.size() < 4 || digits.find_first_not_of(kHex) != std::string_view::npos)
            return problem(at, at + 2, "\\u without four hexadecimal digits",
                           "write for example \\u00e9");
        const bool low = is_surrogate(at) && !high_surrogate(at);
        const auto next = text_.substr(at + 6, 6);
        const bool paired = next.size() == 6 && next[0] == '\\' && next[1] == 'u' &&
                            is_surrogate(at + 6) && !high_surrogate(at + 6) &&
                            next.substr(2).find_first_not_of(kHex) == std::string_view::npos;
        if (low || (high_surrogate(at) && !paired))
            return problem(at, at + 6, "half a surrogate pair",
                           "write the character itself, or both halves");
        return {};
    }

    // Of the escape \uXXXX at `at`: D800 to DFFF, and its first half.
    bool is_surrogate(std::size_t at) const {
        return (is(at + 2, 'd') || is(at + 2, 'D')) && at + 3 < text_.size() &&
               std::string_view{"89abcdefABCDEF"}.find(text_[at + 3]) != std::string_view::npos;
    }
    bool high_surrogate(std::size_t at) const {
        return is_surrogate(at) &&
               std::string_view{"89abAB"}.find(text_[at + 3]) != std::string_view::npos;
    }

    std::string_view text_;
    const Progress& progress_;
};

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    for (;;) {
        while (at < text.size() && is_white(text[at])) ++at;
        if (at >= text.size() || text[at] != '/') return std::min(at, text.size());
        const auto next = text.substr(at, 2);
        if (next == "//") {
            at = std::min(text.find_first_of("\r\n", at), text.size());
        } else if (next == "/*") {
            const auto end = text.find("*/", at + 2);
            if (end == std::string_view::npos) return at;
            at = end + 2;
        } else {
            return at;
        }
    }
}

std::optional<Problem> unreadable(std::string_view text) {
    const auto problem = [](std::size_t at, std::size_t size, std::string message,
                            std::string hint) {
        return Problem{.message = std::move(message),
                       .hint = std::move(hint),
                       .place = Place{0, static_cast<std::uint32_t>(at),
                                      static_cast<std::uint32_t>(at + size)}};
    };
    const auto first = text.substr(0, 2);
    if (first == "\xff\xfe" || first == "\xfe\xff")
        return problem(0, 1, "the file is in UTF-16", "save it as UTF-8");
    if (text.substr(0, 3) == "\xef\xbb\xbf")
        return problem(0, 3, "the file begins with a byte order mark",
                       "save it as UTF-8 without one");
    for (std::size_t at = 0; at < text.size();) {
        const auto letter = letter_at(text, at);
        if (!letter.valid) {
            const char* digits = "0123456789abcdef";
            const std::string byte{digits[letter.code >> 4], digits[letter.code & 15]};
            return problem(at, 1, "not UTF-8: byte 0x" + byte, "save the file as UTF-8");
        }
        if (letter.code == 0) return problem(at, 1, "NUL byte", "remove it");
        at += letter.size;
    }
    return {};
}

Problem syntax_problem(std::string_view text, const Progress& progress, bool overflow) {
    return Explainer{text, progress}.explain(overflow);
}

}  // namespace lbsim
