#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiment/result.hpp"

namespace lbsim {

/// The parts one after the other.  (g++ 12 warns falsely of overlap in `"literal" + std::string`.)
template <class... Parts>
std::string concat(const Parts&... parts) {
    std::string out;
    (out.append(std::string_view{parts}), ...);
    return out;
}

/// How many columns of a terminal a text takes: letters, not bytes; those of East Asia and emoji
/// take two, combining marks none.  Approximate beyond what Unicode 15's tables call wide.
std::size_t display_width(std::string_view text);

/// The text with what could disturb a terminal or a table replaced by "?": control characters, what
/// reorders text, bytes that are not UTF-8.  Line ends and tabs become blanks.
std::string clean(std::string_view text);

/// For XML: what it gives a meaning is escaped, blanks other than " " too, as attributes would lose
/// them; what it forbids is dropped (XML 1.0, production 2).
std::string escaped_xml(std::string_view text);

/// At most `width` columns of a clean text; "…" stands for what was cut off.
std::string fit(std::string_view text, std::size_t width);

/// Filled with blanks on the right or on the left.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// One word of a POSIX shell's command line: quoted unless nothing in it needs that.
std::string shell_word(std::string_view text);

/// A clean text in lines of at most `width` columns, broken at blanks, within words only if these
/// are longer than a line.  The first line begins with `first` and the others with as many blanks.
/// Ends in a newline; "" for an empty text.
std::string wrap(std::string_view text, std::size_t width, std::string_view first = "");

/// Exactly so many digits behind the point: "0.50".
std::string fixed(double x, int decimals);
/// Three digits that matter, no exponent: "0.0123", "1.23", "123", "12300".
std::string three_digits(double x);
/// "7.52 ms": three digits and the unit that gives the shortest: ns, µs, ms or s.  "never" if
/// infinite.
std::string time_text(double seconds);
/// The same for a table: the unit fills two columns, so that digits stand under digits; "∞" if
/// infinite, "~" before a thin one, "–" if absent.
std::string time_cell(const Figure& figure);
/// Of a share, without the sign for it: "10.0", "0.012"; never "0" or "100" unless it is.
std::string percent(double fraction);
/// How many digits behind the point of a percentage tell all of these from 0 and from 100 %: from 1
/// to 5.
int percent_decimals(std::span<const double> fractions);
/// With so many digits; what is not quite 100 % is not rounded up to it, nor to 0 what is more.
std::string percent(double fraction, int decimals);
/// 1234567 as "1 234 567".
std::string grouped(std::uint64_t count);
/// A rate or another number that may be large: "41", "1998", "12.3k", "1.20M".
std::string short_number(double x);

/// Half the width of the interval; nothing with one replication.
std::optional<double> half_width(const Figure& figure);

/// How a piece of text is to look, if it may.
enum class Look : std::uint8_t { Plain, Bold, Dim, Good, Bad };
/// Adds the escapes of a terminal (ECMA-48, SGR) if `color`.
std::string styled(std::string_view text, Look look, bool color);

/// Columns of text that fit a width.
class Grid {
public:
    enum class Align : std::uint8_t { Left, Right };
    struct Column {
        std::string header;
        Align align = Align::Right;
        /// Who goes first when there is no room: the highest.  0 stays, shortened if it must be.
        int expendable = 0;
    };
    explicit Grid(std::vector<Column> head) : head_{std::move(head)} {}

    /// Requires a cell for each column.
    void row(std::vector<std::string> cells, Look look = Look::Plain);

    /// Every line at most `width` columns.  Columns that are empty throughout are left out; then
    /// gaps get narrower, the first column is shortened, columns are left out.
    std::string text(std::size_t width, bool color, std::string_view indent = " ") const;
    bool empty() const { return rows_.empty(); }

private:
    struct Row {
        std::vector<std::string> cells;
        Look look;
    };
    struct Shape {
        std::vector<std::size_t> shown, widths;
        std::size_t gap = 2;
    };
    Shape shape(std::size_t width) const;
    std::string line(const std::vector<std::string>& cells, const Shape& shape,
                     std::string_view indent) const;

    std::vector<Column> head_;
    std::vector<Row> rows_;
};

}  // namespace lbsim
