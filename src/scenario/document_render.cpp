#include <algorithm>
#include <optional>
#include <tuple>

#include "base/expects.hpp"
#include "scenario/document.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

constexpr std::size_t kWidth = 100;  // Columns of source shown.
constexpr std::size_t kBefore = 50;  // Of these, before the caret, if the line is longer.
constexpr std::size_t kMost = 1000;  // Problems shown.
constexpr std::string_view kCut = "…";

// As a terminal may be shown it.
void append_visible(std::string& out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto letter = letter_at(text, at);
        if (harmless(letter))
            out += text.substr(at, letter.size);
        else
            out += '?';
        at += letter.size;
    }
}

std::string shortened(std::string_view text) {
    std::size_t at = 0;
    for (std::size_t n = 0; n != kWidth && at < text.size(); ++n) at += letter_at(text, at).size;
    return std::string{text.substr(0, at)} + std::string{at < text.size() ? kCut : ""};
}

// Follows the places of one source, in order, so that counting lines is linear over all of them.
class Cursor {
public:
    explicit Cursor(const Source& source)
        : text_{source.text}, line_{source.line}, lacking_{source.column - 1} {}

    // Requires not to go back.
    void advance(std::size_t to) {
        to = std::min(to, text_.size());
        lb::expects(to >= at_);
        for (std::size_t end = text_.find('\n', at_); end < to; end = text_.find('\n', at_)) {
            ++line_;
            line_begin_ = at_ = end + 1;
            column_ = lacking_ = 0;
        }
        while (at_ < to) {
            at_ += letter_at(text_, at_).size;
            ++column_;
        }
    }

    std::size_t line() const { return line_; }
    std::size_t column() const { return lacking_ + column_; }

    // The line advanced to, and a caret under it that reaches to `end` or the end of the line.
    std::string excerpt(std::size_t end) const {
        const auto number = std::to_string(line_);
        std::string shown, under;
        std::size_t columns = 0;
        auto at = window_begin();
        if (at > line_begin_) {
            shown += kCut;
            under += ' ';
            ++columns;
        }
        const auto limit = fits() ? kWidth : kWidth - 1;
        for (; !line_ends(at) && columns != limit; ++columns) {
            const auto letter = letter_at(text_, at);
            const auto bytes = text_.substr(at, letter.size);
            if (bytes == "\t")
                shown += '\t';
            else
                append_visible(shown, bytes);
            if (at < at_)
                under += bytes == "\t" ? '\t' : ' ';
            else if (at == at_)
                under += '^';
            else if (at < end)
                under += '~';
            at += letter.size;
        }
        if (!line_ends(at)) shown += kCut;
        if (at <= at_) under += '^';
        return "  " + number + " | " + shown + "\n" + std::string(number.size() + 2, ' ') + " | " +
               under + "\n";
    }

private:
    bool line_ends(std::size_t at) const {
        if (at >= text_.size() || text_[at] == '\n') return true;
        return text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n');
    }

    bool fits() const {
        auto at = line_begin_;
        for (std::size_t n = 0; n != kWidth && !line_ends(at); ++n) at += letter_at(text_, at).size;
        return line_ends(at);
    }

    std::size_t window_begin() const {
        if (fits() || column_ < kWidth - kBefore / 2) return line_begin_;
        auto at = at_;
        for (std::size_t n = 0; n != kBefore && at > line_begin_; ++n) at = before(at);
        return at;
    }

    // The letter before `at`, which begins at most four bytes before.
    std::size_t before(std::size_t at) const {
        for (std::size_t size = std::min<std::size_t>(4, at - line_begin_); size > 1; --size)
            if (const auto letter = letter_at(text_, at - size); letter.size == size)
                return at - size;
        return at - 1;
    }

    std::string_view text_;
    std::size_t at_ = 0, line_ = 1, line_begin_ = 0, column_ = 0;
    std::size_t lacking_ = 0;  // Columns of the line that the text lacks.
};

void append_hint(std::string& out, std::string_view hint) {
    if (hint.empty()) return;
    out += "  hint: ";
    append_visible(out, hint);
    out += '\n';
}

void append_option(std::string& out, const Source& source, const Problem& problem) {
    out += "lbsim: error: ";
    append_visible(out, shortened(source.text));
    out += ": ";
    append_visible(out, problem.message);
    out += '\n';
    // The path is in the option already; where within its value is not.
    if (problem.pointer.size() > source.pointer.size() &&
        problem.pointer.starts_with(source.pointer + '/')) {
        out += "  at ";
        append_visible(out, problem.pointer);
        out += '\n';
    }
    append_hint(out, problem.hint);
}

// `quoted_by`: the scenario, if the source is a piece of another file.
void append_in_file(std::string& out, const Source& source, const Problem& problem, Cursor& cursor,
                    std::string_view quoted_by) {
    cursor.advance(problem.place->begin);
    append_visible(out, source.name);
    out += ':' + std::to_string(cursor.line()) + ':' + std::to_string(cursor.column() + 1);
    out += ": error: ";
    append_visible(out, problem.message);
    out += '\n';
    if (quoted_by.empty() || !source.text.empty()) out += cursor.excerpt(problem.place->end);
    out += "  at ";
    append_visible(out, problem.pointer.empty() ? "the document" : problem.pointer);
    if (!quoted_by.empty()) {
        out += " of ";
        append_visible(out, quoted_by);
    }
    out += '\n';
    append_hint(out, problem.hint);
}

}  // namespace

std::pair<std::size_t, std::size_t> Document::position(Place place) const {
    Cursor cursor{source(place)};
    cursor.advance(place.begin);
    return {cursor.line(), cursor.column() + 1};
}

std::string Document::render(const Problem& problem) const { return render(std::vector{problem}); }

std::string Document::render(std::vector<Problem> problems) const {
    for (auto& problem : problems)
        if (!problem.place) problem.place = locate(problem.pointer, problem.about_key);
    const auto order = [](const Problem& p) {
        return std::tuple{p.place->source, p.place->begin, p.place->end};
    };
    std::stable_sort(problems.begin(), problems.end(),
                     [&](const Problem& a, const Problem& b) { return order(a) < order(b); });

    std::string out;
    std::size_t shown = 0, left_out = 0, of_place = 0;  // of_place: the first at this place.
    std::optional<Cursor> cursor;
    for (std::size_t i = 0; i != problems.size(); ++i) {
        const auto& problem = problems[i];
        const auto& previous = problems[of_place];
        if (i == 0 || problem.place->source != previous.place->source)
            cursor.emplace(source(*problem.place));
        if (problem.place != previous.place) of_place = i;
        const auto same = [&](const Problem& p) { return p.message == problem.message; };
        const auto end = problems.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find_if(problems.begin() + static_cast<std::ptrdiff_t>(of_place), end, same) !=
            end)
            continue;
        if (shown == kMost) {
            ++left_out;
            continue;
        }
        if (shown++ != 0) out += '\n';
        if (source(*problem.place).is_option())
            append_option(out, source(*problem.place), problem);
        else
            append_in_file(out, source(*problem.place), problem, *cursor,
                           problem.place->source == 0 ? "" : sources_[0]->name);
    }
    if (left_out != 0) out += "\nand " + std::to_string(left_out) + " more\n";
    return out;
}

}  // namespace lbsim
