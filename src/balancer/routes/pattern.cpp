#include "balancer/routes/pattern.hpp"

#include <regex>

namespace lb {
namespace {

/// How many characters the name of a group at the start of `text` takes: of "<name>", "P<name>" and
/// "'name'", after its "(?".  0 if there is none.
std::size_t name_at(std::string_view text) {
    const std::size_t open = text.starts_with('P') ? 1 : 0;
    if (text.size() < open + 2) return 0;
    const char first = text[open], second = text[open + 1];
    if (first == '\'' && open == 0) {
        const auto end = text.find('\'', 1);
        return end == text.npos ? 0 : end + 1;
    }
    if (first != '<' || second == '=' || second == '!') return 0;
    const auto end = text.find('>', open);
    return end == text.npos ? 0 : end + 1;
}

/// In ECMAScript's words; nothing if it has an escape that means something else there.
std::optional<std::string> translated(std::string_view text) {
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        const char c = text[i];
        out += c;
        if (c == '\\') {
            if (++i == text.size()) return std::nullopt;
            const char escaped = text[i];
            const bool letter =
                ('a' <= escaped && escaped <= 'z') || ('A' <= escaped && escaped <= 'Z');
            const std::string_view known = "dDwWsSbBnrtfvcxu";
            if (letter && known.find(escaped) == known.npos) return std::nullopt;
            out += escaped;
        } else if (c == '[') {
            in_class = true;
        } else if (c == ']') {
            in_class = false;
        } else if (c == '(' && !in_class && text.substr(i + 1, 1) == "?") {
            const auto named = name_at(text.substr(i + 2));
            if (named != 0) i += 1 + named;
        }
    }
    return out;
}

}  // namespace

struct Pattern::Compiled {
    std::regex regex;
};

std::optional<Pattern> Pattern::of(std::string_view text, bool any_case) {
    constexpr std::string_view kAnyCase = "(?i)";
    if (text.starts_with(kAnyCase)) {
        text.remove_prefix(kAnyCase.size());
        any_case = true;
    }
    const auto words = translated(text);
    if (!words) return std::nullopt;
    auto flags = std::regex::ECMAScript;
    if (any_case) flags |= std::regex::icase;
    try {
        Pattern out;
        out.compiled_ = std::make_shared<const Compiled>(Compiled{std::regex{*words, flags}});
        return out;
    } catch (const std::regex_error&) { return std::nullopt; }
}

bool Pattern::is_in(const std::string& text) const {
    try {
        return std::regex_search(text, compiled_->regex);
    } catch (const std::regex_error&) { return false; }
}

}  // namespace lb
