#include "report/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/expects.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

template <class Number>
void append(std::string& out, Number number) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

void append_escape(std::string& out, std::uint32_t code) {
    switch (code) {
        case '\n': out += "\\n"; return;
        case '\t': out += "\\t"; return;
        case '\r': out += "\\r"; return;
        default: break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[code >> shift & 15];
}

}  // namespace

void JsonWriter::next() {
    auto& level = levels_.back();
    if (!level.empty) out_ += level.line ? ", " : ",";
    if (!level.line) {
        out_ += '\n';
        out_.append(2 * levels_.size(), ' ');
    }
    level.empty = false;
}

void JsonWriter::before_value() {
    lb::expects(levels_.empty() ? out_.empty() : keyed_ == (levels_.back().close == '}'));
    if (keyed_)
        keyed_ = false;
    else if (!levels_.empty())
        next();
}

void JsonWriter::begin(char open, char close, Layout layout) {
    before_value();
    const bool inside_line = !levels_.empty() && levels_.back().line;
    out_ += open;
    levels_.push_back({close, inside_line || layout == Layout::Line});
}

void JsonWriter::end() {
    lb::expects(!levels_.empty() && !keyed_);
    const auto level = levels_.back();
    levels_.pop_back();
    if (!level.empty && !level.line) {
        out_ += '\n';
        out_.append(2 * levels_.size(), ' ');
    }
    out_ += level.close;
}

void JsonWriter::key(std::string_view name) {
    lb::expects(!keyed_ && !levels_.empty() && levels_.back().close == '}');
    next();
    quote(name);
    out_ += ": ";
    keyed_ = true;
}

void JsonWriter::value(std::string_view text) {
    before_value();
    quote(text);
}

void JsonWriter::value(double number) {
    if (!std::isfinite(number)) return null();
    before_value();
    append(out_, number);
}

void JsonWriter::integer(std::int64_t number) {
    before_value();
    append(out_, number);
}

void JsonWriter::integer(std::uint64_t number) {
    before_value();
    append(out_, number);
}

void JsonWriter::value(bool truth) {
    before_value();
    out_ += truth ? "true" : "false";
}

void JsonWriter::null() {
    before_value();
    out_ += "null";
}

void JsonWriter::quote(std::string_view text) {
    out_ += '"';
    for (std::size_t at = 0; at != text.size();) {
        const auto letter = letter_at(text, at);
        if (!letter.valid) {
            out_ += "\xef\xbf\xbd";  // U+FFFD
        } else if (letter.code == '"' || letter.code == '\\') {
            out_ += '\\';
            out_ += text[at];
        } else if (!harmless(letter)) {
            append_escape(out_, letter.code);  // All of these are below U+10000.
        } else {
            out_.append(text, at, letter.size);
        }
        at += letter.size;
    }
    out_ += '"';
}

std::string JsonWriter::text() && {
    lb::expects(levels_.empty() && !out_.empty());
    out_ += '\n';
    return std::move(out_);
}

}  // namespace lbsim
