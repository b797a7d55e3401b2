#include "report/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/expects.hpp"
#include "scenario/unicode.hpp"

namespace lbsim {
namespace {

struct Span {
    std::uint32_t from, to;
};
constexpr Span kWide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},  {0x2705, 0x2705}, {0x274c, 0x274c},
    {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},  {0xa960, 0xa97f}, {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
constexpr Span kCombining[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                               {0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
                               {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
                               {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

bool among(std::uint32_t code, std::span<const Span> spans) {
    return std::any_of(spans.begin(), spans.end(),
                       [&](const Span& s) { return code >= s.from && code <= s.to; });
}

std::size_t columns_of(const Letter& letter) {
    if (!letter.valid || letter.code < 0x300) return 1;
    return among(letter.code, kCombining) ? 0 : among(letter.code, kWide) ? 2 : 1;
}

// How many bytes of a text take at most so many columns.
std::size_t bytes_within(std::string_view text, std::size_t width) {
    std::size_t at = 0, used = 0;
    while (at != text.size()) {
        const auto letter = letter_at(text, at);
        used += columns_of(letter);
        if (used > width) break;
        at += letter.size;
    }
    return at;
}

std::size_t total(const std::vector<std::size_t>& widths, std::size_t gap) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
           (widths.empty() ? 0 : gap * (widths.size() - 1));
}

void trim(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

constexpr std::string_view kNone = "–";

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t sum = 0;
    for (std::size_t at = 0; at != text.size();) {
        const auto letter = letter_at(text, at);
        sum += columns_of(letter);
        at += letter.size;
    }
    return sum;
}

std::string clean(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at != text.size();) {
        const auto letter = letter_at(text, at);
        if (harmless(letter))
            out.append(text, at, letter.size);
        else
            out += letter.code == '\n' || letter.code == '\t' || letter.code == '\r' ? ' ' : '?';
        at += letter.size;
    }
    return out;
}

std::string fit(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string{text};
    if (width == 0) return {};
    return std::string{text.substr(0, bytes_within(text, width - 1))} + "…";
}

std::string pad_right(std::string_view text, std::size_t width) {
    const auto used = display_width(text);
    return std::string{text} + std::string(used < width ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
    const auto used = display_width(text);
    return std::string(used < width ? width - used : 0, ' ') + std::string{text};
}

std::string shell_word(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_-./,:=+%@"}.find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string{text};
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

std::string wrap(std::string_view text, std::size_t width, std::string_view first) {
    const auto indent = std::min(display_width(first), width > 1 ? width - 2 : 0);
    const auto room = std::max<std::size_t>(width - indent, 2);  // A wide letter needs two.
    std::string out, line;
    std::string_view rest = text;
    const auto flush = [&] {
        out += out.empty() ? fit(first, indent) : std::string(indent, ' ');
        out += line + '\n';
        line.clear();
    };
    while (!rest.empty()) {
        const auto blank = std::min(rest.find(' '), rest.size());
        std::string_view word = rest.substr(0, blank);
        rest.remove_prefix(std::min(blank + 1, rest.size()));
        if (word.empty()) continue;
        if (!line.empty() && display_width(line) + 1 + display_width(word) > room) flush();
        for (; display_width(word) > room; flush()) {
            const auto part = bytes_within(word, room);
            line = word.substr(0, part);
            word.remove_prefix(part);
        }
        if (!line.empty() && !word.empty()) line += ' ';
        line += word;
    }
    if (!line.empty()) flush();
    return out;
}

std::string fixed(double x, int decimals) {
    char digits[512];  // The largest double has 309 of them.
    const auto end = std::to_chars(digits, std::end(digits), x, std::chars_format::fixed, decimals);
    lb::expects(end.ec == std::errc{});
    return {digits, end.ptr};
}

std::string three_digits(double x) {
    const double size = std::fabs(x);
    if (size == 0) return "0";
    int decimals = 2;
    double step = 1;  // Moves with the decimals: 9.995 has two, 9.996 would be "10.00".
    for (; decimals > 0 && size >= 9.995 * step; step *= 10) --decimals;
    for (; decimals < 12 && size < 0.9995 * step; step /= 10) ++decimals;
    return fixed(x, decimals);
}

namespace {
struct Amount {
    std::string number;
    std::string_view unit;
};
Amount amount(double seconds) {
    const double size = std::fabs(seconds);
    if (size == 0) return {"0", "s"};
    if (size < 0.9995e-6) return {three_digits(seconds * 1e9), "ns"};
    if (size < 0.9995e-3) return {three_digits(seconds * 1e6), "µs"};
    if (size < 0.9995) return {three_digits(seconds * 1e3), "ms"};
    if (size >= 99'999.5) {
        char digits[32];
        const auto end =
            std::to_chars(digits, std::end(digits), seconds, std::chars_format::scientific, 1);
        return {{digits, end.ptr}, "s"};
    }
    return {three_digits(seconds), "s"};
}
}  // namespace

std::string time_text(double seconds) {
    if (std::isinf(seconds)) return "never";
    const auto [number, unit] = amount(seconds);
    return number + ' ' + std::string{unit};
}

std::string time_cell(const Figure& figure) {
    if (figure.absent) return concat(kNone, "  ");
    const std::string thin = figure.thin ? "~" : "";
    if (figure.beyond || std::isinf(figure.value)) return concat(thin, "∞  ");
    const auto [number, unit] = amount(figure.value);
    return thin + number + pad_right(unit, 2);
}

int percent_decimals(std::span<const double> fractions) {
    double least = 1;
    for (const double x : fractions) {
        if (x > 0) least = std::min(least, x);
        if (x < 1) least = std::min(least, 1 - x);
    }
    int decimals = 1;
    for (double step = 0.001; decimals < 5 && least < step; step /= 10) ++decimals;
    return decimals;
}

std::string percent(double fraction, int decimals) {
    if (fraction == 0) return "0";
    if (fraction == 1) return "100";
    const auto text = fixed(100 * fraction, decimals);
    if (fraction < 1 && text == fixed(100, decimals))
        return decimals == 0 ? ">99"
                             : concat("99.", std::string(static_cast<std::size_t>(decimals), '9'));
    if (fraction > 0 && text == fixed(0, decimals))
        return decimals == 0
                   ? "<1"
                   : concat("<0.", std::string(static_cast<std::size_t>(decimals) - 1, '0'), "1");
    return text;
}

std::string percent(double fraction) {
    const double one[] = {fraction};
    return percent(fraction, percent_decimals(one));
}

std::string grouped(std::uint64_t count) {
    auto text = std::to_string(count);
    for (auto at = text.size(); at > 3;) text.insert(at -= 3, 1, ' ');
    return text;
}

std::string short_number(double x) {
    if (std::isinf(x)) return x < 0 ? "-∞" : "∞";
    const double size = std::fabs(x);
    if (size < 99.95) return size == std::floor(size) ? fixed(x, 0) : three_digits(x);
    if (size < 9'999.5) return fixed(x, 0);
    if (size < 999'500) return three_digits(x / 1e3) + 'k';
    if (size < 999.5e6) return three_digits(x / 1e6) + 'M';
    if (size < 999.5e9) return three_digits(x / 1e9) + 'G';
    char digits[32];
    const auto end = std::to_chars(digits, std::end(digits), x, std::chars_format::scientific, 1);
    return {digits, end.ptr};
}

std::optional<double> half_width(const Figure& figure) {
    if (!figure.low || !figure.high) return {};
    return (*figure.high - *figure.low) / 2;
}

std::string styled(std::string_view text, Look look, bool color) {
    if (!color || look == Look::Plain || text.empty()) return std::string{text};
    const auto code = [&]() -> std::string_view {
        switch (look) {
            case Look::Bold: return "1";
            case Look::Dim: return "2";
            case Look::Good: return "32";
            default: return "31";
        }
    }();
    return concat("\x1b[", code, "m", text, "\x1b[0m");
}

void Grid::row(std::vector<std::string> cells, Look look) {
    lb::expects(cells.size() == head_.size());
    rows_.push_back({std::move(cells), look});
}

Grid::Shape Grid::shape(std::size_t width) const {
    Shape out;
    for (std::size_t c = 0; c != head_.size(); ++c) {
        std::size_t widest = 0;
        for (const auto& row : rows_) widest = std::max(widest, display_width(row.cells[c]));
        if (widest == 0) continue;
        out.shown.push_back(c);
        out.widths.push_back(std::max(widest, display_width(head_[c].header)));
    }
    if (out.shown.empty()) return out;
    if (total(out.widths, out.gap) > width) out.gap = 1;
    // The widest column that may be shortened gives way first, as far as it can still be told.
    const auto shorten = [&](std::size_t least) {
        std::size_t widest = 0;
        for (std::size_t i = 1; i < out.shown.size(); ++i)
            if (head_[out.shown[i]].align == Align::Left && out.widths[i] > out.widths[widest])
                widest = i;
        auto& w = out.widths[widest];
        const auto all = total(out.widths, out.gap);
        if (all > width && w > least) w -= std::min(w - least, all - width);
    };
    const auto drop = [&](int least) {
        while (total(out.widths, out.gap) > width && out.shown.size() > 1) {
            std::size_t victim = out.shown.size() - 1;
            for (std::size_t i = 0; i != out.shown.size(); ++i)
                if (head_[out.shown[i]].expendable > head_[out.shown[victim]].expendable)
                    victim = i;
            if (head_[out.shown[victim]].expendable < least) return;
            out.shown.erase(out.shown.begin() + static_cast<std::ptrdiff_t>(victim));
            out.widths.erase(out.widths.begin() + static_cast<std::ptrdiff_t>(victim));
        }
    };
    shorten(24);
    drop(4);
    shorten(12);
    drop(0);
    shorten(1);
    return out;
}

std::string Grid::line(const std::vector<std::string>& cells, const Shape& shape,
                       std::string_view indent) const {
    std::string out{indent};
    for (std::size_t i = 0; i != shape.shown.size(); ++i) {
        const auto c = shape.shown[i];
        if (i != 0) out.append(shape.gap, ' ');
        const auto cell = fit(cells[c], shape.widths[i]);
        out += head_[c].align == Align::Left ? pad_right(cell, shape.widths[i])
                                             : pad_left(cell, shape.widths[i]);
    }
    trim(out);
    return out;
}

std::string Grid::text(std::size_t width, bool color, std::string_view indent) const {
    const auto outline = shape(width - std::min(width, display_width(indent)));
    std::vector<std::string> headers;
    for (const auto& column : head_) headers.push_back(column.header);
    std::string out = styled(line(headers, outline, indent), Look::Dim, color) + '\n';
    for (const auto& row : rows_)
        out += styled(line(row.cells, outline, indent), row.look, color) + '\n';
    return out;
}

std::string escaped_xml(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at != text.size();) {
        const auto letter = letter_at(text, at);
        const auto here = text.substr(at, letter.size);
        at += letter.size;
        if (!letter.valid || letter.code == 0xfffe || letter.code == 0xffff) continue;
        switch (letter.code) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\n': out += "&#10;"; break;
            case '\t': out += "&#9;"; break;
            case '\r': out += "&#13;"; break;
            default:
                if (letter.code >= 0x20) out += here;
        }
    }
    return out;
}

}  // namespace lbsim
