#include "experiment/expectation_syntax.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "scenario/quantity.hpp"
#include "scenario/unicode.hpp"

namespace lbsim::expectation {
namespace {

using Op = Expectation::Op;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::optional<double> plain(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || rest != end) return {};
    if (!digit(text.back()) || !(digit(text.front()) || text.front() == '-')) return {};
    return value;
}

Constant value(Word word) {
    const auto text = word.text;
    if (const auto number = plain(text)) return {Constant::Kind::Plain, *number, word};
    if (const auto time = parse_duration(text); time.value)
        return {Constant::Kind::Time, exact_seconds(*time.value), word};
    if (const auto percent = parse_percentage(text); percent.value)
        return {Constant::Kind::Percent, *percent.value, word};
    if (const auto rate = parse_rate(text); rate.value)
        return {Constant::Kind::Rate, *rate.value, word};
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) {
        const auto above = plain(text.substr(0, slash)), below = plain(text.substr(slash + 1));
        if (above && below && *below != 0) return {Constant::Kind::Plain, *above / *below, word};
    }
    throw Wrong{word, "expected a value, found " + in_quotes(text),
                "write for example 5s, 0.1%, 0.001, 5/6 or 800/s"};
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t kMost = 40;
    std::size_t at = 0;
    for (std::size_t n = 0; n != kMost && at < text.size(); ++n) at += letter_at(text, at).size;
    return '"' + std::string{text.substr(0, at)} + (at < text.size() ? "…\"" : "\"");
}

void Reader::skip() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
}

bool Reader::ended() {
    skip();
    return at_ == text_.size();
}

bool Reader::take(std::string_view symbol) {
    skip();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
}

Word Reader::here() {
    skip();
    auto end = at_;
    while (end < text_.size() && !blank(text_[end])) ++end;
    return {text_.substr(at_, end - at_), at_};
}

void Reader::expected(const std::string& what, std::string hint) {
    const auto word = here();
    const auto found = word.text.empty() ? "the end" : in_quotes(word.text);
    throw Wrong{word, "expected " + what + ", found " + found, std::move(hint)};
}

Written Reader::side() {
    skip();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (digit(c) || c == '-' || c == '.') return {{}, {}, constant()};
    if (!letter(c)) expected("a metric or a value");
    const auto begin = at_;
    while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]) || text_[at_] == '.'))
        ++at_;
    Written out{{text_.substr(begin, at_ - begin), begin}, {}, {}};
    if (out.name.text == "never") {
        const Constant never{Constant::Kind::Never, std::numeric_limits<double>::infinity(),
                             out.name};
        return {{}, {}, never};
    }
    if (take("(")) out.args = arguments();
    return out;
}

Constant Reader::constant() {
    skip();
    const auto begin = at_;
    if (text_.substr(at_).starts_with("never")) {
        at_ += 5;
        return {Constant::Kind::Never,
                std::numeric_limits<double>::infinity(),
                {text_.substr(begin, 5), begin}};
    }
    while (at_ < text_.size() && in_value(begin)) ++at_;
    const Word word{text_.substr(begin, at_ - begin), begin};
    if (word.text.empty()) expected("a value", "write for example 5s, 0.1%, 0.001 or 5/6");
    return value(word);
}

Word Reader::name() {
    skip();
    const auto begin = at_;
    while (at_ < text_.size() && !blank(text_[at_]) && text_[at_] != ',' && text_[at_] != ']')
        ++at_;
    return {text_.substr(begin, at_ - begin), begin};
}

std::vector<Word> Reader::names() {
    const std::string hint = "write for example [b0, b1, b2]";
    if (!take("[")) expected("\"[\"", hint);
    std::vector<Word> out;
    for (;;) {
        out.push_back(name());
        if (out.back().text.empty()) expected("a backend", hint);
        if (take("]")) return out;
        if (!take(",")) expected("\",\" or \"]\"", hint);
    }
}

Op Reader::op() {
    static constexpr std::pair<std::string_view, Op> kOps[] = {
        {"<=", Op::AtMost}, {">=", Op::AtLeast},   {"==", Op::Equal},   {"<", Op::Less},
        {">", Op::More},    {"~", Op::Compatible}, {"in ", Op::Within}, {"in[", Op::Within}};
    for (const auto& [symbol, op] : kOps)
        if (take(symbol)) {
            if (symbol == "in[") --at_;
            return op;
        }
    const auto word = here();
    const bool lone = word.text.starts_with('=');
    expected("a comparison", lone ? "write ==" : "comparisons are <, <=, >, >=, ==, in and ~");
}

bool Reader::in_value(std::size_t begin) const {
    const char c = text_[at_];
    if (letter(c) || digit(c) || c == '.' || c == '%' || c == '/') return true;
    if (c != '-' && c != '+') return false;
    if (at_ == begin) return c == '-';
    const char before = text_[at_ - 1];  // The sign of an exponent, not of "+-".
    return (before == 'e' || before == 'E') && at_ - 1 != begin && digit(text_[at_ - 2]) &&
           at_ + 1 < text_.size() && digit(text_[at_ + 1]);
}

// After "(", up to and with ")".
std::vector<Word> Reader::arguments() {
    std::vector<Word> out;
    if (take(")")) return out;
    for (;;) {
        const auto word = argument();
        if (word.text.empty()) expected("a backend, a variant or a window");
        out.push_back(word);
        if (take(")")) return out;
        if (!take(",")) expected("\",\" or \")\"");
    }
}

Word Reader::argument() {
    skip();
    const auto begin = at_;
    if (const auto label = label_here(); label != 0) {
        at_ += label;
        return {text_.substr(begin, label), begin};
    }
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != ')' && text_[at_] != '(') ++at_;
    auto end = at_;
    while (end > begin && blank(text_[end - 1])) --end;
    return {text_.substr(begin, end - begin), begin};
}

// How long the longest label is that is an argument here; 0 if none is.
std::size_t Reader::label_here() const {
    std::size_t longest = 0;
    for (const auto label : labels_) {
        if (!text_.substr(at_).starts_with(label)) continue;
        auto after = at_ + label.size();
        while (after < text_.size() && blank(text_[after])) ++after;
        if (after < text_.size() && (text_[after] == ',' || text_[after] == ')'))
            longest = std::max(longest, label.size());
    }
    return longest;
}

}  // namespace lbsim::expectation
